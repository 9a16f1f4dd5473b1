// SPDX-License-Identifier: Apache-2.0
// How often `check` cries wolf, and how often it finds a slowdown: suite runs drawn from recorded rounds (tests/bench/
// check_rounds.csv, made by record_rounds.py), judged by the code that `check` runs.
//
//     check_bench [ROUNDS.csv] [RUNS]
//
// A suite run is 11 rounds. "drawn": without replacement from all rounds of a recording; "in a row": rounds that followed each
// other, every start once, so runs overlap. Columns: suite runs with
// anything `slower` (what makes a check fail), anything `faster`, all cases together slower; and of single cases.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/csv.h"
#include "core/file.h"
#include "core/random.h"
#include "measure/comparison.h"

namespace {

using namespace spanwise;

constexpr std::size_t kRounds = 11;

// By case, then by round.
using Recording = std::map<std::string, std::vector<measure::PairedTimes>>;

struct Found {
  std::size_t runs = 0, runs_slower = 0, runs_faster = 0, cases = 0, cases_slower = 0, cases_ambiguous = 0, together_slower = 0;
};

void judge(const Recording& recording, const std::vector<std::size_t>& rounds, Found& found) {
  measure::ComparisonRules rules;
  rules.cases = recording.size() + 1;
  bool slower = false, faster = false;
  std::vector<std::vector<measure::PairedTimes>> suite;
  for (const auto& [name, all] : recording) {
    std::vector<measure::PairedTimes> some;
    for (const auto round : rounds) some.push_back(all[round]);
    const auto verdict = measure::judge_pairs(some, rules).verdict;
    slower = slower || verdict == measure::Verdict::kSlower;
    faster = faster || verdict == measure::Verdict::kFaster;
    suite.push_back(std::move(some));
    ++found.cases;
    found.cases_slower += verdict == measure::Verdict::kSlower ? 1 : 0;
    found.cases_ambiguous += verdict == measure::Verdict::kAmbiguous ? 1 : 0;
  }
  const auto together = measure::judge_together(suite, rules).verdict;
  slower = slower || together == measure::Verdict::kSlower;
  faster = faster || together == measure::Verdict::kFaster;
  found.together_slower += together == measure::Verdict::kSlower ? 1 : 0;
  ++found.runs;
  found.runs_slower += slower ? 1 : 0;
  found.runs_faster += faster ? 1 : 0;
}

void print(const std::string& what, const char* how, const Found& found) {
  const auto percent = [](std::size_t part, std::size_t whole) { return 100.0 * static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(whole, 1)); };
  fmt::print("{:<15} {:<9} {:>6} {:>13.1f} {:>13.1f} {:>17.1f} {:>14.1f} {:>17.1f}\n", what, how, found.runs, percent(found.runs_slower, found.runs),
             percent(found.runs_faster, found.runs), percent(found.together_slower, found.runs), percent(found.cases_slower, found.cases), percent(found.cases_ambiguous, found.cases));
}

// what, round, case, baseline ms, candidate ms, ratio by slices (may be empty).
measure::PairedTimes round_of(const std::vector<std::string>& cells) {
  measure::PairedTimes round{std::atof(cells[3].c_str()), std::atof(cells[4].c_str())};
  if (!cells[5].empty()) round.log_ratio = std::log(std::atof(cells[5].c_str()));
  return round;
}

Recording slowed(Recording recording, double factor) {
  for (auto& [name, rounds] : recording) {
    for (auto& round : rounds) {
      round.candidate_ms *= factor;
      if (round.log_ratio) *round.log_ratio += std::log(factor);
    }
  }
  return recording;
}

// The first kRounds of a shuffle.
std::vector<std::size_t> drawn(std::size_t count, std::uint64_t run) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  for (std::size_t i = 0; i < kRounds; ++i) std::swap(order[i], order[i + core::random_bits(1, run, i) % (count - i)]);
  order.resize(kRounds);
  return order;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : SPANWISE_SOURCE_DIR "/tests/bench/check_rounds.csv";
  const auto runs = static_cast<std::uint64_t>(argc > 2 ? std::atoi(argv[2]) : 1000);
  const auto text = core::read_file(path, 1 << 28);
  const auto table = text ? core::parse_csv(*text, path) : core::Result<core::CsvTable>(text.error());
  if (!table) {
    fmt::print(stderr, "{}", core::render(table.error()));
    return 2;
  }
  std::map<std::string, Recording> recordings;
  for (const auto& row : table->rows) {
    recordings[row.cells[0]][row.cells[2]].push_back(round_of(row.cells));
  }
  // Runners that slow themselves down add a little more than they were asked for; these are exact.
  for (const double factor : {1.02, 1.03}) {
    for (const char* what : {"same", "h200-same"}) {
      if (const auto found = recordings.find(what); found != recordings.end()) recordings[fmt::format("{} x{}", what, factor)] = slowed(found->second, factor);
    }
  }
  fmt::print("{:<15} {:<9} {:>6} {:>13} {:>13} {:>17} {:>14} {:>17}\n", "recording", "rounds", "runs", "any slower %", "any faster %", "together slower %", "case slower %", "case ambiguous %");
  for (const auto& [what, recording] : recordings) {
    const auto count = recording.begin()->second.size();
    if (count < kRounds) continue;
    Found random, row;
    for (std::uint64_t run = 0; run < runs; ++run) judge(recording, drawn(count, run), random);
    for (std::size_t start = 0; start + kRounds <= count; ++start) {
      std::vector<std::size_t> rounds;
      for (std::size_t i = 0; i < kRounds; ++i) rounds.push_back(start + i);
      judge(recording, rounds, row);
    }
    print(what, "drawn", random);
    print(what, "in a row", row);
  }
  return 0;
}

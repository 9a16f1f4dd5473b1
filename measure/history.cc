// SPDX-License-Identifier: Apache-2.0
#include "measure/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/file.h"
#include "core/hash.h"
#include "core/statistics.h"
#include "measure/append.h"
#include "measure/comparison.h"

namespace spanwise::measure {
namespace {

using nlohmann::ordered_json;

constexpr const char* kEnding = ".history.jsonl";
constexpr std::uint64_t kMostHistoryBytes = 1ull << 30;
constexpr double kMedianMisses = 0.05;

std::string short_hash(const std::string& text) { return core::sha256(text).substr(0, 16); }

// How many of `count` sorted values to leave out at either end so that the rest holds the median: each is above it with
// chance 1/2, so a binomial distribution tells.
std::size_t left_out(std::size_t count) {
  const auto n = static_cast<double>(count);
  double chance = std::pow(0.5, n), tail = chance;  // of at most `out` values below the median
  std::size_t out = 0;
  while (2 * tail <= kMedianMisses && 2 * (out + 1) < count) {
    chance *= (n - static_cast<double>(out)) / static_cast<double>(out + 1);
    if (2 * (tail + chance) > kMedianMisses) break;
    tail += chance;
    ++out;
  }
  return out;
}

std::string line_of(const HistoryEntry& e) {
  ordered_json object = {{"time", e.time},       {"commit", e.commit}, {"machine", e.machine}, {"device", e.device},
                         {"runner", e.runner},   {"build", e.build},   {"suite", e.suite},     {"case", e.name},
                         {"shape", e.shape},     {"ms", e.ms},         {"interval_ms", {e.low_ms, e.high_ms}},
                         {"rounds", e.rounds}};
  object["checksum"] = short_hash(object.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

// Throws what nlohmann-json throws, or std::invalid_argument.
HistoryEntry parse_entry(const std::string& line) {
  auto object = ordered_json::parse(line);
  const auto checksum = object.at("checksum").get<std::string>();
  object.erase("checksum");
  if (checksum != short_hash(object.dump())) throw std::invalid_argument("edited");
  HistoryEntry e;
  const auto text = [&](const char* key) { return object.at(key).get<std::string>(); };
  e.time = text("time"), e.commit = text("commit"), e.machine = text("machine"), e.device = text("device");
  e.runner = text("runner"), e.build = text("build"), e.suite = text("suite"), e.name = text("case"), e.shape = text("shape");
  e.ms = object.at("ms").get<double>();
  e.low_ms = object.at("interval_ms").at(0).get<double>();
  e.high_ms = object.at("interval_ms").at(1).get<double>();
  e.rounds = object.at("rounds").get<std::size_t>();
  if (!(e.ms > 0 && std::isfinite(e.ms))) throw std::invalid_argument("a time must be above 0");
  return e;
}

// "quick-0123456789abcdef.history.jsonl": a suite's name may hold anything, a file's not.
std::string file_name(const HistoryEntry& entry) {
  std::string readable;
  for (const char c : entry.suite.substr(0, 40)) readable += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
  return fmt::format("{}-{}{}", readable, short_hash(entry.machine + "\n" + entry.suite), kEnding);
}

}  // namespace

std::vector<HistoryEntry> history_of(const BenchFile& run) {
  std::vector<HistoryEntry> entries;
  for (const auto& one : run.cases) {
    std::vector<double> times;
    for (const auto& process : one.rounds) {
      const double ms = process.status == CaseStatus::kOk ? process_ms(process, run.device.device_kind) : 0;
      if (ms > 0) times.push_back(ms);
    }
    if (one.status != CaseStatus::kOk || times.size() < kLeastRounds || times.size() < one.rounds.size()) continue;
    std::sort(times.begin(), times.end());
    const auto out = left_out(times.size());
    entries.push_back({run.created, run.commit, run.device.identity, run.device.device_name, run.device.runner, run.device.build, run.suite, one.name,
                       short_hash(one.shape), core::median(times), times[out], times[times.size() - 1 - out], times.size()});
  }
  return entries;
}

core::Status append_history(const std::filesystem::path& folder, const std::vector<HistoryEntry>& entries) {
  if (entries.empty()) return core::Done{};
  std::string lines;
  for (const auto& entry : entries) lines += line_of(entry);
  return append_lines(folder / file_name(entries.front()), lines, "the history");
}

core::Result<History> read_history(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(folder, failed)) {
    if (file.path().filename().string().ends_with(kEnding)) files.insert(file.path());
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return core::fail_in(core::Fault::kEnvironment, folder.string(), "cannot be read: " + failed.message());
  }
  History history;
  std::set<std::string> seen;
  for (const auto& path : files) {
    const auto text = core::read_file(path, kMostHistoryBytes);
    if (!text) return text.error();
    std::istringstream in(*text);
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || !seen.insert(core::sha256(line)).second) continue;
      try {
        history.entries.push_back(parse_entry(line));
      } catch (const std::exception&) {
        ++history.damaged;
      }
    }
  }
  std::stable_sort(history.entries.begin(), history.entries.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  return history;
}

}  // namespace spanwise::measure

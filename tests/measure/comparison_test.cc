// SPDX-License-Identifier: Apache-2.0
// The statistics of a check: against SciPy on recorded rounds, and by simulation of what they promise.
#include "measure/comparison.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "core/csv.h"
#include "core/distributions.h"
#include "core/random.h"
#include "measure/check_model.h"
#include "measure/rounds.h"
#include "tests/support/sample_files.h"

using namespace spanwise;
using namespace spanwise::measure;

namespace {

std::vector<double> logs_of(const std::string& text) {
  std::vector<double> logs;
  std::istringstream in(text);
  for (double ms = 0; in >> ms;) logs.push_back(std::log(ms));
  return logs;
}

double normal(std::uint64_t stream, std::uint64_t index) {
  const auto bits = core::random_bits(7, stream, index);
  return core::normal_quantile(std::min(std::max(core::random_unit(bits), 1e-12), 1 - 1e-12));
}

// Rounds as a shared machine gives them: both sides drift together, each has its own spread, and now and then a process is
// disturbed for its whole life.
std::vector<PairedTimes> simulated(std::uint64_t stream, double ratio, double spread, double disturbed) {
  std::vector<PairedTimes> rounds;
  for (std::uint64_t i = 0; i < 11; ++i) {
    const double drift = 1 + 0.01 * normal(stream, 8 * i);
    const auto side = [&](std::uint64_t which) {
      const bool hit = core::random_unit(core::random_bits(9, stream, 2 * i + which)) < disturbed;
      return drift * std::exp(spread * normal(stream, 8 * i + 1 + which)) * (hit ? 1.5 : 1.0);
    };
    rounds.push_back({2 * side(0), 2 * side(1) * ratio, 3e9, 3e9});
  }
  return rounds;
}

ComparisonRules eight_cases() {
  ComparisonRules rules;
  rules.cases = 8;
  return rules;
}

// Of `runs` suites of 8 cases, how many have any verdict of this kind.
double share_of_suites(Verdict verdict, int runs, double ratio, double spread, double disturbed) {
  int found = 0;
  for (int run = 0; run < runs; ++run) {
    bool any = false;
    for (int c = 0; c < 8; ++c) any = any || judge_pairs(simulated(static_cast<std::uint64_t>(run * 8 + c), ratio, spread, disturbed), eight_cases()).verdict == verdict;
    found += any ? 1 : 0;
  }
  return static_cast<double>(found) / runs;
}

}  // namespace

TEST_CASE("quantiles are those of the tables") {
  CHECK(core::student_t_quantile(0.975, 10) == doctest::Approx(2.228138852).epsilon(1e-9));
  CHECK(core::student_t_quantile(0.9995, 5) == doctest::Approx(6.868826626).epsilon(1e-9));
  CHECK(core::normal_quantile(0.975) == doctest::Approx(1.959963985).epsilon(1e-9));
  CHECK(core::student_t_two_sided(-2.228138852, 10) == doctest::Approx(0.05).epsilon(1e-7));
}

TEST_CASE("intervals are those of SciPy on recorded rounds") {
  const auto text = testing::read_text(testing::source_path("tests/fixtures/comparison.csv"));
  const auto table = core::parse_csv(text, "comparison.csv");
  REQUIRE(table);
  CHECK(table->rows.size() >= 40);
  for (const auto& row : table->rows) {
    const auto baseline = logs_of(row.cells[2]), candidate = logs_of(row.cells[3]);
    const double alpha = std::atof(row.cells[1].c_str());
    std::optional<RatioInterval> interval;
    if (row.cells[0] == "paired") {
      std::vector<double> ratios;
      for (std::size_t i = 0; i < baseline.size(); ++i) ratios.push_back(candidate[i] - baseline[i]);
      interval = paired_interval(ratios, alpha);
    } else {
      interval = unpaired_interval(baseline, candidate, alpha);
    }
    REQUIRE(interval);
    CHECK(interval->ratio == doctest::Approx(std::atof(row.cells[4].c_str())).epsilon(1e-9));
    CHECK(interval->low == doctest::Approx(std::atof(row.cells[5].c_str())).epsilon(1e-9));
    CHECK(interval->high == doctest::Approx(std::atof(row.cells[6].c_str())).epsilon(1e-9));
  }
}

TEST_CASE("intervals cover as often as they say") {
  constexpr int kRuns = 20'000;
  int paired = 0, apart = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> a, b, ratios;
    for (std::uint64_t i = 0; i < 11; ++i) {
      a.push_back(0.02 * normal(static_cast<std::uint64_t>(run), 2 * i));
      b.push_back(0.1 + 0.04 * normal(static_cast<std::uint64_t>(run), 2 * i + 1));
      ratios.push_back(b.back() - a.back());
    }
    const double truth = std::exp(0.1);
    const auto p = *paired_interval(ratios, 0.05), u = *unpaired_interval(a, b, 0.05);
    paired += p.low <= truth && truth <= p.high ? 1 : 0;
    apart += u.low <= truth && truth <= u.high ? 1 : 0;
  }
  // Four standard deviations of the count: 0.6 %.
  CHECK(paired / double{kRuns} == doctest::Approx(0.95).epsilon(0.0065));
  CHECK(apart / double{kRuns} == doctest::Approx(0.95).epsilon(0.0065));
}

TEST_CASE("a trimmed interval covers as often as it says, and one wild round hardly moves it") {
  constexpr int kRuns = 20'000;
  int held = 0;
  std::vector<double> logs(11);
  for (int run = 0; run < kRuns; ++run) {
    for (std::uint64_t i = 0; i < 11; ++i) logs[i] = 0.02 * normal(static_cast<std::uint64_t>(run), i);
    const auto interval = *trimmed_interval(logs, 0.05);
    held += interval.low <= 1 && 1 <= interval.high ? 1 : 0;
  }
  CHECK(held / double{kRuns} == doctest::Approx(0.95).epsilon(0.01));
  const auto before = *trimmed_interval(logs, 0.01);
  *std::max_element(logs.begin(), logs.end()) = 5;
  CHECK(trimmed_interval(logs, 0.01)->ratio == doctest::Approx(before.ratio));
  CHECK(trimmed_interval(logs, 0.01)->high == doctest::Approx(before.high));
  CHECK_FALSE(trimmed_interval({}, 0.01));
}

TEST_CASE("slices that were disturbed together still tell the ratio") {
  ProcessTimes a, b;
  for (const double factor : {1.0, 1.0, 1.7, 1.7, 1.6, 1.0, 1.7}) {
    a.slices_ms.push_back(2 * factor);
    b.slices_ms.push_back(2.06 * factor);
  }
  b.slices_ms.back() = 9;
  REQUIRE(paired_slices(a, b));
  CHECK(std::exp(*paired_slices(a, b)) == doctest::Approx(1.03));
  CHECK_FALSE(paired_slices(a, ProcessTimes{}));
}

TEST_CASE("the same build is called slower in at most one suite run of a hundred, a slower one is found") {
  CHECK(share_of_suites(Verdict::kSlower, 1000, 1.0, 0.005, 0) == 0);
  CHECK(share_of_suites(Verdict::kSlower, 1000, 1.0, 0.03, 0) <= 0.015);
  CHECK(share_of_suites(Verdict::kSlower, 1000, 1.0, 0.02, 0.2) <= 0.01);
  CHECK(share_of_suites(Verdict::kFaster, 1000, 1.0, 0.02, 0.2) <= 0.01);
  CHECK(share_of_suites(Verdict::kSlower, 200, 1.03, 0.01, 0.2) >= 0.95);
  CHECK(share_of_suites(Verdict::kSlower, 200, 1.10, 0.02, 0.2) == 1);
  CHECK(share_of_suites(Verdict::kFaster, 200, 0.95, 0.01, 0.2) >= 0.95);
}

TEST_CASE("cases together find what single ones cannot tell") {
  int together = 0, alone = 0, false_alarms = 0;
  for (std::uint64_t run = 0; run < 200; ++run) {
    std::vector<std::vector<PairedTimes>> slower, same;
    for (std::uint64_t c = 0; c < 8; ++c) {
      slower.push_back(simulated(run * 8 + c, 1.03, 0.02, 0.1));
      same.push_back(simulated(run * 8 + c, 1.0, 0.02, 0.1));
    }
    together += judge_together(slower, eight_cases()).verdict == Verdict::kSlower ? 1 : 0;
    alone += judge_pairs(slower.front(), eight_cases()).verdict == Verdict::kSlower ? 1 : 0;
    false_alarms += judge_together(same, eight_cases()).verdict == Verdict::kSlower ? 1 : 0;
  }
  CHECK(together >= 180);
  CHECK(alone < 100);
  CHECK(false_alarms <= 1);
  CHECK(judge_together({}, eight_cases()).verdict == Verdict::kAmbiguous);
}

TEST_CASE("verdicts on intervals") {
  const auto verdict = [](double ratio, double low, double high) { return judge_interval({ratio, low, high}, 0.02).verdict; };
  CHECK(verdict(1.03, 1.01, 1.05) == Verdict::kSlower);
  CHECK(verdict(1.0200001, 1.0000001, 1.04) == Verdict::kSlower);
  CHECK(verdict(1.03, 0.999, 1.06) == Verdict::kAmbiguous);
  CHECK(verdict(1.015, 1.01, 1.019) == Verdict::kSame);  // a difference that does not matter
  CHECK(verdict(1.015, 1.005, 1.025) == Verdict::kAmbiguous);
  CHECK(verdict(1.0, 0.99, 1.01) == Verdict::kSame);
  CHECK(verdict(1.0, 0.9, 1.1) == Verdict::kAmbiguous);
  CHECK(verdict(0.97, 0.95, 0.99) == Verdict::kFaster);
}

TEST_CASE("disturbed and throttled rounds are set aside, by each side alone") {
  std::vector<PairedTimes> rounds(11, {2.0, 2.2, 3e9, 3e9});
  for (std::size_t i = 0; i < rounds.size(); ++i) rounds[i].baseline_ms += 1e-3 * static_cast<double>(i);
  rounds[1].baseline_ms = 3;
  rounds[4].candidate_ms = 9;
  rounds[7].candidate_clock = 2.6e9;
  const auto judgement = judge_pairs(rounds, eight_cases());
  CHECK(judgement.verdict == Verdict::kSlower);  // 10 % on a whole side is no disturbance
  CHECK(judgement.rounds == 11);
  CHECK(judgement.set_aside == 3);
  for (std::size_t i = 0; i < 7; ++i) rounds[i].candidate_clock = 1e9;
  const auto throttled = judge_pairs(rounds, eight_cases());
  CHECK(throttled.verdict == Verdict::kAmbiguous);
  CHECK(throttled.reason == "8 of 11 rounds disturbed");
  CHECK(judge_pairs(std::vector<PairedTimes>(3, {2, 2, 0, 0}), eight_cases()).reason == "3 rounds are too few: at least 5");
}

TEST_CASE("looks at growing data share one chance of error") {
  for (const std::size_t looks : {1u, 2u, 3u, 7u}) {
    double spent = 0;
    for (std::size_t look = 0; look < looks; ++look) {
      auto rules = eight_cases();
      rules.look = look;
      rules.looks = looks;
      spent += 8 * rules.alpha();
    }
    CHECK(spent == doctest::Approx(0.01));
  }
}

TEST_CASE("the model is contradicted by what lies far beyond its interval, twice") {
  const PredictedTime predicted{1.0, 0.9, 1.12};
  const auto at = [&](double ms) {
    std::vector<double> times(11, ms);
    for (std::size_t i = 0; i < times.size(); ++i) times[i] *= 1 + 1e-3 * static_cast<double>(i % 3);
    return judge_model(times, predicted, 8);
  };
  CHECK(at(1.0).verdict == Verdict::kSame);
  CHECK(at(1.15).verdict == Verdict::kSame);  // beyond 90 %, not beyond 99.9 %
  CHECK(at(1.5).verdict == Verdict::kSlower);
  CHECK(at(0.6).verdict == Verdict::kFaster);
  CHECK(at(0.6).reason.find("recalibrate") != std::string::npos);
  CHECK(confirmed(at(1.5), at(1.5)).verdict == Verdict::kSlower);
  CHECK(confirmed(at(1.5), at(1.5)).rounds == 22);
  CHECK(confirmed(at(1.5), at(1.0)).verdict == Verdict::kSame);
  CHECK(confirmed(at(1.5), at(0.6)).verdict == Verdict::kSame);
  CHECK(confirmed(at(1.0), at(1.5)).verdict == Verdict::kSame);
  Judgement wrong;
  wrong.verdict = Verdict::kWrong;
  wrong.reason = "wrong: leaks";
  CHECK(confirmed(at(1.0), wrong).verdict == Verdict::kWrong);  // a kernel that fails now and then fails
  CHECK(confirmed(at(1.5), wrong).reason == "wrong: leaks");
  CHECK(confirmed(wrong, at(1.0)).verdict == Verdict::kWrong);
}

// SPDX-License-Identifier: Apache-2.0
// Whether one build is slower than another, from times of rounds: statistics without any knowledge of runners.
//
// A round is a fresh process a side. Samples of one process share its memory layout and its moment, so a process counts
// once, as one time; what carries the verdict is the spread over rounds (docs/ci.md says why).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spanwise::measure {

enum class Verdict { kSame, kFaster, kSlower, kAmbiguous, kMissing, kWrong };
std::string_view name(Verdict verdict);

// A ratio candidate / baseline of times with the interval that holds it; above 1 is slower.
struct RatioInterval {
  double ratio = 1, low = 1, high = 1;
};

// Student's t on paired log ratios; nothing for fewer than two. `alpha`: the chance that the interval misses.
std::optional<RatioInterval> paired_interval(std::span<const double> log_ratios, double alpha);

// Welch's t on the logs of times taken apart; nothing with fewer than two on a side.
std::optional<RatioInterval> unpaired_interval(std::span<const double> baseline_logs, std::span<const double> candidate_logs, double alpha);

// The mean without a tenth at either end, and its interval by Tukey and McLaughlin (Sankhya A 25, 1963): Student's t with the
// Winsorized variance and as many degrees as values are left, less one. One round in ten may be anything. For fewer than ten
// values it is Student's t. Nothing for fewer than two.
std::optional<RatioInterval> trimmed_interval(std::span<const double> log_ratios, double alpha);

struct ComparisonRules {
  double suite_alpha = 0.01;      // the chance of any wrong interval in a whole suite
  double smallest_effect = 0.02;  // of a ratio: what is smaller does not matter
  std::size_t cases = 1;          // how many verdicts share the chance: Bonferroni
  std::size_t look = 0, looks = 1;  // which look at growing data this is, and how many there may be
  double disturbed = 0.05;        // a time so far above its side's lower quartile is set aside

  // What one case may spend on this look: half of the rest at each, all of it at the last.
  double alpha() const;
};

// One round of one case. Times in ms; 0: none. Clocks in Hz; 0: unknown.
struct PairedTimes {
  double baseline_ms = 0, candidate_ms = 0;
  double baseline_clock = 0, candidate_clock = 0;
  std::optional<double> log_ratio = {};  // by slices (rounds.h, paired_slices): the ratio of the round, whatever the times are
};

// Rounds whose times can be trusted. Each side is judged by itself alone, never by the ratio, so that setting aside cannot
// move it: a time more than `disturbed` above the lower quartile of its side (another process took the processor), or a
// clock below 90 % of its side's highest (throttled). Rounds that were compared by slices are set aside for their clock alone.
std::vector<bool> trusted_rounds(std::span<const PairedTimes> rounds, double disturbed);

struct Judgement {
  Verdict verdict = Verdict::kAmbiguous;
  std::optional<RatioInterval> interval;
  std::string reason;  // a sentence without a full stop
  std::size_t rounds = 0, set_aside = 0;
};

// The verdict on an interval: `slower` when it excludes 1 and the ratio is at least 1 + smallest_effect, `faster` the other
// way round, `same` when it lies within the smallest effect, else `ambiguous`.
Judgement judge_interval(const RatioInterval& interval, double smallest_effect);

// At least kLeastRounds trusted rounds, or `ambiguous`. Choosing rounds by their times makes what is left look steadier than it
// is: the interval is widened by sqrt(rounds / trusted rounds), which the simulations of tests/measure hold to its promise.
inline constexpr std::size_t kLeastRounds = 5;
Judgement judge_pairs(std::span<const PairedTimes> rounds, const ComparisonRules& rules);

// All cases of a suite as one: the median log ratio of a round over the cases that can be trusted in it. Finds what slows
// everything down a little while every single case is still ambiguous. `cases`: of each, its rounds.
Judgement judge_together(std::span<const std::vector<PairedTimes>> cases, const ComparisonRules& rules);

// The same for times of two runs that were taken apart; zeros are left out.
Judgement judge_apart(std::span<const double> baseline_ms, std::span<const double> candidate_ms, const ComparisonRules& rules);

}  // namespace spanwise::measure

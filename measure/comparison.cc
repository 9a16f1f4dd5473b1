// SPDX-License-Identifier: Apache-2.0
#include "measure/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/distributions.h"
#include "core/statistics.h"

namespace spanwise::measure {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"same", "faster", "slower", "ambiguous", "missing", "wrong"};
constexpr double kThrottled = 0.9;  // of the highest clock of a side

struct Moments {
  double mean = 0, variance = 0, count = 0;  // variance of the sample, n - 1
};

Moments moments(std::span<const double> values) {
  Moments m;
  m.count = static_cast<double>(values.size());
  for (const double value : values) m.mean += value / m.count;
  for (const double value : values) m.variance += (value - m.mean) * (value - m.mean) / (m.count - 1);
  return m;
}

RatioInterval around(double log_ratio, double half) {
  return {std::exp(log_ratio), std::exp(log_ratio - half), std::exp(log_ratio + half)};
}

// The highest time that counts as undisturbed.
double highest_trusted(const std::vector<double>& times, double disturbed) {
  return core::quantile(times, 0.25) * (1 + disturbed);
}

Judgement too_few(std::size_t rounds, std::size_t kept) {
  Judgement judgement;
  judgement.rounds = rounds;
  judgement.set_aside = rounds - kept;
  judgement.reason = rounds < kLeastRounds
                         ? fmt::format("{} rounds are too few: at least {}", rounds, kLeastRounds)
                         : fmt::format("{} of {} rounds disturbed", rounds - kept, rounds);
  return judgement;
}

std::vector<double> trusted_logs(std::span<const double> times, double disturbed) {
  std::vector<double> taken;
  std::copy_if(times.begin(), times.end(), std::back_inserter(taken), [](double ms) { return ms > 0; });
  const double highest = highest_trusted(taken, disturbed);
  std::vector<double> logs;
  for (const double ms : taken) {
    if (ms <= highest) logs.push_back(std::log(ms));
  }
  return logs;
}

}  // namespace

std::string_view name(Verdict verdict) { return kNames.at(static_cast<std::size_t>(verdict)); }

std::optional<RatioInterval> paired_interval(std::span<const double> log_ratios, double alpha) {
  if (log_ratios.size() < 2) return std::nullopt;
  const auto m = moments(log_ratios);
  return around(m.mean, core::student_t_quantile(1 - alpha / 2, m.count - 1) * std::sqrt(m.variance / m.count));
}

std::optional<RatioInterval> trimmed_interval(std::span<const double> log_ratios, double alpha) {
  const std::size_t count = log_ratios.size(), cut = count / 10;
  if (cut == 0) return paired_interval(log_ratios, alpha);
  std::vector<double> sorted(log_ratios.begin(), log_ratios.end());
  std::sort(sorted.begin(), sorted.end());
  double mean = 0;
  const auto left = static_cast<double>(count - 2 * cut);
  for (std::size_t i = cut; i < count - cut; ++i) mean += sorted[i] / left;
  for (std::size_t i = 0; i < cut; ++i) sorted[i] = sorted[cut], sorted[count - 1 - i] = sorted[count - 1 - cut];
  const double variance = moments(sorted).variance * (static_cast<double>(count) - 1) / (left * (left - 1));
  return around(mean, core::student_t_quantile(1 - alpha / 2, left - 1) * std::sqrt(variance));
}

std::optional<RatioInterval> unpaired_interval(std::span<const double> baseline_logs, std::span<const double> candidate_logs, double alpha) {
  if (baseline_logs.size() < 2 || candidate_logs.size() < 2) return std::nullopt;
  const auto a = moments(baseline_logs), b = moments(candidate_logs);
  const double va = a.variance / a.count, vb = b.variance / b.count;
  if (va + vb == 0) return around(b.mean - a.mean, 0);
  // Welch and Satterthwaite.
  const double degrees = (va + vb) * (va + vb) / (va * va / (a.count - 1) + vb * vb / (b.count - 1));
  return around(b.mean - a.mean, core::student_t_quantile(1 - alpha / 2, degrees) * std::sqrt(va + vb));
}

double ComparisonRules::alpha() const {
  const auto halvings = look + 1 < looks ? look + 1 : looks - 1;
  return std::ldexp(suite_alpha / static_cast<double>(cases), -static_cast<int>(halvings));
}

std::vector<bool> trusted_rounds(std::span<const PairedTimes> rounds, double disturbed) {
  std::vector<double> baseline, candidate;
  double baseline_clock = 0, candidate_clock = 0;
  for (const auto& round : rounds) {
    if (round.baseline_ms > 0) baseline.push_back(round.baseline_ms);
    if (round.candidate_ms > 0) candidate.push_back(round.candidate_ms);
    baseline_clock = std::max(baseline_clock, round.baseline_clock);
    candidate_clock = std::max(candidate_clock, round.candidate_clock);
  }
  const double baseline_most = highest_trusted(baseline, disturbed), candidate_most = highest_trusted(candidate, disturbed);
  const auto steady = [](double clock, double highest) { return clock <= 0 || clock >= kThrottled * highest; };
  std::vector<bool> trusted;
  for (const auto& round : rounds) {
    const bool undisturbed = round.log_ratio || (round.baseline_ms <= baseline_most && round.candidate_ms <= candidate_most);
    trusted.push_back(round.baseline_ms > 0 && round.candidate_ms > 0 && undisturbed && steady(round.baseline_clock, baseline_clock) &&
                      steady(round.candidate_clock, candidate_clock));
  }
  return trusted;
}

Judgement judge_interval(const RatioInterval& interval, double smallest_effect) {
  Judgement judgement;
  judgement.interval = interval;
  const double most = 1 + smallest_effect, least = 1 / most;
  const double percent = smallest_effect * 100;
  if (interval.low > 1 && interval.ratio >= most) {
    judgement.verdict = Verdict::kSlower;
    judgement.reason = fmt::format("{:.1f} % slower", (interval.ratio - 1) * 100);
  } else if (interval.high < 1 && interval.ratio <= least) {
    judgement.verdict = Verdict::kFaster;
    judgement.reason = fmt::format("{:.1f} % less time", (1 - interval.ratio) * 100);
  } else if (interval.low >= least && interval.high <= most) {
    judgement.verdict = Verdict::kSame;
    judgement.reason = fmt::format("within {:g} %", percent);
  } else if (interval.low > 1 || interval.high < 1) {
    judgement.reason = fmt::format("differs, but by less than {:g} %", percent);
  } else {
    judgement.reason = fmt::format("cannot be told from a difference of {:g} %", percent);
  }
  return judgement;
}

namespace {

bool by_slices(std::span<const PairedTimes> rounds) {
  return std::all_of(rounds.begin(), rounds.end(), [](const PairedTimes& round) { return round.log_ratio.has_value(); });
}

double log_ratio_of(const PairedTimes& round) { return round.log_ratio.value_or(std::log(round.candidate_ms / round.baseline_ms)); }

// Of `rounds` rounds, whose log ratios were kept; those by slices are kept whatever disturbed them.
Judgement judge_ratios(std::span<const double> ratios, std::size_t rounds, bool by_slices, const ComparisonRules& rules) {
  if (ratios.size() < kLeastRounds) return too_few(rounds, ratios.size());
  auto interval = by_slices ? *trimmed_interval(ratios, rules.alpha()) : *paired_interval(ratios, rules.alpha());
  const double widened = std::sqrt(static_cast<double>(rounds) / static_cast<double>(ratios.size()));
  interval = around(std::log(interval.ratio), std::log(interval.high / interval.ratio) * widened);
  auto judgement = judge_interval(interval, rules.smallest_effect);
  judgement.rounds = rounds;
  judgement.set_aside = rounds - ratios.size();
  return judgement;
}

}  // namespace

Judgement judge_pairs(std::span<const PairedTimes> rounds, const ComparisonRules& rules) {
  const auto trusted = trusted_rounds(rounds, rules.disturbed);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    if (trusted[i]) ratios.push_back(log_ratio_of(rounds[i]));
  }
  return judge_ratios(ratios, rounds.size(), by_slices(rounds), rules);
}

Judgement judge_together(std::span<const std::vector<PairedTimes>> cases, const ComparisonRules& rules) {
  const std::size_t rounds = cases.empty() ? 0 : cases.front().size();
  std::vector<std::vector<double>> logs(rounds);
  for (const auto& pairs : cases) {
    const auto trusted = trusted_rounds(pairs, rules.disturbed);
    for (std::size_t i = 0; i < rounds; ++i) {
      if (trusted[i]) logs[i].push_back(log_ratio_of(pairs[i]));
    }
  }
  std::vector<double> medians;
  for (const auto& round : logs) {
    if (!round.empty()) medians.push_back(core::median(round));
  }
  return judge_ratios(medians, rounds, !cases.empty() && by_slices(cases.front()), rules);
}

Judgement judge_apart(std::span<const double> baseline_ms, std::span<const double> candidate_ms, const ComparisonRules& rules) {
  const auto baseline = trusted_logs(baseline_ms, rules.disturbed), candidate = trusted_logs(candidate_ms, rules.disturbed);
  const std::size_t rounds = std::min(baseline_ms.size(), candidate_ms.size());
  const std::size_t kept = std::min(baseline.size(), candidate.size());
  if (kept < kLeastRounds) return too_few(rounds, std::min(kept, rounds));
  auto judgement = judge_interval(*unpaired_interval(baseline, candidate, rules.alpha()), rules.smallest_effect);
  judgement.rounds = rounds;
  judgement.set_aside = rounds - kept;
  return judgement;
}

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
#include "measure/check_model.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "core/distributions.h"
#include "core/statistics.h"

namespace spanwise::measure {

Judgement judge_model(std::span<const double> times_ms, const PredictedTime& predicted, std::size_t cases) {
  std::vector<double> logs;
  for (const double ms : times_ms) {
    if (ms > 0) logs.push_back(std::log(ms));
  }
  Judgement judgement;
  judgement.rounds = times_ms.size();
  if (logs.size() < kLeastRounds) {
    judgement.verdict = Verdict::kMissing;
    judgement.reason = fmt::format("{} rounds gave a time: at least {}", logs.size(), kLeastRounds);
    return judgement;
  }
  const auto measured = *paired_interval(logs, kModelAlpha / static_cast<double>(cases));
  const double center = std::log(core::median({times_ms.begin(), times_ms.end()}) / predicted.ms);
  // Each side of the 90 % interval as many standard deviations as it is wide.
  const double z = core::normal_quantile(1 - kModelAlpha / 2 / static_cast<double>(cases)) / core::normal_quantile(0.95);
  const double rounds = std::log(measured.high / measured.low) / 2;
  const double below = std::hypot(rounds, z * std::log(predicted.ms / predicted.low_ms));
  const double above = std::hypot(rounds, z * std::log(predicted.high_ms / predicted.ms));
  judgement.interval = RatioInterval{std::exp(center), std::exp(center - above), std::exp(center + below)};
  const double percent = (std::exp(center) - 1) * 100;
  judgement.verdict = center > above ? Verdict::kSlower : center < -below ? Verdict::kFaster : Verdict::kSame;
  if (judgement.verdict == Verdict::kSlower) judgement.reason = fmt::format("{:.0f} % slower than the model", percent);
  if (judgement.verdict == Verdict::kFaster) judgement.reason = fmt::format("{:.0f} % less time than the model: recalibrate", -percent);
  if (judgement.verdict == Verdict::kSame) judgement.reason = fmt::format("{:+.0f} %, within what the model promises", percent);
  return judgement;
}

Judgement confirmed(const Judgement& first, const Judgement& second) {
  const auto finding = [](Verdict verdict) { return verdict == Verdict::kSlower || verdict == Verdict::kFaster; };
  const bool broken = second.verdict == Verdict::kWrong || second.verdict == Verdict::kMissing;
  if (!finding(first.verdict) && !(first.verdict == Verdict::kSame && broken)) return first;
  auto judgement = second;
  judgement.rounds += first.rounds;
  if (second.verdict == first.verdict) {
    judgement.reason += ", twice";
  } else if (finding(second.verdict) || second.verdict == Verdict::kSame) {
    judgement.verdict = Verdict::kSame;
    judgement.reason = "beyond the model's interval once, not again";
  }
  return judgement;
}

}  // namespace spanwise::measure

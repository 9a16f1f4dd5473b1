// SPDX-License-Identifier: Apache-2.0
#include "measure/steps.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "core/distributions.h"
#include "core/random.h"
#include "core/statistics.h"

namespace spanwise::measure {
namespace {

constexpr std::size_t kWindow = 8;  // of runs beside a split, and all there are: every further length costs power
constexpr std::uint64_t kExceedances = 5;  // of permutations, at p = alpha

using Times = std::span<const double>;

// Ranks from 1; equal values share their mean rank.
std::vector<double> ranks_of(Times values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t j = i; j < end; ++j) ranks[order[j]] = static_cast<double>(i + 1 + end) / 2;
    i = end;
  }
  return ranks;
}

struct Split {
  std::size_t at = 0;
  double statistic = 0;  // the squared difference of mean ranks over 1/before + 1/after
};

// Calls with each length that fits into `room`.
template <typename Take>
void each_window(std::size_t room, const Take& take) {
  if (kWindow < room) take(kWindow);
  take(room);
}

Split largest_split(const std::vector<double>& ranks) {
  std::vector<double> sums(ranks.size() + 1, 0);
  std::partial_sum(ranks.begin(), ranks.end(), sums.begin() + 1);
  Split best;
  for (std::size_t at = kRunsBesideAStep; at + kRunsBesideAStep <= ranks.size(); ++at) {
    each_window(at, [&](std::size_t before) {
      const double share_before = 1 / static_cast<double>(before), mean_before = (sums[at] - sums[at - before]) * share_before;
      each_window(ranks.size() - at, [&](std::size_t after) {
        const double share_after = 1 / static_cast<double>(after);
        const double difference = (sums[at + after] - sums[at]) * share_after - mean_before;
        const double statistic = difference * difference / (share_before + share_after);
        if (statistic > best.statistic) best = {at, statistic};
      });
    });
  }
  return best;
}

// Whether at most a share `alpha` of permuted ranks splits as far: as many permutations as show it, fewer when it is plain that
// more do (Besag and Clifford, Biometrika 78, 1991).
bool is_rare(std::vector<double> ranks, double statistic, double alpha) {
  const auto permutations = static_cast<std::uint64_t>(std::ceil(static_cast<double>(kExceedances) / alpha)) - 1;
  std::uint64_t as_far = 0;
  for (std::uint64_t p = 0; p < permutations && as_far < kExceedances; ++p) {
    for (std::size_t i = ranks.size(); i > 1; --i) std::swap(ranks[i - 1], ranks[core::random_bits(i, p, ranks.size()) % i]);
    as_far += largest_split(ranks).statistic >= statistic * (1 - 1e-12) ? 1 : 0;
  }
  return as_far < kExceedances;
}

// The sum of absolute deviations from the median.
double deviations(Times values) {
  const double middle = core::median({values.begin(), values.end()});
  return std::accumulate(values.begin(), values.end(), 0.0, [&](double sum, double value) { return sum + std::abs(value - middle); });
}

// Where near `at` the times fall apart into two levels best: ranks know that there is a step better than where it is.
std::size_t sharpened(Times times, std::size_t at) {
  const std::size_t begin = at - std::min(at, 2 * kWindow), end = std::min(times.size(), at + 2 * kWindow);
  std::size_t best = at;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = std::max(begin + kRunsBesideAStep, at - std::min(at, kWindow)); i + kRunsBesideAStep <= end && i <= at + kWindow; ++i) {
    const double sum = deviations(times.subspan(begin, i - begin)) + deviations(times.subspan(i, end - i));
    if (sum < least) best = i, least = sum;
  }
  return best;
}

// Adds the splits of times[begin, end) to `splits`.
void split_again(Times times, std::size_t begin, std::size_t end, double alpha, std::vector<std::size_t>& splits) {
  if (end - begin < 2 * kRunsBesideAStep) return;
  const auto ranks = ranks_of(times.subspan(begin, end - begin));
  const auto best = largest_split(ranks);
  if (best.statistic <= 0 || !is_rare(ranks, best.statistic, alpha)) return;
  const auto at = begin + sharpened(times.subspan(begin, end - begin), best.at);
  split_again(times, begin, at, alpha, splits);
  splits.push_back(at);
  split_again(times, at, end, alpha, splits);
}

// Hodges and Lehmann's shift of the logs and Moses' interval for it: ratios of all pairs, and so many left out at either end
// as the normal approximation of Wilcoxon's statistic allows.
RatioInterval shift_of(Times before, Times after) {
  std::vector<double> ratios;
  for (const double b : before) {
    for (const double a : after) ratios.push_back(a / b);
  }
  std::sort(ratios.begin(), ratios.end());
  const auto m = static_cast<double>(before.size()), n = static_cast<double>(after.size());
  const double out = m * n / 2 - core::normal_quantile(0.975) * std::sqrt(m * n * (m + n + 1) / 12);
  const auto low = static_cast<std::size_t>(std::max(0.0, std::floor(out)));
  return {core::median(ratios), ratios[low], ratios[ratios.size() - 1 - low]};
}

Step step_at(Times times, std::size_t begin, std::size_t at, std::size_t end) {
  const auto before = times.subspan(begin, at - begin), after = times.subspan(at, end - at);
  return {at, before.size(), after.size(), shift_of(before, after), core::median({before.begin(), before.end()}), core::median({after.begin(), after.end()})};
}

std::vector<Step> steps_between(Times times, const std::vector<std::size_t>& splits) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < splits.size(); ++i) {
    steps.push_back(step_at(times, i == 0 ? 0 : splits[i - 1], splits[i], i + 1 < splits.size() ? splits[i + 1] : times.size()));
  }
  return steps;
}

}  // namespace

std::vector<Step> find_steps(Times times_ms, const StepRules& rules) {
  std::vector<std::size_t> splits;
  split_again(times_ms, 0, times_ms.size(), rules.alpha, splits);
  const auto size_of = [](const Step& step) { return std::abs(std::log(step.interval.ratio)); };
  // The smallest goes first: two small steps the same way may be one that matters.
  while (true) {
    auto steps = steps_between(times_ms, splits);
    const auto least = std::min_element(steps.begin(), steps.end(), [&](const Step& a, const Step& b) { return size_of(a) < size_of(b); });
    if (least == steps.end() || size_of(*least) >= std::log1p(rules.smallest_effect)) return steps;
    splits.erase(splits.begin() + (least - steps.begin()));
  }
}

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/numbers.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

// The share to compare at when no plan was chosen: the default limit.
constexpr double kDefaultShare = 0.5;
constexpr std::size_t kFrontNameWidth = 40;

std::string print_loss(const std::optional<FrontPoint>& point) {
  return point ? without_leading_zero(short_number(point->loss)) : "-";
}

}  // namespace

std::string header_sentence(const Header& header, std::size_t name_width) {
  const auto grouped = header.kv_heads == header.q_heads ? "" : fmt::format(" ({} KV)", header.kv_heads);
  return fmt::format("{}, {} x {}{}, on {}{}", shorten(header.model, name_width),
                     counted(header.layers, "layer"), counted(header.q_heads, "head"), grouped,
                     shorten(header.hardware, name_width), header.hardware_defaulted ? " [default]" : "");
}

std::optional<double> attention_speedup(const Workload& workload) {
  if (!workload.plan) return std::nullopt;
  return speedup(workload.dense_seconds, workload.plan->attention_seconds);
}

std::optional<double> model_speedup(const Workload& workload) {
  if (!workload.plan) return std::nullopt;
  return speedup(workload.dense_model_seconds, workload.plan->model_seconds);
}

std::string front_sentence(const Front& front) {
  std::vector<std::string> shares, losses;
  for (const auto& sample : front.samples) {
    auto share = percent(sample.share_limit);
    share.resize(share.size() - 2);  // one " %" for all of them
    shares.push_back(share);
    losses.push_back(print_loss(sample.best));
  }
  return fmt::format("{} at {} %: {} {}", shorten(front.of, kFrontNameWidth), fmt::join(shares, "/"),
                     shorten(front.loss, kFrontNameWidth), fmt::join(losses, " / "));
}

std::string uniform_sentence(const Front& front) {
  if (front.samples.empty()) return {};
  const double share = front.chosen ? front.chosen->attention_share : kDefaultShare;
  const auto nearest =
      std::min_element(front.samples.begin(), front.samples.end(), [&](const auto& a, const auto& b) {
        return std::abs(a.share_limit - share) < std::abs(b.share_limit - share);
      });
  return fmt::format("(best uniform plan at {}: {})", percent(nearest->share_limit),
                     print_loss(nearest->best_uniform));
}

}  // namespace spanwise::reports

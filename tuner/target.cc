// SPDX-License-Identifier: Apache-2.0
#include "tuner/target.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "core/suggest.h"
#include "core/units.h"

namespace spanwise::tuner {
namespace {

constexpr double kMilli = 1e3;

std::vector<std::string> known_names(const RulePrices& prices) {
  std::vector<std::string> names = {"attention", "loss"};
  for (const auto& workload : prices.task().workloads) names.push_back(workload.name);
  return names;
}

// "0.5" or "50%" or "50 %" as 0.5.
std::optional<double> parse_share(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (unit == "%") return value / 100;
  return unit.empty() ? std::optional(value) : std::nullopt;
}

const sim::Workload* find_workload(const std::string& name, const RulePrices& prices) {
  for (const auto& workload : prices.task().workloads) {
    if (workload.name == name) return &workload;
  }
  return nullptr;
}

core::Diagnostics bad_value(const std::string& name, const std::string& value) {
  const bool loss = name == "loss";
  return core::fail(core::Fault::kInput, fmt::format("--limit {}: cannot read the value '{}'", name, value),
                    loss ? "expected a number" : "expected a share such as 50% or 0.5, or for one workload a time such as '200 ms'");
}

}  // namespace

std::string resource_name(const sim::Workload& workload) { return workload.name; }

core::Result<Mix> named_mix(const std::string& name, const RulePrices& prices) {
  const auto& workloads = prices.task().workloads;
  if (name == "loss") return Mix{{"loss", 1.0}};
  Mix mix;
  for (std::size_t w = 0; w < workloads.size(); ++w) {
    const double dense = prices.dense_total(w).value * kMilli;
    if (name == "attention") mix[resource_name(workloads[w])] = 1.0 / (static_cast<double>(workloads.size()) * dense);
    if (name == workloads[w].name) mix[resource_name(workloads[w])] = 1.0 / dense;
  }
  if (!mix.empty()) return mix;
  const auto names = known_names(prices);
  return core::fail(core::Fault::kInput, fmt::format("'{}' is not something a plan can limit or minimize", name),
                    core::suggestion(name, names));
}

namespace {

core::Result<TargetLimit> make_limit(const std::string& text, const RulePrices& prices) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) {
    return core::fail(core::Fault::kInput, fmt::format("--limit needs NAME=VALUE, not '{}'", text), "for example --limit attention=40%");
  }
  TargetLimit limit;
  limit.name = text.substr(0, equals);
  const auto value = text.substr(equals + 1);
  auto mix = named_mix(limit.name, prices);
  if (!mix) return mix.error();
  limit.of = std::move(*mix);
  const auto* workload = find_workload(limit.name, prices);
  const auto share = parse_share(value);
  const auto time = core::parse<core::SecondsUnit>(value);
  limit.share = share.has_value() && limit.name != "loss";
  if (share) {
    limit.max = *share;
    limit.words = limit.share ? fmt::format("{} at most {:.4g} % of its dense time", limit.name, 100 * *share)
                              : fmt::format("loss at most {}", *share);
  } else if (workload != nullptr && time) {
    limit.of = Mix{{resource_name(*workload), 1.0}};
    limit.max = time->value * kMilli;
    limit.words = fmt::format("attention of {} at most {}", limit.name, core::print(*time));
  } else {
    return bad_value(limit.name, value);
  }
  if (limit.name != "loss" && limit.max <= 0) return bad_value(limit.name, value);
  return limit;
}

}  // namespace

std::string Target::words() const {
  std::string words;
  for (const auto& limit : limits) words += (words.empty() ? "" : ", ") + limit.words;
  return words;
}

core::Result<Target> make_target(const std::vector<std::string>& limits, const std::string& minimize, const RulePrices& prices) {
  Target target;
  target.defaulted = limits.empty() && minimize.empty();
  if (!minimize.empty()) target.minimize = minimize;
  if (limits.empty() && target.minimize != "loss") {
    return core::fail(core::Fault::kInput, fmt::format("--minimize {} needs a limit on the loss", target.minimize),
                      "for example --limit loss=0.05");
  }
  auto minimized = named_mix(target.minimize, prices);
  if (!minimized) return minimized.error();
  target.minimized = std::move(*minimized);
  static const std::vector<std::string> kUsual = {"attention=50%"};
  for (const auto& text : limits.empty() ? kUsual : limits) {
    auto limit = make_limit(text, prices);
    if (!limit) return limit.error();
    if (limit->name == target.minimize) {
      return core::fail(core::Fault::kInput, fmt::format("'{}' is both limited and minimized", limit->name));
    }
    for (const auto& other : target.limits) {
      if (other.of != limit->of) continue;
      return core::fail(core::Fault::kInput, fmt::format("'{}' is limited twice: {}, {}", limit->name, other.words, limit->words),
                        "give the tighter one alone");
    }
    target.limits.push_back(std::move(*limit));
  }
  return target;
}

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
#include "hwmodels/correction_yaml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace spanwise::hwmodels {
namespace {

using documents::MapReader;
using documents::Node;

const std::array<std::string, 2> kCorrectedPhases = {"prefill", "decode"};
constexpr std::size_t kMostKnots = 4096;  // a factor is evaluated for every prediction

// Exactly `out.size()` numbers.
template <std::size_t N>
void read_numbers(const Node& node, documents::Context& context, std::string_view what, std::array<double, N>& out) {
  if (node.kind != documents::Kind::kList || node.items.size() != N) {
    context.error(node, fmt::format("'{}' must be a list of {} numbers", what, N));
    return;
  }
  for (std::size_t i = 0; i < N; ++i) out[i] = documents::read_number(node.items[i], context, what, {-1e6, 1e6}).value_or(0);
}

}  // namespace

Correction read_correction(const Node& node, documents::Context& context) {
  MapReader map(node, context, "corrections");
  Correction c;
  c.phase = static_cast<patterns::Phase>(map.choice("phase", kCorrectedPhases));
  c.pattern = map.text("pattern");
  c.head_dim = map.integer("head_dim", {1, 1024});
  c.dtype = map.dtype_or("dtype", c.dtype);
  c.kv_dtype = map.dtype_or("kv_dtype", c.dtype);
  c.rows = map.integer("rows", {1});
  if (const auto* scales = map.need("scales")) {
    read_numbers(*scales, context, map.path("scales"), c.scales);
    if (context.ok() && !std::all_of(c.scales.begin(), c.scales.end(), [](double scale) { return scale >= 0.01; })) {
      context.error(*scales, "'corrections.scales' must be at least 0.01");
    }
  }
  if (const auto* low = map.need("low")) read_numbers(*low, context, map.path("low"), c.low);
  if (const auto* high = map.need("high")) read_numbers(*high, context, map.path("high"), c.high);
  const auto knots = map.list("knots");
  if (knots.empty() || knots.size() > kMostKnots) {
    context.error(node, fmt::format("'corrections.knots' has {} knots, allowed: 1 to {}", knots.size(), kMostKnots));
    return c;
  }
  for (const auto& item : knots) {
    std::array<double, kShapeAxes + 2> numbers{};
    read_numbers(item, context, "corrections.knots", numbers);
    CorrectionKnot knot;
    std::copy_n(numbers.begin(), kShapeAxes, knot.at.begin());
    knot.weight = numbers[kShapeAxes];
    knot.spread = std::max(0.0, numbers[kShapeAxes + 1]);
    c.knots.push_back(knot);
  }
  map.finish();
  return c;
}

std::string to_yaml(const Correction& c) {
  std::string out = fmt::format(
      "      - {{phase: {}, pattern: {}, head_dim: {}, dtype: {}, kv_dtype: {}, rows: {}, scales: [{:.4g}],\n"
      "         low: [{:.6g}], high: [{:.6g}],\n         knots: [",
      patterns::name(c.phase), c.pattern, c.head_dim, core::name(c.dtype), core::name(c.kv_dtype), c.rows, fmt::join(c.scales, ", "),
      fmt::join(c.low, ", "), fmt::join(c.high, ", "));
  for (std::size_t i = 0; i < c.knots.size(); ++i) {
    const auto& knot = c.knots[i];
    out += fmt::format("{}[{:.7g}, {:.8g}, {:.3g}]", i == 0 ? "" : ",\n           ", fmt::join(knot.at, ", "), knot.weight, knot.spread);
  }
  return out + "]}\n";
}

}  // namespace spanwise::hwmodels

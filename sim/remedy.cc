// SPDX-License-Identifier: Apache-2.0
#include "sim/remedy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <variant>
#include <vector>

namespace spanwise::sim {
namespace {

using core::to_double;

constexpr double kWorthWider = 0.95;  // of the time, for a wider stride: it moves windows further from their queries

struct Nearby {
  patterns::Pattern pattern;
  std::string words;
};

std::vector<Nearby> nearby(const Choice& sparse) {
  std::vector<Nearby> patterns;
  if (const auto* box = std::get_if<patterns::Neighborhood>(&sparse.shape.pattern)) {
    const auto& tile = sparse.shape.q_tile;
    if (tile.size() != box->window.size()) return {};
    for (const std::int64_t tiles : {1, 2, 4}) {
      auto wider = *box;
      for (std::size_t i = 0; i < tile.size(); ++i) wider.stride[i] = std::max(box->stride[i], std::min(box->window[i], tiles * tile[i]));
      if (wider.stride != box->stride) patterns.push_back({wider, fmt::format("stride {}", fmt::join(wider.stride, "x"))});
    }
    return patterns;
  }
  const auto* window = std::get_if<patterns::SlidingWindow>(&sparse.shape.pattern);
  const auto block = sparse.priced.work.kv_tile;
  if (window == nullptr || !window->causal || window->block == block || window->window < block) return {};
  auto blocks = *window;
  blocks.block = block;
  blocks.window = core::ceil_div(window->window, block) * block;
  blocks.sinks = core::ceil_div(window->sinks, block) * block;
  return {{blocks, fmt::format("a window in blocks of {}", block)}};
}

std::optional<Choice> better(const Choice& sparse, const patterns::Pattern& pattern, const Pricing& pricing) {
  auto shape = sparse.shape;
  shape.pattern = pattern;
  shape.q_tile.clear();
  shape.kv_tile.clear();
  if (!patterns::check_fits(shape.pattern, shape.grid())) return std::nullopt;
  auto choice = choose_kernel(shape, pricing);
  if (!choice || choice->estimate.time > sparse.estimate.time) return std::nullopt;
  if (partial_share(*choice) >= partial_share(sparse) && wasted_area(*choice) >= wasted_area(sparse)) return std::nullopt;
  return std::move(*choice);
}

}  // namespace

double wasted_area(const Choice& choice) {
  const auto& work = choice.priced.work;
  const auto& counts = *work.counts;
  const double area = to_double(counts.kv_tiles) * static_cast<double>(work.kv_tile) * static_cast<double>(work.q_tile);
  const double rows = work.packed ? static_cast<double>(choice.shape.q_heads) / static_cast<double>(choice.shape.kv_heads) : 1.0;
  return area > 0 ? std::max(0.0, 1.0 - to_double(counts.pairs) * rows / area) : 0.0;
}

double partial_share(const Choice& choice) {
  const auto& counts = *choice.priced.work.counts;
  const double partial = counts.partial_tiles ? to_double(*counts.partial_tiles) : 0.0;
  return counts.kv_tiles > 0 ? partial / to_double(counts.kv_tiles) : 0.0;
}

std::optional<Remedy> tile_remedy(const Choice& sparse, const Pricing& pricing) {
  if (sparse.shape.phase == patterns::Phase::kDecode) return std::nullopt;  // one row has no query tile to fill
  std::optional<Remedy> best;
  for (const auto& next : nearby(sparse)) {
    auto choice = better(sparse, next.pattern, pricing);
    if (!choice || (best && choice->estimate.time.value > kWorthWider * best->choice.estimate.time.value)) continue;
    best = Remedy{next.words, std::move(*choice)};
  }
  return best;
}

}  // namespace spanwise::sim

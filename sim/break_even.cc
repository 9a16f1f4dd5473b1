// SPDX-License-Identifier: Apache-2.0
#include "sim/break_even.h"

#include <algorithm>
#include <cmath>

#include "sim/selection.h"

namespace spanwise::sim {
namespace {

bool sparse_wins(patterns::Case shape, const patterns::Pattern& dense, const Pricing& pricing, std::int64_t length) {
  if (shape.q_len == shape.kv_len) shape.q_len = length;
  shape.kv_len = length;
  shape.kernel.clear();
  if (!patterns::check_fits(shape.pattern, shape.grid())) return false;
  const auto sparse = choose_kernel(shape, pricing);
  shape.pattern = dense;
  const auto reference = choose_kernel(shape, pricing);
  if (!sparse || !reference) return false;
  // A pattern that hides nothing yet wins nothing, whatever its kernel's fit says.
  const bool hides = sparse->priced.work.counts->pairs < reference->priced.work.counts->pairs;
  return hides && sparse->estimate.time < reference->estimate.time;
}

core::Count scaled(core::Count count, double factor) {
  return std::max<core::Count>(1, static_cast<core::Count>(std::llround(core::to_double(count) * factor)));
}

// `counts` with every row visiting `factor` times as many tiles, at most all of them.
patterns::TileCounts with_tiles(const patterns::TileCounts& counts, double factor) {
  auto out = counts;
  const double most = core::to_double(counts.dense_kv_tiles);
  for (auto& row : out.rows) {
    const auto visited = static_cast<double>(row.full + row.partial);
    if (visited == 0) continue;
    const auto now = static_cast<std::uint64_t>(std::llround(std::clamp(visited * factor, 1.0, std::max(most, visited))));
    row.partial = std::min<std::uint64_t>(now, static_cast<std::uint64_t>(std::llround(static_cast<double>(row.partial * now) / visited)));
    row.full = now - row.partial;
  }
  out.pairs = scaled(counts.pairs, factor);
  out.kv_tiles = scaled(counts.kv_tiles, factor);
  out.kv_tiles_max = std::min(scaled(counts.kv_tiles_max, factor), std::max(counts.dense_kv_tiles, counts.kv_tiles_max));
  return out;
}

}  // namespace

std::optional<double> break_even_density(const Choice& sparse, const Choice& dense, const Pricing& pricing) {
  const auto& counts = *sparse.priced.work.counts;
  const double own = core::to_double(counts.pairs) / core::to_double(dense.priced.work.counts->pairs);
  const auto selection = selection_seconds(sparse.shape, *pricing.machine);
  const auto wins = [&](double density) {
    auto priced = sparse.priced;
    priced.work.counts = std::make_shared<const patterns::TileCounts>(with_tiles(counts, density / own));
    return estimate(sparse.shape, priced).time + selection < dense.estimate.time;
  };
  if (own <= 0) return std::nullopt;
  if (wins(1.0)) return 1.0;
  double low = 0, high = 1.0;
  while (high - low > 1e-3 * high && high > 1e-6) {
    const double middle = low > 0 ? std::sqrt(low * high) : high / 2;
    (wins(middle) ? low : high) = middle;
  }
  if (low == 0) return std::nullopt;
  return low;
}

std::optional<std::int64_t> break_even_tokens(const patterns::Case& sparse, const patterns::Pattern& dense,
                                              const Pricing& pricing, std::int64_t longest) {
  if (!sparse.tokens.empty()) return std::nullopt;
  std::int64_t high = 256;
  while (high <= longest && !sparse_wins(sparse, dense, pricing, high)) high *= 2;
  if (high > longest) return std::nullopt;
  std::int64_t low = high / 2;
  while (high - low > 64) {
    const auto middle = low + (high - low) / 128 * 64;
    (sparse_wins(sparse, dense, pricing, middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace spanwise::sim

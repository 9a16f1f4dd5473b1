// SPDX-License-Identifier: Apache-2.0
#include "sim/break_even.h"

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

}  // namespace

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

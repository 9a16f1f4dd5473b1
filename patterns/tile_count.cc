// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_count.h"

#include "patterns/box_count.h"
#include "patterns/expected_count.h"
#include "patterns/flat_count.h"
#include "patterns/request_check.h"
#include "patterns/token_order.h"

namespace spanwise::patterns {
namespace {

core::Result<TileCounts> count_checked(const CountRequest& request);

// The inner pattern on the gathered tokens, beside dense attention on all of them.
core::Result<TileCounts> count_subset(const CountRequest& request, const TokenSubset& subset) {
  CountRequest dense = request, inner = request;
  dense.pattern = Dense{};
  inner.pattern = subset.inner.node().value;
  inner.tokens = {kept_tokens(subset, volume(request.tokens))};
  inner.q_tokens = inner.q_offset = {};
  auto all = count_checked(dense);
  if (!all) return all.error();
  auto counts = count_checked(inner);
  if (!counts) return counts.error();
  counts->dense_pairs = all->dense_pairs;
  counts->dense_kv_tiles = all->dense_kv_tiles;
  counts->dense_q_tiles = all->q_tiles;
  if (!counts->stated && subset.density) counts->stated = subset.from;
  return counts;
}

core::Result<TileCounts> count_inner(CountRequest request, const SubPattern& inner) {
  request.pattern = inner.node().value;
  return count_checked(request);
}

core::Result<TileCounts> count_checked(const CountRequest& request) {
  if (const auto fine = check_request(request); !fine) return fine.error();
  if (const auto* subset = std::get_if<TokenSubset>(&request.pattern)) return count_subset(request, *subset);
  if (const auto* permuted = std::get_if<Permuted>(&request.pattern); permuted != nullptr && !permuted->causal) {
    return count_inner(request, permuted->inner);
  }
  if (const auto* reuse = std::get_if<Reuse>(&request.pattern); reuse != nullptr && reuse->pattern) {
    return count_inner(request, reuse->pattern);
  }
  if (!check_determined(request.pattern)) return count_expected(request);
  return request.tiling == Tiling::kFlat ? count_flat_tiles(request) : count_box_tiles(request);
}

}  // namespace

core::Result<TileCounts> count_tiles(const CountRequest& request) {
  auto counts = count_checked(request);
  if (!counts) return counts.error();
  if (counts->dense_q_tiles == 0) counts->dense_q_tiles = counts->q_tiles;
  if (!counts->stated) counts->stated = stated_of(request.pattern);
  return counts;
}

}  // namespace spanwise::patterns

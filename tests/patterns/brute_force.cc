// SPDX-License-Identifier: Apache-2.0
#include "brute_force.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "brute_force_basics.h"

namespace spanwise::oracle {
namespace {

using patterns::CountRequest;
using patterns::Lengths;
using patterns::Neighborhood;
using patterns::TileCounts;
using patterns::Tiling;

constexpr std::int64_t kPadding = -1;

// Token permutation. A line holds the tokens of an axis, class by class, each class padded to the same
// multiple of the tile; the classes and tiles of the axes become boxes, whose tokens are flattened in
// row-major order.
struct AxisLine {
  std::int64_t classes = 0;
  std::int64_t tiles = 0;  // of a class
  Tokens tokens;           // classes x tiles x tile, kPadding where a class is short
};

AxisLine lay_out(std::int64_t offset, std::int64_t count, std::int64_t dilation, std::int64_t tile) {
  AxisLine line;
  line.classes = dilation;
  line.tiles = blocks_needed(blocks_needed(count, dilation), tile);
  for (std::int64_t residue = 0; residue < dilation; ++residue) {
    Tokens members;
    for (std::int64_t i = 0; i < count; ++i) {
      // A layout without dilation may have queries before it.
      if (dilation == 1 || (offset + i) % dilation == residue) members.push_back(i);
    }
    members.resize(static_cast<std::size_t>(line.tiles * tile), kPadding);
    line.tokens.insert(line.tokens.end(), members.begin(), members.end());
  }
  return line;
}

struct Box {
  Lengths residue, tile;  // by axis
  Tokens tokens;          // flat indices of the real ones
};

std::vector<Box> permute(const Lengths& shape, const Lengths& offset, const Lengths& dilation,
                         const Lengths& tile) {
  const std::size_t axes = shape.size();
  std::vector<AxisLine> lines(axes);
  Lengths classes(axes), tiles(axes);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    lines[axis] = lay_out(offset[axis], shape[axis], dilation[axis], tile[axis]);
    classes[axis] = lines[axis].classes;
    tiles[axis] = lines[axis].tiles;
  }
  std::vector<Box> boxes;
  for (std::int64_t group = 0; group < product(classes); ++group) {
    for (std::int64_t index = 0; index < product(tiles); ++index) {
      Box box{coordinates(group, classes), coordinates(index, tiles), {}};
      for (std::int64_t slot = 0; slot < product(tile); ++slot) {
        const Lengths inside = coordinates(slot, tile);
        Lengths token(axes);
        bool real = true;
        for (std::size_t axis = 0; axis < axes; ++axis) {
          const std::int64_t at =
              (box.residue[axis] * tiles[axis] + box.tile[axis]) * tile[axis] + inside[axis];
          token[axis] = lines[axis].tokens[static_cast<std::size_t>(at)];
          real = real && token[axis] != kPadding;
        }
        if (real) box.tokens.push_back(flat_index(token, shape));
      }
      boxes.push_back(std::move(box));
    }
  }
  return boxes;
}

// Tiles of consecutive tokens [begin, end).
std::vector<Tokens> cut(std::int64_t begin, std::int64_t end, std::int64_t tile) {
  std::vector<Tokens> tiles;
  for (std::int64_t token = begin; token < end; ++token) {
    if ((token - begin) % tile == 0) tiles.emplace_back();
    tiles.back().push_back(token);
  }
  return tiles;
}

// Tiles needed to cover a set of positions when each run of consecutive ones is tiled from its own first.
std::int64_t tiles_of_runs(const std::set<std::int64_t>& positions, std::int64_t tile) {
  std::int64_t tiles = 0, run = 0, previous = -2;
  for (const auto position : positions) {
    if (position != previous + 1) {
      tiles += blocks_needed(run, tile);
      run = 0;
    }
    ++run;
    previous = position;
  }
  return tiles + blocks_needed(run, tile);
}

// What NATTEN's kernels visit for a query box: from the KV tile of the first query's first key to that of the
// last key of the query at the nominal end of the box.
std::int64_t kernel_visits(const CountRequest& request, const Neighborhood& rule, const Box& box) {
  std::int64_t visits = 1;
  const Lengths shape = query_box(request);
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::int64_t first = request.tokens[axis];
    for (const auto token : box.tokens) {
      first = std::min(first, coordinates(token, shape)[axis] + query_offset(request)[axis]);
    }
    const std::int64_t length =
        class_length(request.tokens[axis], rule.dilation[axis], first % rule.dilation[axis]);
    const std::int64_t p = first / rule.dilation[axis];
    const Window low = class_window(length, rule.window[axis], rule.stride[axis], rule.causal[axis], p);
    const Window high = class_window(length, rule.window[axis], rule.stride[axis], rule.causal[axis],
                                     p + request.q_tile[axis] - 1);
    visits *= blocks_needed(high.end, request.kv_tile[axis]) - low.begin / request.kv_tile[axis];
  }
  return visits;
}

// Adds query tiles one by one.
class Tally {
 public:
  void add(std::uint64_t full, std::uint64_t partial, std::uint64_t kernel) {
    const core::Count visited = full + partial;
    if (counts.q_tiles == 0 || visited < counts.kv_tiles_min) counts.kv_tiles_min = visited;
    counts.kv_tiles_max = std::max(counts.kv_tiles_max, visited);
    counts.q_tiles += 1;
    counts.kv_tiles += visited;
    counts.kernel_kv_tiles += kernel;
    full_ += full;
    partial_ += partial;
    ++rows_[{full, partial}];
  }
  TileCounts finish(bool know_full) {
    if (know_full) {
      counts.full_tiles = full_;
      counts.partial_tiles = partial_;
      counts.block_sparse = partial_ == 0;
    }
    for (const auto& [tile, q_tiles] : rows_) counts.rows.push_back({q_tiles, tile.first, tile.second});
    return counts;
  }
  TileCounts counts;

 private:
  core::Count full_ = 0, partial_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> rows_;
};

void count_flat(const CountRequest& request, const Mask& mask, Tally& tally) {
  Tokens rows;
  for (std::int64_t token = 0; token < mask.queries; ++token) {
    for (std::int64_t head = 0; head < request.group_heads; ++head) rows.push_back(token);
  }
  const auto kv_tiles = cut(0, mask.keys, product(request.kv_tile));
  for (const auto& slots : cut(0, static_cast<std::int64_t>(rows.size()), product(request.q_tile))) {
    Tokens queries;
    for (const auto slot : slots) queries.push_back(rows[static_cast<std::size_t>(slot)]);
    std::uint64_t full = 0, partial = 0;
    for (const auto& keys : kv_tiles) {
      const TileLook tile = look(mask, queries, keys);
      full += tile.full ? 1 : 0;
      partial += tile.visited && !tile.full ? 1 : 0;
    }
    tally.add(full, partial, full + partial);
  }
  tally.counts.dense_kv_tiles = kv_tiles.size();
  tally.counts.q_tiles_launched = tally.counts.q_tiles;
}

void count_boxes(const CountRequest& request, const Mask& mask, Tally& tally) {
  const auto* rule = std::get_if<Neighborhood>(&request.pattern);
  const Lengths ones(request.tokens.size(), 1), zeros(request.tokens.size(), 0);
  const Lengths dilation = rule != nullptr ? rule->dilation : ones;
  const auto q_boxes = permute(query_box(request), query_offset(request), dilation, request.q_tile);
  const auto kv_boxes = permute(request.tokens, zeros, dilation, request.kv_tile);
  const std::int64_t grid_keys = product(request.tokens);
  const std::int64_t grid_queries = product(query_box(request));
  const auto extra_kv = cut(grid_keys, mask.keys, product(request.kv_tile));
  const auto extra_q = cut(grid_queries, mask.queries, product(request.q_tile));
  std::uint64_t real_kv_boxes = 0;
  for (const auto& box : kv_boxes) real_kv_boxes += box.tokens.empty() ? 0 : 1;
  for (const auto& box : q_boxes) {
    if (box.tokens.empty()) continue;
    std::uint64_t full = extra_kv.size(), partial = 0, kernel = extra_kv.size();
    if (request.tiling == Tiling::kDynamic) {
      std::vector<std::set<std::int64_t>> needed(request.tokens.size());
      for (const auto query : box.tokens) {
        for (std::int64_t key = 0; key < grid_keys; ++key) {
          if (!mask.sees(query, key)) continue;
          const Lengths at = coordinates(key, request.tokens);
          for (std::size_t axis = 0; axis < at.size(); ++axis) needed[axis].insert(at[axis] / dilation[axis]);
        }
      }
      std::uint64_t visited = 1;
      for (std::size_t axis = 0; axis < needed.size(); ++axis) {
        visited *= static_cast<std::uint64_t>(tiles_of_runs(needed[axis], request.kv_tile[axis]));
      }
      tally.add(0, visited + extra_kv.size(), visited + extra_kv.size());
      continue;
    }
    for (const auto& keys : kv_boxes) {
      const TileLook tile = look(mask, box.tokens, keys.tokens);
      full += tile.full ? 1 : 0;
      partial += tile.visited && !tile.full ? 1 : 0;
    }
    kernel = rule != nullptr ? kernel + static_cast<std::uint64_t>(kernel_visits(request, *rule, box))
                             : full + partial;
    tally.add(full, partial, kernel);
  }
  const std::uint64_t all = real_kv_boxes + extra_kv.size();
  const bool dynamic = request.tiling == Tiling::kDynamic;
  for (std::size_t i = 0; i < extra_q.size(); ++i) tally.add(dynamic ? 0 : all, dynamic ? all : 0, all);
  tally.counts.q_tiles_launched = q_boxes.size() + extra_q.size();
  tally.counts.dense_kv_tiles =
      permute(request.tokens, zeros, ones, request.kv_tile).size() + extra_kv.size();
  if (rule != nullptr && query_box(request) == request.tokens) {
    tally.counts.natten_block_sparse = natten_test(request, *rule);
  }
}

}  // namespace

TileCounts count(const CountRequest& request) {
  if (const auto* subset = std::get_if<patterns::TokenSubset>(&request.pattern)) {
    CountRequest inner = request, dense = request;
    inner.pattern = subset->inner.node().value;
    inner.tokens = {subset->keep.count};
    dense.pattern = patterns::Dense{};
    TileCounts counts = count(inner);
    const TileCounts all = count(dense);
    counts.dense_pairs = all.dense_pairs;
    counts.dense_kv_tiles = all.dense_kv_tiles;
    counts.dense_q_tiles = all.q_tiles;
    return counts;
  }
  const auto* permuted = std::get_if<patterns::Permuted>(&request.pattern);
  if (permuted != nullptr && std::holds_alternative<Neighborhood>(permuted->inner.node().value) && !permuted->causal) {
    CountRequest inner = request;
    inner.pattern = permuted->inner.node().value;
    return count(inner);
  }
  const Mask mask = mask_of(request);
  Tally tally;
  for (const char seen : mask.seen) tally.counts.pairs += seen != 0 ? 1 : 0;
  tally.counts.dense_pairs = static_cast<core::Count>(mask.queries) * static_cast<core::Count>(mask.keys);
  if (request.tiling == Tiling::kFlat) {
    count_flat(request, mask, tally);
  } else {
    count_boxes(request, mask, tally);
  }
  tally.counts.dense_q_tiles = tally.counts.q_tiles;
  return tally.finish(request.tiling != Tiling::kDynamic);
}

}  // namespace spanwise::oracle

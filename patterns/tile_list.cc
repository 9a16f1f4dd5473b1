// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <variant>

#include "core/int128.h"
#include "core/result.h"
#include "patterns/interval_rule.h"
#include "patterns/query_layout.h"
#include "patterns/source_tiles.h"
#include "patterns/span_tiles.h"
#include "patterns/tile_walk.h"

namespace spanwise::patterns {
namespace {

struct Collect {
  TileList& list;
  void operator()(std::int64_t tile, bool full) const {
    (full ? list.full : list.partial).push_back(static_cast<std::int32_t>(tile));
  }
};

}  // namespace

struct TileLister::State {
  std::int64_t q_len, q_tile, kv_tile;
  KeyLine keys;
  QueryLayout queries;
  std::optional<IntervalRule> rule;  // else tiles
  std::optional<SourceTiles> tiles;
};

core::Status check_listable(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile) {
  if (auto fine = check_determined(shape.pattern); !fine) return fine;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (std::max(core::ceil_div(shape.q_len, q_tile), core::ceil_div(shape.kv_len, kv_tile)) > kMost) {
    return core::fail(core::Fault::kInput, fmt::format("more than {} tiles", kMost), "take larger tiles or a shorter sequence");
  }
  if (interval_rule(shape.pattern, shape.grid())) return core::Done{};
  auto source = key_source(shape.pattern, shape.grid());
  if (!source) return source.error();
  return check_row_fits((*source)->intervals_per_row());
}

TileLister::TileLister(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile) {
  core::ensure(q_tile > 0 && kv_tile > 0, "TileLister: a tile without tokens");
  core::ensure(core::ceil_div(shape.kv_len, kv_tile) <= std::numeric_limits<std::int32_t>::max(), "TileLister: more than 2^31 - 1 KV tiles");
  State state{shape.q_len, q_tile, kv_tile, {volume(shape.grid()), shape.extra_tokens()}, query_layout(shape),
              interval_rule(shape.pattern, shape.grid()), {}};
  if (!state.rule) {
    auto source = key_source(shape.pattern, shape.grid());
    core::ensure(static_cast<bool>(source), "TileLister: the case was not checked");
    const auto& queries = state.queries;
    state.tiles.emplace(std::move(*source), SourceLine{state.keys, queries.first, queries.grid_queries, queries.extra_queries},
                        kv_tile);
  }
  state_ = std::make_shared<const State>(std::move(state));
}

double TileLister::steps() const {
  return state_->tiles ? state_->tiles->source().tile_steps(std::min(state_->q_tile, state_->q_len)) : 1;
}

TileList TileLister::list(std::int64_t index) const {
  const State& state = *state_;
  core::ensure(index >= 0 && index < core::ceil_div(state.q_len, state.q_tile), "TileLister: the query tile lies outside the case");
  const Interval tokens{index * state.q_tile, std::min((index + 1) * state.q_tile, state.q_len)};
  TileList list;
  if (state.rule) {
    const TileSpans spans = spans_of_tile(*state.rule, state.keys, state.queries.first, state.queries.grid_queries, tokens);
    each_tile(spans.any, spans.all, state.keys.keys(), state.kv_tile, Collect{list});
  } else {
    TileKeys keys;
    state.tiles->look(tokens, keys);
    each_tile(keys.any, keys.all, state.keys.keys(), state.kv_tile, Collect{list});
  }
  return list;
}

TileList list_tiles(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile, std::int64_t index) {
  return TileLister(shape, q_tile, kv_tile).list(index);
}

}  // namespace spanwise::patterns

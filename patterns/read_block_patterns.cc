// SPDX-License-Identifier: Apache-2.0
// Kinds made of blocks or of columns and diagonals: strided, power, vertical_slash, block_mask.
#include <fmt/core.h>

#include <array>

#include "patterns/pattern_readers.h"
#include "patterns/unit_lists.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::IntegerRange;
using documents::Kind;
using documents::MapReader;
using documents::Node;

// A list of places, or their number alone.
Places read_places(MapReader& map, std::string_view key) {
  Places places;
  const Node* node = map.find(key);
  if (node == nullptr) return places;
  if (node->kind == Kind::kList) {
    places.at = read_units(*node, map.context(), map.path(key), true);
    places.count = static_cast<std::int64_t>(places.at.size());
  } else {
    places.count = documents::read_integer(*node, map.context(), map.path(key), {0, kMaxLength}).value_or(0);
  }
  return places;
}

std::optional<RandomBlocks> read_random(MapReader& map) {
  const Node* node = map.find("random");
  if (node == nullptr) return std::nullopt;
  MapReader random(*node, map.context(), map.path("random"));
  RandomBlocks blocks;
  blocks.density = random.number("density", {0, 1});
  blocks.seed = static_cast<std::uint64_t>(random.integer_or("seed", {0}, 0));
  random.finish();
  return blocks;
}

std::vector<std::int64_t> read_row_blocks(MapReader& map) {
  std::vector<std::int64_t> counts;
  for (const auto& item : map.list("row_blocks")) {
    const auto count = documents::read_integer(item, map.context(), map.path("row_blocks"), {0, kMaxLength});
    if (!count) return counts;
    counts.push_back(*count);
  }
  return counts;
}

void read_block(MapReader& map, std::int64_t& q_block, std::int64_t& kv_block) {
  const Node* node = map.need("block");
  if (node == nullptr) return;
  const auto blocks = documents::read_lengths(*node, map.context(), map.path("block"), 2, kPositive);
  if (!blocks) return;
  q_block = blocks->front();
  kv_block = blocks->back();
}

}  // namespace

Pattern read_strided(const Node& node, Context& context, bool) {
  MapReader map(node, context, "strided");
  Strided strided;
  strided.block = map.integer("block", kPositive);
  strided.local = map.integer_or("local", kPositive, 1);
  strided.stride = map.integer("stride", kPositive);
  strided.phase = map.integer_or("phase", {0, kMaxLength}, strided.stride - 1);
  if (strided.phase >= strided.stride) {
    context.contradiction(*map.find("phase"),
                          fmt::format("'strided.phase' is {}, beyond the stride of {}", strided.phase, strided.stride),
                          "allowed: 0 <= phase < stride", map.find("stride"), "the stride is given here");
    strided.phase = 0;
  }
  strided.causal = map.boolean_or("causal", true);
  map.finish();
  return strided;
}

Pattern read_power(const Node& node, Context& context, bool) {
  MapReader map(node, context, "power");
  Power power;
  power.block = map.integer("block", kPositive);
  power.window = map.integer_or("window", kPositive, 1);
  power.sinks = map.integer_or("sinks", {0, kMaxLength}, 0);
  power.causal = map.boolean_or("causal", true);
  map.finish();
  return power;
}

Pattern read_vertical_slash(const Node& node, Context& context, bool) {
  MapReader map(node, context, "vertical_slash");
  VerticalSlash slash;
  slash.columns = read_places(map, "columns");
  slash.diagonals = read_places(map, "diagonals");
  slash.causal = map.boolean_or("causal", true);
  slash.from = read_stated(map);
  if (slash.columns.count + slash.diagonals.count == 0 && context.ok()) {
    context.error(node, "'vertical_slash' needs columns or diagonals", "lists of positions, or their numbers");
  }
  map.finish();
  return slash;
}

Pattern read_block_mask(const Node& node, Context& context, bool default_causal) {
  MapReader map(node, context, "block_mask");
  BlockMask mask;
  read_block(map, mask.q_block, mask.kv_block);
  const auto before = context.count();
  mask.selection = read_selection(map);
  mask.random = read_random(map);
  mask.row_blocks = read_row_blocks(map);
  const int given = (mask.selection ? 1 : 0) + (mask.random ? 1 : 0) + (mask.row_blocks.empty() ? 0 : 1);
  if (given != 1 && context.count() == before) {
    context.error(node, fmt::format("'block_mask' needs one of list, file, row_blocks and random, not {}", given));
  }
  mask.causal = map.boolean_or("causal", default_causal);
  mask.from = read_stated(map);
  map.finish();
  return mask;
}

}  // namespace spanwise::patterns

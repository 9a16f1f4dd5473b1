// SPDX-License-Identifier: Apache-2.0
// Kinds that a selector fills in at run time: routed, pyramid.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "patterns/pattern_readers.h"
#include "patterns/unit_lists.h"
#include "patterns/unit_words.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

constexpr auto kKeepHint = "for instance {top_k: 16}, {density: 0.1} or {mass: 0.95, density: 0.1}";

void read_keep(MapReader& map, Routed& routed) {
  const Node* node = map.find("keep");
  if (node == nullptr) return;
  MapReader keep(*node, map.context(), map.path("keep"));
  if (keep.find("top_k") != nullptr) routed.top_k = keep.integer("top_k", kPositive);
  if (keep.find("density") != nullptr) routed.density = keep.number("density", {0, 1});
  if (keep.find("mass") != nullptr) routed.mass = keep.number("mass", {0, 1});
  keep.finish();
  if (!keep.is_map()) return;
  if (routed.top_k && routed.density) {
    map.context().contradiction(*keep.find("density"), "'routed.keep' has top_k and density", kKeepHint, keep.find("top_k"), "top_k is given here");
  }
  if (routed.top_k || routed.density) return;
  map.context().error(*node,
                      routed.mass ? "a mass threshold says nothing about tiles without the density that it leads to"
                                  : "'routed.keep' needs top_k or density",
                      kKeepHint);
}

void read_forced(MapReader& map, Routed& routed) {
  const Node* node = map.find("forced");
  if (node == nullptr) return;
  MapReader forced(*node, map.context(), map.path("forced"));
  routed.sinks = forced.integer_or("sinks", {0, kMaxLength}, 0);
  routed.local = forced.integer_or("local", {0, kMaxLength}, 0);
  forced.finish();
}

PyramidLevel read_level(const Node& node, Context& context) {
  MapReader map(node, context, "pyramid.levels");
  PyramidLevel level;
  level.pool = map.integer("pool", kPositive);
  level.share = map.number("share", {0, 1});
  map.finish();
  return level;
}

}  // namespace

Stated read_stated(MapReader& map) {
  static const std::array<std::string, 2> kWords = {"measured", "assumed"};
  Stated stated;
  const Node* basis = map.find("basis");
  if (map.choice_or("basis", kWords, 1) == 0) stated.basis = core::Basis::kMeasured;
  stated.source = map.text_or("source", "");
  if (stated.basis == core::Basis::kMeasured && stated.source.empty()) {
    map.context().error(*basis, fmt::format("'{}' is measured, so it needs a source", map.path("basis")),
                        "source: where the reader can look it up");
  }
  return stated;
}

Pattern read_routed(const Node& node, Context& context, bool default_causal) {
  MapReader map(node, context, "routed");
  Routed routed;
  routed.unit = static_cast<Unit>(map.choice_or("unit", unit_words(), static_cast<std::size_t>(Unit::kBlock)));
  const bool token = routed.unit == Unit::kToken;
  routed.unit_size = token ? map.integer_or("unit_size", {1, 1}, 1) : map.integer("unit_size", kPositive);
  routed.q_block = map.integer_or("q_block", kPositive, 1);
  const auto before = context.count();
  read_keep(map, routed);
  routed.selection = read_selection(map);
  const bool stated = routed.top_k || routed.density;
  if (stated == routed.selection.has_value() && context.count() == before) {
    const Node* selection = map.find("list") != nullptr ? map.find("list") : map.find("file");
    context.contradiction(stated ? *map.find("keep") : node,
                          stated ? "'routed' has 'keep' and a selection, which says it all" : "'routed' needs 'keep', 'list' or 'file'",
                          kKeepHint, selection, "the selection is given here");
  }
  routed.spread = map.number_or("spread", {0, 1e12}, 0);
  routed.overlap = map.number_or("overlap", {0, 1}, 0);
  read_forced(map, routed);
  routed.shared_by =
      static_cast<SharedBy>(map.choice_or("shared_by", sharing_words(), static_cast<std::size_t>(SharedBy::kGroup)));
  routed.selector = map.text_or("selector", "");
  routed.causal = map.boolean_or("causal", default_causal);
  routed.from = read_stated(map);
  map.finish();
  return routed;
}

Pattern read_pyramid(const Node& node, Context& context, bool default_causal) {
  MapReader map(node, context, "pyramid");
  Pyramid pyramid;
  if (const Node* block = map.need("block")) {
    const auto blocks = documents::read_lengths(*block, context, map.path("block"), 2, kPositive);
    if (blocks) pyramid.q_block = blocks->front(), pyramid.kv_block = blocks->back();
  }
  map.need("levels");
  double shares = 0;
  for (const auto& item : map.list("levels")) {
    pyramid.levels.push_back(read_level(item, context));
    shares += pyramid.levels.back().share;
  }
  std::sort(pyramid.levels.begin(), pyramid.levels.end(), [](const auto& a, const auto& b) { return a.pool < b.pool; });
  for (std::size_t i = 1; i < pyramid.levels.size(); ++i) {
    if (pyramid.levels[i].pool == pyramid.levels[i - 1].pool) {
      context.error(*map.find("levels"), fmt::format("'pyramid.levels' names pool {} twice", pyramid.levels[i].pool));
    }
  }
  constexpr double kRounding = 1e-9;
  if (shares > 1 + kRounding) {
    context.error(*map.find("levels"), fmt::format("the shares of 'pyramid.levels' add up to {:g}", shares),
                  "allowed: at most 1; the rest of the blocks is skipped");
  }
  if (pyramid.levels.empty() && context.ok()) context.error(node, "'pyramid.levels' needs at least one level");
  pyramid.packed = map.boolean_or("packed", false);
  pyramid.causal = map.boolean_or("causal", default_causal);
  pyramid.from = read_stated(map);
  map.finish();
  return pyramid;
}

}  // namespace spanwise::patterns

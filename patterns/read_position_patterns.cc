// SPDX-License-Identifier: Apache-2.0
// Kinds given by distances between positions: dense, sliding_window, neighborhood.
#include <fmt/core.h>

#include "patterns/pattern_readers.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::Kind;
using documents::MapReader;
using documents::Node;

constexpr std::size_t kMaxAxes = 3;

// One length an axis; `absent` on every axis when the key is missing.
Lengths read_per_axis(MapReader& map, std::string_view key, std::size_t axes) {
  Lengths absent(axes, 1);
  const Node* node = map.find(key);
  if (node == nullptr) return absent;
  auto lengths = documents::read_lengths(*node, map.context(), map.path(key), kMaxAxes, kPositive);
  if (!lengths) return absent;
  if (lengths->size() != axes) {
    map.context().contradiction(*node, fmt::format("'{}' has {} axes, but the window has {}", map.path(key), lengths->size(), axes), "",
                                map.find("window"), "the window is given here");
    return absent;
  }
  return *lengths;
}

std::vector<bool> read_causal_axes(MapReader& map, std::size_t axes) {
  std::vector<bool> absent(axes, false);
  const Node* node = map.find("causal");
  if (node == nullptr) return absent;
  std::vector<bool> causal;
  if (node->kind == Kind::kList) {
    for (const auto& item : node->items) {
      causal.push_back(documents::read_bool(item, map.context(), map.path("causal")).value_or(false));
    }
  } else {
    causal.push_back(documents::read_bool(*node, map.context(), map.path("causal")).value_or(false));
  }
  if (causal.size() == axes) return causal;
  map.context().contradiction(*node, fmt::format("'neighborhood.causal' has {} axes, but the window has {}", causal.size(), axes), "",
                              map.find("window"), "the window is given here");
  return absent;
}

}  // namespace

Pattern read_dense(const Node& node, Context& context, bool default_causal) {
  if (node.kind == Kind::kNull) return Dense{default_causal};
  MapReader map(node, context, "dense");
  const Dense dense{map.boolean_or("causal", default_causal)};
  map.finish();
  return dense;
}

Pattern read_sliding_window(const Node& node, Context& context, bool) {
  MapReader map(node, context, "sliding_window");
  SlidingWindow window;
  window.window = map.integer("window", kPositive);
  window.sinks = map.integer_or("sinks", {0, kMaxLength}, 0);
  window.causal = map.boolean_or("causal", true);
  window.block = map.integer_or("block", kPositive, 1);
  for (const auto& [key, tokens] : {std::pair{"window", window.window}, std::pair{"sinks", window.sinks}}) {
    if (tokens % window.block == 0) continue;
    context.contradiction(*map.find(key), fmt::format("'sliding_window.{}' is {}, not a multiple of the block of {}", key, tokens, window.block),
                          "", map.find("block"), "the block is given here");
  }
  if (window.block > 1 && !window.causal) {
    context.contradiction(*map.find("block"), "'sliding_window.block' needs a causal window", "leave out 'causal: false'", map.find("causal"),
                          "the window is not causal");
  }
  map.finish();
  return window;
}

Pattern read_neighborhood(const Node& node, Context& context, bool) {
  MapReader map(node, context, "neighborhood");
  Neighborhood pattern{{}, {1}, {1}, {false}};
  if (const Node* window = map.need("window")) {
    pattern.window = documents::read_lengths(*window, context, map.path("window"), kMaxAxes, kPositive)
                         .value_or(Lengths{});
  }
  const std::size_t axes = pattern.window.size();
  if (axes == 0) {  // an unreadable window says nothing about the other axes
    for (const auto* key : {"stride", "dilation", "causal"}) map.find(key);
    pattern.window = {1};
  } else {
    pattern.stride = read_per_axis(map, "stride", axes);
    pattern.dilation = read_per_axis(map, "dilation", axes);
    pattern.causal = read_causal_axes(map, axes);
    for (std::size_t axis = 0; axis < axes; ++axis) {
      if (pattern.stride[axis] <= pattern.window[axis]) continue;
      context.contradiction(*map.find("stride"),
                            fmt::format("'neighborhood.stride' is {} on axis {}, beyond the window of {}",
                                        pattern.stride[axis], axis + 1, pattern.window[axis]),
                            "allowed: 1 <= stride <= window", map.find("window"), "the window is given here");
    }
  }
  map.finish();
  return pattern;
}

}  // namespace spanwise::patterns

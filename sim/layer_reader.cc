// SPDX-License-Identifier: Apache-2.0
#include "sim/layer_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spanwise::sim {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

const std::array<std::string, 3> kAttentionKinds = {"full", "sliding", "blocks"};  // in the order of Mixing
const std::array<std::string, 2> kFfnKinds = {"plain", "gated"};

Latent read_latent(const Node& node, Context& context) {
  MapReader map(node, context, "latent");
  Latent latent;
  latent.width = map.integer("width", {1, 1 << 14});
  latent.rope = map.integer("rope", {0, 1 << 10});
  latent.q_width = map.integer_or("q_width", {1, kMaxWidth}, 0);
  map.finish();
  return latent;
}

Indexer read_indexer(const Node& node, Context& context) {
  MapReader map(node, context, "indexer");
  Indexer indexer;
  indexer.heads = map.integer("heads", {1, kMaxHeads});
  indexer.head_dim = map.integer("head_dim", {1, 1024});
  indexer.top_k = map.integer("top_k", {1, 1 << 24});
  map.finish();
  return indexer;
}

void read_heads(MapReader& map, AttentionSpec& attention) {
  attention.q_heads = map.integer("q_heads", {1, kMaxHeads});
  attention.kv_heads = map.integer_or("kv_heads", {1, kMaxHeads}, attention.q_heads);
  attention.head_dim = map.integer("head_dim", {1, 1024});
  attention.head_dim_v = map.integer_or("head_dim_v", {1, 1024}, attention.head_dim);
  attention.causal = map.boolean_or("causal", false);
  const auto* kv_heads = map.find("kv_heads");
  if (const auto* latent = map.find("latent")) {
    attention.latent = read_latent(*latent, map.context());
    attention.kv_heads = 1;
    if (kv_heads != nullptr) map.context().contradiction(*kv_heads, "'attention.kv_heads' cannot stand beside 'latent'", "all heads share the latent", latent, "'latent' is given here");
    if (attention.latent.rope >= attention.head_dim) {
      map.context().contradiction(*latent, fmt::format("latent.rope ({}) must be below head_dim ({}), of which it is a part",
                                                       attention.latent.rope, attention.head_dim),
                                  "", map.find("head_dim"), "head_dim is given here");
    }
  } else if (attention.q_heads % attention.kv_heads != 0) {
    map.context().contradiction(kv_heads == nullptr ? map.node() : *kv_heads,
                                fmt::format("kv_heads ({}) must divide q_heads ({})", attention.kv_heads, attention.q_heads), "",
                                map.find("q_heads"), "q_heads is given here");
  }
}

void read_attention(const Node& node, Context& context, Layer& layer) {
  MapReader map(node, context, "attention");
  layer.mixing = static_cast<Mixing>(map.choice_or("kind", kAttentionKinds, 0));
  read_heads(map, layer.attention);
  layer.sink_logits = map.boolean_or("sink_logits", false);
  // Keys of other kinds stay unknown, so that finish() refuses them.
  if (layer.mixing == Mixing::kFull) {
    if (const auto* indexer = map.find("indexer")) layer.indexer = read_indexer(*indexer, context);
  } else if (layer.mixing == Mixing::kSliding) {
    layer.window = map.integer("window", {1, 1 << 30});
  } else if (const auto* block = map.need("block")) {
    layer.block = documents::read_lengths(*block, context, "attention.block", 3, {1, 1 << 24}).value_or(patterns::Lengths{1});
  }
  if (layer.mixing != Mixing::kFull && layer.attention.latent.width > 0) {
    context.contradiction(*map.find("latent"), "'attention.latent' needs kind: full", "", map.find("kind"), "the kind is given here");
  }
  map.finish();
}

StateMixer read_state(const Node& node, Context& context) {
  MapReader map(node, context, "state");
  StateMixer state;
  state.heads = map.integer("heads", {1, kMaxHeads});
  state.head_dim = map.integer("head_dim", {1, 1024});
  state.state_size = map.integer("state_size", {1, 4096});
  state.groups = map.integer_or("groups", {1, kMaxHeads}, 1);
  state.conv_width = map.integer_or("conv_width", {1, 64}, 4);
  state.chunk = map.integer_or("chunk", {1, 1 << 16}, 256);
  map.finish();
  return state;
}

CrossAttention read_cross(const Node& node, Context& context) {
  MapReader map(node, context, "cross_attention");
  CrossAttention cross;
  cross.tokens = map.integer("tokens", {1, 1 << 24});
  cross.heads = map.integer("heads", {1, kMaxHeads});
  cross.head_dim = map.integer("head_dim", {1, 1024});
  cross.width = map.integer("width", {1, kMaxWidth});
  map.finish();
  return cross;
}

FeedForward read_ffn(const Node& node, Context& context) {
  MapReader map(node, context, "ffn");
  FeedForward ffn;
  ffn.gated = map.choice("kind", kFfnKinds) == 1;
  ffn.intermediate_size = map.integer("intermediate_size", {1, kMaxWidth});
  ffn.experts = map.integer_or("experts", {1, 1 << 16}, 0);
  if (ffn.experts > 0) {
    ffn.active_experts = map.integer("active_experts", {1, ffn.experts});
    ffn.shared_size = map.integer_or("shared_size", {1, kMaxWidth}, 0);
  }
  map.finish();
  return ffn;
}

void append(const Node& node, Context& context, std::int64_t times, const std::vector<Layer>& run, std::vector<Layer>& layers) {
  if (static_cast<std::int64_t>(layers.size()) + times * static_cast<std::int64_t>(run.size()) > kMaxLayers) {
    context.error(node, fmt::format("more than {} layers", kMaxLayers));
    return;
  }
  for (std::int64_t i = 0; i < times; ++i) layers.insert(layers.end(), run.begin(), run.end());
}

Layer read_layer(const Node& node, MapReader& map, std::int64_t hidden_size) {
  auto& context = map.context();
  Layer layer;
  const auto* attention = map.find("attention");
  const auto* state = map.find("state");
  const auto* ffn = map.find("ffn");
  layer.mixing = state != nullptr ? Mixing::kState : Mixing::kNone;
  if (attention != nullptr) read_attention(*attention, context, layer);
  if (state != nullptr) layer.state = read_state(*state, context);
  if (const auto* cross = map.find("cross_attention")) layer.cross = read_cross(*cross, context);
  if (ffn != nullptr) layer.ffn = read_ffn(*ffn, context);
  layer.hidden_size = map.integer_or("hidden_size", {1, kMaxWidth}, hidden_size);
  layer.downsample = map.integer_or("downsample", {1, 1024}, 1);
  if (attention != nullptr && state != nullptr) {
    context.contradiction(*state, "a layer has 'attention' or 'state', not both", "", attention, "'attention' is given here");
  }
  map.finish();
  if (attention == nullptr && state == nullptr && ffn == nullptr && context.ok()) {
    context.error(node, "a layer needs 'attention', 'state' or 'ffn'");
  }
  return layer;
}

}  // namespace

void read_layers(const Node& node, Context& context, std::int64_t hidden_size, std::vector<Layer>& layers) {
  MapReader map(node, context, "layers");
  const auto repeat = map.integer_or("repeat", {1, kMaxLayers}, 1);
  if (map.find("layers") != nullptr) {
    std::vector<Layer> group;
    for (const auto& inner : map.list("layers")) read_layers(inner, context, hidden_size, group);
    map.finish();
    return append(node, context, repeat, group, layers);
  }
  const auto layer = read_layer(node, map, hidden_size);
  append(node, context, repeat, {layer}, layers);
}

}  // namespace spanwise::sim

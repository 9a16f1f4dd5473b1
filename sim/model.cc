// SPDX-License-Identifier: Apache-2.0
#include "sim/model.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "core/documents/map_reader.h"

namespace spanwise::sim {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

const std::array<std::string, 1> kAttentionKinds = {"full"};
const std::array<std::string, 2> kFfnKinds = {"plain", "gated"};
constexpr std::int64_t kMaxLayers = 4096;
constexpr std::int64_t kMaxWidth = 1 << 24;

AttentionSpec read_attention(const Node& node, Context& context) {
  MapReader map(node, context, "attention");
  AttentionSpec attention;
  map.choice_or("kind", kAttentionKinds, 0);
  attention.q_heads = map.integer("q_heads", {1, 1 << 16});
  attention.kv_heads = map.integer_or("kv_heads", {1, 1 << 16}, attention.q_heads);
  attention.head_dim = map.integer("head_dim", {1, 1024});
  attention.head_dim_v = map.integer_or("head_dim_v", {1, 1024}, attention.head_dim);
  attention.causal = map.boolean_or("causal", false);
  if (attention.q_heads % attention.kv_heads != 0) {
    const auto* at = map.find("kv_heads");
    context.error(at == nullptr ? node : *at, fmt::format("kv_heads ({}) must divide q_heads ({})", attention.kv_heads,
                                                          attention.q_heads));
  }
  map.finish();
  return attention;
}

FeedForward read_ffn(const Node& node, Context& context) {
  MapReader map(node, context, "ffn");
  FeedForward ffn;
  ffn.gated = map.choice("kind", kFfnKinds) == 1;
  ffn.intermediate_size = map.integer("intermediate_size", {1, kMaxWidth});
  map.finish();
  return ffn;
}

void read_layers(const Node& node, Context& context, std::vector<Layer>& layers) {
  MapReader map(node, context, "layers");
  const auto repeat = map.integer_or("repeat", {1, kMaxLayers}, 1);
  Layer layer;
  if (const auto* attention = map.need("attention")) layer.attention = read_attention(*attention, context);
  if (const auto* ffn = map.need("ffn")) layer.ffn = read_ffn(*ffn, context);
  map.finish();
  if (static_cast<std::int64_t>(layers.size()) + repeat > kMaxLayers) {
    context.error(node, fmt::format("more than {} layers", kMaxLayers));
    return;
  }
  if (!layers.empty() && layers.front().attention != layer.attention) {
    context.error(node, "layers with different attention shapes are not supported yet",
                  "every entry of 'layers' needs the same heads, head_dim and causal flag");
  }
  layers.insert(layers.end(), static_cast<std::size_t>(repeat), layer);
}

void check_workloads(const Node& root, Context& context, const Model& model) {
  if (model.workloads.empty()) context.error(root, "'model.workloads' must list at least one workload");
  std::set<std::string> names;
  for (const auto& workload : model.workloads) {
    if (!names.insert(workload.name).second) {
      context.error(root, fmt::format("workload name '{}' is given twice", workload.name));
    }
    const bool grid = !model.workloads.front().tokens.empty();
    if (workload.tokens.empty() == grid) {
      context.error(root, "workloads of one model must all be sequences or all be grids");
    }
  }
}

}  // namespace

core::Result<Model> read_model(const std::filesystem::path& path) {
  auto document = documents::read_document(path);
  if (!document) return document.error();
  Context context(document->file);
  MapReader map(document->root, context, "model");
  map.integer("version", {1, 1});
  Model model;
  model.name = map.text("name");
  model.source = map.text("source");
  model.hidden_size = map.integer("hidden_size", {1, kMaxWidth});
  model.vocab_size = map.integer_or("vocab_size", {0, 1 << 30}, 0);
  model.max_tokens = map.integer_or("max_tokens", {0, std::int64_t{1} << 40}, 0);
  model.dtype = map.dtype_or("dtype", core::DType::kBf16);
  model.default_hardware = map.text_or("default_hardware", "");
  for (const auto& node : map.list("layers")) read_layers(node, context, model.layers);
  if (model.layers.empty() && context.ok()) context.error(document->root, "'model.layers' must list at least one layer");
  for (const auto& node : map.list("workloads")) model.workloads.push_back(read_workload(node, context));
  const bool causal = !model.layers.empty() && model.attention().causal;
  std::vector<const Node*> rule_nodes;
  for (const auto& node : map.list("rules")) {
    model.rules.push_back(patterns::read_pattern(node, context, causal));
    rule_nodes.push_back(&node);
  }
  map.finish();
  if (context.ok()) check_workloads(document->root, context, model);
  for (std::size_t i = 0; context.ok() && i < model.rules.size(); ++i) {
    for (const auto& workload : model.workloads) {
      if (const auto fits = patterns::check_fits(model.rules[i], workload.grid()); !fits) {
        context.error(*rule_nodes[i], fmt::format("{} (workload {})", fits.error().front().message, workload.name),
                      fits.error().front().hint);
      }
    }
  }
  if (!context.ok()) return context.take();
  return model;
}

}  // namespace spanwise::sim

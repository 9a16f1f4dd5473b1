// SPDX-License-Identifier: Apache-2.0
#include "sim/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/layer_reader.h"
#include "sim/model_hf.h"

namespace spanwise::sim {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

// Plans of this version decide about layers of one shape; `at` is the list of layers.
void check_layers(const Node& at, Context& context, const Model& model) {
  if (model.layers.empty()) return context.error(at, "'model.layers' must list at least one layer");
  const auto planned = model.planned_layers();
  if (planned.empty()) {
    return context.error(at, "no layer has full attention, so there is nothing to plan", "a plan decides about layers with attention kind: full");
  }
  const auto& first = model.layers[planned.front()];
  for (const auto index : planned) {
    const auto& layer = model.layers[index];
    if (layer.attention == first.attention && layer.downsample == first.downsample) continue;
    return context.error(at, fmt::format("layers {} and {} both have full attention, but of different shapes", planned.front(), index),
                         "every layer with full attention needs the same heads, head_dim, causal flag and downsample");
  }
}

void check_workload(const Node& at, Context& context, const Model& model, const Workload& workload) {
  const auto axes = workload.grid().size();
  if (workload.phase == patterns::Phase::kDecode && !model.attention().causal) {
    context.error(at, fmt::format("workload {} decodes, but attention is not causal", workload.name));
  }
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const auto& layer = model.layers[i];
    const bool fits = layer.mixing == Mixing::kBlocks ? layer.block.size() == axes : layer.mixing != Mixing::kSliding || axes == 1;
    if (!fits) return context.error(at, fmt::format("workload {} has {} axes, which layer {} does not fit", workload.name, axes, i));
    const bool one_pass = workload.q_len == workload.kv_len && workload.lengths.empty();
    if (layer.downsample > 1 && !one_pass) {
      return context.error(at, fmt::format("workload {} must be one prefill of equal sequences, as layer {} is downsampled", workload.name, i));
    }
  }
}

std::vector<Workload> read_workloads(MapReader& map) {
  std::vector<Workload> workloads;
  std::set<std::string> names;
  const auto nodes = map.list("workloads");
  const auto earlier = [&](const std::string& name) {
    const auto same = std::find_if(workloads.begin(), workloads.end(), [&](const Workload& w) { return w.name == name; });
    return &nodes[static_cast<std::size_t>(same - workloads.begin())];
  };
  for (const auto& node : nodes) {
    auto workload = read_workload(node, map.context());
    if (!workload.name.empty() && !names.insert(workload.name).second) {
      MapReader at(node, map.context(), "workload");
      map.context().contradiction(*at.find("name"), fmt::format("workload name '{}' is given twice", workload.name), "",
                                  earlier(workload.name), "first given here");
    }
    if (!workloads.empty() && workload.tokens.empty() != workloads.front().tokens.empty()) {
      map.context().contradiction(node, "workloads of one model must all be sequences or all be grids", "", &nodes.front(),
                                  workload.tokens.empty() ? "this one is a grid" : "this one is a sequence");
    }
    workloads.push_back(std::move(workload));
  }
  const auto* list = map.find("workloads");
  if (list != nullptr && workloads.empty() && map.context().ok()) {
    map.context().error(*list, "'model.workloads' must list at least one workload", "without the key a model takes the usual ones");
  }
  return workloads;
}

// Nothing for a workload that the model takes by default.
const Node* workload_node(MapReader& map, const std::string& name) {
  for (const auto& node : map.list("workloads")) {
    for (const auto& entry : node.entries) {
      if (entry.key == "name" && entry.value.text == name) return &node;
    }
  }
  return nullptr;
}

void read_rules(MapReader& map, Model& model) {
  for (const auto& node : map.list("rules")) {
    const auto before = map.context().count();
    model.rules.push_back(patterns::read_pattern(node, map.context(), model.attention().causal));
    if (map.context().count() > before) continue;
    for (const auto& workload : model.planned_workloads()) {
      const auto fits = patterns::check_fits(model.rules.back(), workload.grid());
      if (fits) continue;
      map.context().contradiction(node, fmt::format("{} (workload {})", fits.error().front().message, workload.name),
                                  fits.error().front().hint, workload_node(map, workload.name), fmt::format("workload {} is given here", workload.name));
    }
  }
}

core::Result<Model> read_yaml(const documents::Document& document) {
  Context context(document.file);
  MapReader map(document.root, context, "model");
  map.integer("version", {1, 1});
  Model model;
  model.name = map.text("name");
  model.source = map.text("source");
  model.hidden_size = map.integer("hidden_size", {1, kMaxWidth});
  model.vocab_size = map.integer_or("vocab_size", {0, 1 << 30}, 0);
  model.tied_embeddings = map.boolean_or("tied_embeddings", false);
  model.max_tokens = map.integer_or("max_tokens", {0, std::int64_t{1} << 40}, 0);
  model.dtype = map.dtype_or("dtype", core::DType::kBf16);
  model.default_hardware = map.text_or("default_hardware", "");
  const auto* layers = map.need("layers");
  for (const auto& node : map.list("layers")) read_layers(node, context, model.hidden_size, model.layers);
  if (layers != nullptr && context.ok()) check_layers(*layers, context, model);
  model.workloads = read_workloads(map);
  const auto* workloads = map.find("workloads");
  const bool shaped = layers != nullptr && !model.planned_layers().empty();
  if (context.ok() && shaped && workloads == nullptr) model.workloads = default_workloads(model.attention().causal, model.max_tokens);
  const auto& at = workloads == nullptr ? document.root : *workloads;
  for (std::size_t i = 0; context.ok() && i < model.workloads.size(); ++i) {
    check_workload(workloads == nullptr ? at : at.items[i], context, model, model.workloads[i]);
  }
  if (shaped) read_rules(map, model);
  map.find("rules");  // known, also where nothing can be said about it
  map.finish();
  if (!context.ok()) return context.take();
  return model;
}

}  // namespace

std::vector<std::size_t> Model::planned_layers() const {
  std::vector<std::size_t> planned;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].mixing == Mixing::kFull) planned.push_back(i);
  }
  return planned;
}

std::vector<Workload> Model::planned_workloads() const {
  auto planned = workloads;
  for (auto& workload : planned) workload = workload.downsampled(planned_layer().downsample);
  return planned;
}

std::vector<Workload> default_workloads(bool causal, std::int64_t max_tokens) {
  const auto longest = max_tokens > 0 ? max_tokens : 131072;
  const auto sequence = [](std::string name, patterns::Phase phase, std::int64_t tokens, std::int64_t batch) {
    Workload workload;
    workload.name = std::move(name) + "_" + print_tokens(tokens);
    std::transform(workload.name.begin(), workload.name.end(), workload.name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    workload.phase = phase;
    workload.batch = batch;
    workload.kv_len = tokens;
    workload.q_len = phase == patterns::Phase::kDecode ? 1 : tokens;
    return workload;
  };
  if (!causal) return {sequence("prefill", patterns::Phase::kPrefill, longest, 32)};
  return {sequence("prefill", patterns::Phase::kPrefill, std::min<std::int64_t>(longest, 32768), 1),
          sequence("decode", patterns::Phase::kDecode, std::min<std::int64_t>(longest, 131072), 8)};
}

core::Result<Model> read_model(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto file = std::filesystem::is_directory(path, ignored) ? path / "config.json" : path;
  auto document = documents::read_document(file);
  if (!document) return document.error();
  return file.extension() == ".json" ? read_hf_config(*document, file) : read_yaml(*document);
}

}  // namespace spanwise::sim

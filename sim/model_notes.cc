// SPDX-License-Identifier: Apache-2.0
#include "sim/model_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "sim/model_size.h"

namespace spanwise::sim {
namespace {

std::string kind_of(const Layer& layer) {
  switch (layer.mixing) {
    case Mixing::kSliding:
      return fmt::format("windows of {}", layer.window);
    case Mixing::kBlocks:
      return fmt::format("attention inside {}", fmt::join(layer.block, "x"));
    case Mixing::kState:
      return "state space";
    case Mixing::kNone:
      return "feed-forward alone";
    case Mixing::kFull:
      break;
  }
  return "full attention";
}

// "8 of 48 layers planned (full attention); as they are: 40 windows of 1024".
void note_layers(const Model& model, std::vector<ModelNote>& notes) {
  const auto planned = model.planned_layers();
  if (planned.size() == model.layers.size()) return;
  std::map<std::string, std::size_t> kinds;
  for (const auto& layer : model.layers) {
    if (layer.mixing != Mixing::kFull) ++kinds[kind_of(layer)];
  }
  std::vector<std::string> others;
  for (const auto& [kind, count] : kinds) others.push_back(fmt::format("{} {}", count, kind));
  notes.push_back({fmt::format("{} of {} layers planned; in model time only: {}", planned.size(), model.layers.size(), fmt::join(others, ", ")), true});
  notes.push_back({fmt::format("the planned layers have full attention; in the model they are layers {}", fmt::join(planned, ", ")), false});
}

void note_indexer(const Model& model, std::vector<ModelNote>& notes) {
  const auto& layer = model.planned_layer();
  if (layer.indexer.heads == 0) return;
  notes.push_back({fmt::format("its own indexer (top {} keys) is not priced: dense latent attention is planned", layer.indexer.top_k), true});
}

void note_memory(const Model& model, const hwmodels::Machine& machine, std::vector<ModelNote>& notes) {
  const auto weights = weight_bytes(model);
  core::Bytes cache;
  for (const auto& workload : model.workloads) cache = std::max(cache, cache_bytes(model, workload));
  const auto size = machine.memory_size.value;
  if (weights + cache <= size) return;
  const auto gigabytes = [](core::Bytes bytes) { return fmt::format("{:.0f}", bytes.value * 1e-9); };
  const auto shown = cache.value > 0 ? fmt::format("weights {} + cache {} GB", gigabytes(weights), gigabytes(cache))
                                     : fmt::format("weights {} GB", gigabytes(weights));
  notes.push_back({fmt::format("{} exceed the {} GB of one {}: times as if they fit", shown, gigabytes(size), machine.name), true});
}

}  // namespace

std::vector<ModelNote> model_notes(const Model& model, const hwmodels::Machine& machine) {
  std::vector<ModelNote> notes;
  note_layers(model, notes);
  note_indexer(model, notes);
  note_memory(model, machine, notes);
  if (!model.notes.empty()) notes.push_back({fmt::format("model: {}", fmt::join(model.notes, "; ")), true});
  return notes;
}

}  // namespace spanwise::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/model_size.h"

#include <algorithm>
#include <numeric>

namespace spanwise::sim {
namespace {

double size(std::int64_t count) { return static_cast<double>(count); }

double attention_parameters(const Layer& layer) {
  const auto& a = layer.attention;
  const double hidden = size(layer.hidden_size);
  const double q = size(a.q_heads * a.head_dim);
  const double output = size(a.q_heads * a.head_dim_v) * hidden;
  const double indexer = size(layer.indexer.heads * layer.indexer.head_dim) * (a.latent.q_width > 0 ? size(a.latent.q_width) : hidden) +
                         size(layer.indexer.head_dim + layer.indexer.heads) * hidden;
  if (a.latent.width == 0) return hidden * (q + size(a.kv_heads * (a.head_dim + a.head_dim_v))) + output;
  const double down = hidden * size(a.latent.width + a.latent.rope);
  const double expand = size(a.latent.width) * size(a.q_heads * (a.head_dim - a.latent.rope + a.head_dim_v));
  const double query = a.latent.q_width > 0 ? size(a.latent.q_width) * (hidden + q) : hidden * q;
  return down + expand + query + output + (layer.indexer.heads > 0 ? indexer : 0);
}

double state_parameters(const Layer& layer) {
  const double inner = size(layer.state.heads * layer.state.head_dim);
  return size(layer.hidden_size) * (3 * inner + size(2 * layer.state.groups * layer.state.state_size + layer.state.heads));
}

double ffn_parameters(const Layer& layer) {
  const auto& ffn = layer.ffn;
  const double matrices = ffn.gated ? 3 : 2;
  const double expert = matrices * size(layer.hidden_size) * size(ffn.intermediate_size);
  if (ffn.experts == 0) return expert;
  return size(ffn.experts) * (expert + size(layer.hidden_size)) + matrices * size(layer.hidden_size) * size(ffn.shared_size);
}

double layer_parameters(const Layer& layer) {
  double total = ffn_parameters(layer);
  if (layer.mixing == Mixing::kState) total += state_parameters(layer);
  else if (layer.mixing != Mixing::kNone) total += attention_parameters(layer);
  const double cross = size(layer.cross.heads * layer.cross.head_dim);
  return total + (layer.cross.tokens > 0 ? 2 * cross * size(layer.hidden_size + layer.cross.width) : 0);
}

}  // namespace

double parameter_count(const Model& model) {
  double total = size(model.vocab_size) * size(model.hidden_size) * (model.tied_embeddings ? 1 : 2);
  for (const auto& layer : model.layers) total += layer_parameters(layer);
  return total;
}

core::Bytes weight_bytes(const Model& model) { return {parameter_count(model) * core::bytes_of(model.dtype)}; }

core::Bytes cache_bytes(const Model& model, const Workload& workload) {
  if (!model.attention().causal) return {0};
  auto lengths = workload.lengths;
  if (lengths.empty()) lengths.assign(static_cast<std::size_t>(workload.batch), workload.kv_len);
  double values = 0;
  for (const auto& layer : model.layers) {
    const auto& a = layer.attention;
    if (layer.mixing == Mixing::kState) values += size(workload.batch * layer.state.heads * layer.state.head_dim * layer.state.state_size);
    if (layer.mixing == Mixing::kState || layer.mixing == Mixing::kNone) continue;
    const auto most = layer.mixing == Mixing::kSliding ? layer.window : layer.mixing == Mixing::kBlocks ? patterns::volume(layer.block) : workload.kv_len;
    const auto row = a.latent.width > 0 ? a.latent.width + a.latent.rope : a.kv_heads * (a.head_dim + a.head_dim_v);
    for (const auto length : lengths) values += size(std::min(most, length)) * size(row);
  }
  return {values * core::bytes_of(model.dtype)};
}

}  // namespace spanwise::sim

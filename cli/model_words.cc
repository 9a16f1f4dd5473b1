// SPDX-License-Identifier: Apache-2.0
#include "cli/model_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace spanwise::cli {

reports::Cell count_cell(std::int64_t count) { return {fmt::format("{}", count), static_cast<double>(count)}; }

std::string attention_words(const sim::AttentionSpec& attention) {
  auto words = fmt::format("{}", attention.q_heads);
  if (attention.kv_heads != attention.q_heads) words += fmt::format(" ({} KV)", attention.kv_heads);
  words += fmt::format(" x {}", attention.head_dim);
  if (attention.head_dim_v != attention.head_dim) words += fmt::format(" (values {})", attention.head_dim_v);
  return words;
}

std::string ffn_words(const sim::FeedForward& ffn) {
  return fmt::format("{} {}", ffn.gated ? "gated" : "plain", ffn.intermediate_size);
}

reports::Table layer_table(const sim::Model& model) {
  reports::Table table;
  table.columns = {{"layers", {"layers", "", false}},
                   {"heads", {"heads", "", false}},
                   {"causal", {"causal", "", false}},
                   {"ffn", {"FFN", "", false}}};
  for (std::size_t first = 0, next = 0; first < model.layers.size(); first = next) {
    const auto& layer = model.layers[first];
    for (next = first; next < model.layers.size() && model.layers[next] == layer;) ++next;
    table.rows.push_back({next == first + 1 ? fmt::format("{}", first) : fmt::format("{}-{}", first, next - 1),
                          attention_words(layer.attention), layer.attention.causal ? "yes" : "no", ffn_words(layer.ffn)});
  }
  return table;
}

reports::Table workload_table(const sim::Model& model) {
  reports::Table table;
  table.columns = {{"name", {"workload", "", false}}, {"phase", {"phase", "", false}}, {"batch", {"batch"}},
                   {"q_len", {"queries"}},            {"kv_len", {"keys"}},            {"tokens", {"grid", "", false, 1}},
                   {"steps", {"steps", "", true, 2}}};
  for (const auto& workload : model.workloads) {
    table.rows.push_back({workload.name, workload.phase == patterns::Phase::kPrefill ? "prefill" : "decode", count_cell(workload.batch),
                          count_cell(workload.q_len), count_cell(workload.kv_len), fmt::format("{}", fmt::join(workload.grid(), "x")),
                          count_cell(workload.steps)});
  }
  return table;
}

}  // namespace spanwise::cli

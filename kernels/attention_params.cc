// SPDX-License-Identifier: Apache-2.0
#include "kernels/attention_params.h"

#include <fmt/core.h>

#include <variant>

#include "core/documents/map_reader.h"
#include "kernels/inputs.h"

namespace spanwise::kernels {
namespace {

const std::string kListsBy[] = {"case", "kv_head", "head"};  // in the order of ListsBy

bool draws_blocks(const patterns::Pattern& pattern) {
  const auto* mask = std::get_if<patterns::BlockMask>(&pattern);
  return mask != nullptr && mask->random.has_value();
}

}  // namespace

core::Result<AttentionParams> attention_params(const patterns::Case& shape) {
  const auto document = documents::parse_json(shape.params, "params");
  if (!document) return document.error();
  documents::Context context("params");
  documents::MapReader map(document->root, context, "params");
  AttentionParams params;
  params.sink_logits = map.boolean_or("sink_logits", false);
  params.lists = static_cast<ListsBy>(map.choice_or("lists", kListsBy, 0));
  map.finish();
  if (!context.ok()) return context.take();
  return params;
}

std::string unsupported_params(const patterns::Case& shape) {
  const auto params = attention_params(shape);
  if (!params) {
    const auto& error = params.error().front();
    return error.hint.empty() ? error.message : fmt::format("{} ({})", error.message, error.hint);
  }
  if (params->lists != ListsBy::kCase && !draws_blocks(shape.pattern)) {
    return "lists by head are drawn for a block_mask with `random`, no other pattern";
  }
  return {};
}

std::vector<float> make_sink_logits(const patterns::Case& shape) {
  std::vector<float> logits;
  const auto params = attention_params(shape);
  if (!params || !params->sink_logits) return logits;
  logits.resize(static_cast<std::size_t>(shape.q_heads));
  fill_normal(shape.seed, Tensor::kSinkLogits, 0, logits);
  return logits;
}

std::vector<patterns::Case> cases_by_list(const patterns::Case& shape) {
  const auto params = attention_params(shape);
  if (!params || params->lists == ListsBy::kCase || !draws_blocks(shape.pattern)) return {shape};
  const auto heads = params->lists == ListsBy::kHead ? shape.q_heads : shape.kv_heads;
  std::vector<patterns::Case> cases(static_cast<std::size_t>(shape.batch * heads), shape);
  for (std::size_t i = 0; i < cases.size(); ++i) std::get<patterns::BlockMask>(cases[i].pattern).random->seed += i;
  return cases;
}

}  // namespace spanwise::kernels

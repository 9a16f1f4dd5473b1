// SPDX-License-Identifier: Apache-2.0
// What attention takes in the `params` of a case, and the inputs that follow from it (docs/formats.md, "Case").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "patterns/case.h"

namespace spanwise::kernels {

// Who shares a list of blocks.
enum class ListsBy { kCase, kKvHead, kHead };

struct AttentionParams {
  // A logit a query head that takes a share of every row's weights but has no value (gpt-oss).
  bool sink_logits = false;
  // Random block masks alone: a list drawn anew for each (sequence, head), the i-th with the pattern's seed + i.
  ListsBy lists = ListsBy::kCase;
};

// Errors name the parameter and what is allowed.
core::Result<AttentionParams> attention_params(const patterns::Case& shape);

// Why attention cannot run with the case's params; empty when it can.
std::string unsupported_params(const patterns::Case& shape);

// [q_heads], in units of scaled scores, from the case's seed; empty when it asks for none.
std::vector<float> make_sink_logits(const patterns::Case& shape);

// The case with each of its lists: one for all heads, or one for each of batch * kv_heads or batch * q_heads.
std::vector<patterns::Case> cases_by_list(const patterns::Case& shape);

// Which of the `lists` lists the query head, counted over the sequences, reads.
inline std::size_t list_of_head(const patterns::Case& shape, std::size_t lists, std::int64_t q_head) {
  const auto heads = static_cast<std::size_t>(shape.batch * shape.q_heads);
  return static_cast<std::size_t>(q_head) / (heads / lists);
}

}  // namespace spanwise::kernels

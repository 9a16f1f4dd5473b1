// SPDX-License-Identifier: Apache-2.0
#include "kernels/sequences.h"

#include <fmt/core.h>

namespace spanwise::kernels {

std::vector<patterns::Case> sequences_of(const patterns::Case& shape) {
  if (!is_ragged(shape)) return {shape};
  std::vector<patterns::Case> sequences;
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape.batch); ++i) {
    auto& sequence = sequences.emplace_back(shape);
    sequence.batch = 1;
    if (!shape.q_lens.empty()) sequence.q_len = shape.q_lens[i];
    if (!shape.kv_lens.empty()) sequence.kv_len = shape.kv_lens[i];
    sequence.q_lens.clear();
    sequence.kv_lens.clear();
    sequence.seed = shape.seed + i;
  }
  return sequences;
}

std::string unsupported_batch(const patterns::Case& shape) {
  if (!is_ragged(shape)) return {};
  if (!shape.tokens.empty()) return "ragged batches have no token grid";
  const auto batch = static_cast<std::size_t>(shape.batch);
  if ((!shape.q_lens.empty() && shape.q_lens.size() != batch) ||
      (!shape.kv_lens.empty() && shape.kv_lens.size() != batch)) {
    return fmt::format("ragged batches need a length for each of {} sequences", batch);
  }
  return {};
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// Ragged batches: a case with q_lens or kv_lens is one case for each of its sequences.
#pragma once

#include <string>
#include <vector>

#include "patterns/case.h"

namespace spanwise::kernels {

inline bool is_ragged(const patterns::Case& shape) { return !shape.q_lens.empty() || !shape.kv_lens.empty(); }

// The case itself or, of a ragged batch, one for each sequence, whose inputs are made from seed + its index.
std::vector<patterns::Case> sequences_of(const patterns::Case& shape);

// Why the batch cannot be cut into sequences; empty when it can.
std::string unsupported_batch(const patterns::Case& shape);

}  // namespace spanwise::kernels

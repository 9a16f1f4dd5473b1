// SPDX-License-Identifier: Apache-2.0
// What a content-dependent pattern pays before attention: its selector as a chain of operators, and its time.
#pragma once

#include <vector>

#include "core/units.h"
#include "hwmodels/machine.h"
#include "patterns/case.h"
#include "patterns/operator_case.h"

namespace spanwise::sim {

// The operators (patterns/operator_case.h) that pick what `attention` sees, in order; empty where that is known beforehand.
// How selectors work that papers describe and patterns do not say is assumed:
//   routed      keys are pooled by unit (in a decode that was done when they were written), queries by q_block, a product a pair and
//               head, top-k (MoBA, SeerAttention, NSA). Units of one token take an indexer of one head dim of 128 with 64 query heads
//               in the narrowest format of the machine where a layer shares the selection (DeepSeek-V3.2), else the model's own
//               heads. Clusters: every key is assigned to the nearest centroid, centroids are scored.
//   pyramid     as routed, over its blocks
//   vertical_slash  the last 64 queries against all keys, softmax, top-k of columns and diagonals (MInference)
//   union       the sum of its parts; reuse: nothing
// Reordering of tokens is not among them: attention_time.h prices it.
std::vector<patterns::Case> selection_steps(const patterns::Case& attention, const hwmodels::Machine& machine);

// One operator of a selector by its constants on the machine, or assumed shares (gemm_share, stream_share) without.
core::Seconds operator_seconds(const patterns::Case& shape, const hwmodels::Machine& machine);

// The sum over selection_steps().
core::Seconds selection_seconds(const patterns::Case& attention, const hwmodels::Machine& machine);

}  // namespace spanwise::sim

// SPDX-License-Identifier: Apache-2.0
// The price of attention under a whole workload: all its passes.
#pragma once

#include <vector>

#include "core/result.h"
#include "sim/kernel_choice.h"
#include "sim/model.h"

namespace spanwise::sim {

// One launch of `kv_heads` KV heads and their query heads in a pass of the workload. Latent attention takes the form that
// engines run: expanded in prefill, absorbed in decode.
patterns::Case attention_case(const AttentionSpec& attention, core::DType dtype, const Workload& workload, const Pass& pass,
                              const patterns::Pattern& rule, std::int64_t kv_heads);

// The choice for the last pass, its estimate replaced by the sum over all passes, selectors included (selection.h); each pass takes its fastest kernel,
// or `kernel` when that is not empty.
core::Result<Choice> price_passes(const AttentionSpec& attention, core::DType dtype, const Workload& workload,
                                  const patterns::Pattern& rule, std::int64_t kv_heads, const std::string& kernel, const Pricing& pricing);

// What no plan changes: for every layer of the model the attention time under the workload of windows and boxes that it
// was trained with, and of cross attention; 0 for layers that are planned.
core::Result<std::vector<core::Seconds>> unplanned_attention(const Model& model, const Workload& workload, const Pricing& pricing);

}  // namespace spanwise::sim

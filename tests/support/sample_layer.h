// SPDX-License-Identifier: Apache-2.0
// A transformer layer with full attention and a gated feed-forward block.
#pragma once

#include "sim/model.h"

namespace spanwise::testing {

inline sim::Layer sample_layer(const sim::AttentionSpec& attention, std::int64_t hidden_size, std::int64_t intermediate_size) {
  sim::Layer layer;
  layer.attention = attention;
  layer.hidden_size = hidden_size;
  layer.ffn.gated = true;
  layer.ffn.intermediate_size = intermediate_size;
  return layer;
}

}  // namespace spanwise::testing

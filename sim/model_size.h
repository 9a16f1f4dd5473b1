// SPDX-License-Identifier: Apache-2.0
// What a model takes in memory.
#pragma once

#include "core/units.h"
#include "sim/model.h"

namespace spanwise::sim {

// Weights of matrices and embeddings; norms, biases, convolutions and patch embeddings are left out (below 1 %).
double parameter_count(const Model& model);

// Bytes of the weights, all experts included.
core::Bytes weight_bytes(const Model& model);

// Keys and values of every sequence of a causal model (of windows, the window; latents as they are cached) and the states
// of state space layers. 0 for models that keep nothing.
core::Bytes cache_bytes(const Model& model, const Workload& workload);

}  // namespace spanwise::sim

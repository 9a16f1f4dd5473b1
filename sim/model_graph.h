// SPDX-License-Identifier: Apache-2.0
// The whole model as a graph of operators; its critical path is the model's time.
#pragma once

#include <map>
#include <vector>

#include "sim/model.h"
#include "sim/operators.h"

namespace spanwise::sim {

struct ModelTime {
  core::Seconds total;                         // of the workload (one step of a diffusion model)
  std::map<OperatorKind, core::Seconds> parts;  // of the operators on the critical path; they add up to total
};

// `attention` holds the attention time of every layer under the workload: planned, or as in pass_price.h. The machine must
// have a matrix rate for the model's dtype.
ModelTime model_time(const Model& model, const Workload& workload, const hwmodels::Machine& machine,
                     const std::vector<core::Seconds>& attention);

}  // namespace spanwise::sim

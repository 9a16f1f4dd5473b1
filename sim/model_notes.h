// SPDX-License-Identifier: Apache-2.0
// What a reader of a plan must know about the model on this machine: layers that are not planned, memory that is missing.
#pragma once

#include <string>
#include <vector>

#include "hwmodels/machine.h"
#include "sim/model.h"

namespace spanwise::sim {

struct ModelNote {
  std::string text;  // one short sentence, without a full stop
  bool weighty = true;  // belongs on the first screen
};

std::vector<ModelNote> model_notes(const Model& model, const hwmodels::Machine& machine);

}  // namespace spanwise::sim

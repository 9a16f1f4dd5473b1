// SPDX-License-Identifier: Apache-2.0
// Reading and writing corrections: two lines of settings, then a line a knot.
#pragma once

#include <string>

#include "core/documents/map_reader.h"
#include "hwmodels/correction.h"

namespace spanwise::hwmodels {

Correction read_correction(const documents::Node& node, documents::Context& context);

// Indented as an item of a kernel's `corrections`.
std::string to_yaml(const Correction& correction);

}  // namespace spanwise::hwmodels

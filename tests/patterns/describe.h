// SPDX-License-Identifier: Apache-2.0
// Requests and counts as one line of text: two counts are equal exactly when their texts are.
#pragma once

#include <string>

#include "patterns/case.h"
#include "patterns/tile_count.h"

namespace spanwise::oracle {

std::string describe(const patterns::CountRequest& request);
std::string describe(const patterns::Case& shape);
std::string describe(const patterns::TileCounts& counts);

}  // namespace spanwise::oracle

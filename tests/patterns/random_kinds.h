// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "patterns/pattern.h"
#include "random_cases.h"

namespace spanwise::oracle {

// Any kind that is neither dense, a window nor a neighborhood and whose pairs are determined, fit for the grid.
patterns::Pattern random_listed_pattern(Dice& dice, const patterns::Lengths& grid);

}  // namespace spanwise::oracle

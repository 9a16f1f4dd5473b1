// SPDX-License-Identifier: Apache-2.0
// What a choice costs that nobody may take, in the search and in the checker.
#pragma once

#include <limits>

namespace spanwise::tuner {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace spanwise::tuner

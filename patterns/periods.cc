// SPDX-License-Identifier: Apache-2.0
#include "patterns/periods.h"

#include <utility>

namespace spanwise::patterns {

core::Count common_multiple(core::Count a, core::Count b) {
  core::Count x = a, y = b;  // Euclid; std::gcd does not take 128 bits
  while (y != 0) x = std::exchange(y, x % y);
  return core::saturating_multiply(a / x, b);
}

}  // namespace spanwise::patterns

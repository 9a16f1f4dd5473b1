// SPDX-License-Identifier: Apache-2.0
#include "core/int128.h"

#include <algorithm>

namespace spanwise::core {

std::string to_string(Count value) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Count saturating_multiply(Count a, Count b) {
  Count product = 0;
  return __builtin_mul_overflow(a, b, &product) ? ~Count{0} : product;
}

}  // namespace spanwise::core

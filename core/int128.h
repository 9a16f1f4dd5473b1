// SPDX-License-Identifier: Apache-2.0
// Exact counts: pairs of a long sequence exceed 64 bits. Counts are never negative.
#pragma once

#include <cstdint>
#include <string>

namespace spanwise::core {

__extension__ typedef unsigned __int128 Count;

std::string to_string(Count value);

// a * b, or the largest Count when the product does not fit.
Count saturating_multiply(Count a, Count b);

inline double to_double(Count value) { return static_cast<double>(value); }

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace spanwise::core

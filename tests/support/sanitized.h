// SPDX-License-Identifier: Apache-2.0
// How much a test does: under a sanitizer the float64 and brute-force oracles take ten times as long.
#pragma once

#include <cstdint>

namespace spanwise::testing {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// A tenth of the usual number of random cases under a sanitizer.
constexpr std::uint64_t random_cases(std::uint64_t usual) { return kSanitized ? (usual + 9) / 10 : usual; }

}  // namespace spanwise::testing

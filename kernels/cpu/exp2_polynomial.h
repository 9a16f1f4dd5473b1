// SPDX-License-Identifier: Apache-2.0
// 2^x = 2^n * 2^f with n the nearest integer and f in [-1/2, 1/2]; 2^f by a polynomial with value 1 at 0 that has
// the least relative error (Remez exchange on (p(f) - 2^f) / 2^f).
#pragma once

namespace spanwise::kernels {

// Degree 5, relative error 9.2e-8: for weights that stay fp32.
inline constexpr float kExp2Coefficients[5] = {0x1.62e42ap-1f, 0x1.ebf9bcp-3f, 0x1.c6b752p-5f, 0x1.3cea88p-7f,
                                               0x1.5bba16p-10f};

// Degree 3, relative error 1.02e-4: for weights that are rounded to bf16 (2e-3).
inline constexpr float kShortExp2Coefficients[3] = {0x1.62f5fep-1f, 0x1.f00c5ap-3f, 0x1.c2a0bep-5f};

// Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits of the sum.
inline constexpr float kRoundShift = 12582912.0f;

// Below this the result is 0: beside a largest weight of 1, 2^-100 is nothing, and no subnormal number ever
// appears.
inline constexpr float kExp2Floor = -100.0f;

}  // namespace spanwise::kernels

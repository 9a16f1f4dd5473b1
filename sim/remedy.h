// SPDX-License-Identifier: Apache-2.0
// Which nearby pattern a kernel would tile with less waste.
#pragma once

#include <optional>
#include <string>

#include "sim/kernel_choice.h"

namespace spanwise::sim {

// Shares of the visited tile area that hold no visible pair, and of the visited tiles that need a mask.
double wasted_area(const Choice& choice);
double partial_share(const Choice& choice);

struct Remedy {
  std::string words;  // "stride 16x8x8", "a window in blocks of 128"
  Choice choice;
};

// Of a neighborhood, strides of one, two or four of the kernel's query tiles (arXiv 2504.16922: strides of whole tiles make a neighborhood block
// sparse); of a window, whole tiles of keys. Nothing for other patterns, and where it saves neither mask nor time.
std::optional<Remedy> tile_remedy(const Choice& sparse, const Pricing& pricing);

}  // namespace spanwise::sim

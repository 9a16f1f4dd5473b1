// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hwmodels/machine.h"
#include "sim/tile_work.h"

namespace spanwise::sim {

// One kernel with one tile choice on one machine, ready to be priced.
struct PricedKernel {
  const hwmodels::KernelModel* kernel = nullptr;
  const hwmodels::KernelConstants* constants = nullptr;
  const hwmodels::Machine* machine = nullptr;
  TileWork work;
};

}  // namespace spanwise::sim

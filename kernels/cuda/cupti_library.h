// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/shared_library.h"

namespace spanwise::kernels {

// CUPTI, or null where it is not found. Opened once.
const SharedLibrary* cupti_library();

}  // namespace spanwise::kernels

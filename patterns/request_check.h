// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// Everything that can be wrong with a request, before anything is counted.
core::Status check_request(const CountRequest& request);

// The box of queries and its first token, with their defaults filled in.
Lengths query_box(const CountRequest& request);
Lengths query_offset(const CountRequest& request);

}  // namespace spanwise::patterns

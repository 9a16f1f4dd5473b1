// SPDX-License-Identifier: Apache-2.0
// What Linux says about this processor and its memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

DeviceFacts read_cpu_facts(std::string_view isa);

// Bytes of memory that can be taken without swapping; 0 when unknown.
std::int64_t available_memory();

// 16 hex digits: the fingerprint of this program's own file; empty when it cannot be read.
std::string own_fingerprint();

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// What the attention kernels can run, and what it needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/int128.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

inline constexpr core::DType kCpuDtypes[] = {core::DType::kFp32, core::DType::kBf16, core::DType::kFp16};

// "spanwise-cpu-bf16"
std::string cpu_kernel_name(core::DType dtype);

// Why the kernel cannot run the request; empty when it can.
std::string unsupported_reason(const Request& request);

// The fastest operations within the limit of `isa` (empty: none) that can read the case's pages.
const TileOps& attention_ops(const patterns::Case& shape, std::string_view isa);

// Bytes that the case needs without its plan: inputs, outputs and, where asked for, what the check holds.
core::Count memory_needed(const Request& request, const TileOps& ops);

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// Number formats of tensors.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace spanwise::core {

enum class DType { kFp32, kBf16, kFp16, kFp8 };

std::string_view name(DType dtype);
std::span<const std::string> dtype_names();
DType dtype_from_name(std::string_view name);  // the name must be one of dtype_names()
int bytes_of(DType dtype);

}  // namespace spanwise::core

// SPDX-License-Identifier: Apache-2.0
#include "core/dtype.h"

#include <algorithm>
#include <array>

#include "core/result.h"

namespace spanwise::core {
namespace {
const std::array<std::string, 4> kDTypeNames = {"fp32", "bf16", "fp16", "fp8"};
constexpr std::array<int, 4> kBytes = {4, 2, 2, 1};
}  // namespace

std::string_view name(DType dtype) { return kDTypeNames.at(static_cast<std::size_t>(dtype)); }

std::span<const std::string> dtype_names() { return kDTypeNames; }

DType dtype_from_name(std::string_view name) {
  const auto found = std::find(kDTypeNames.begin(), kDTypeNames.end(), name);
  ensure(found != kDTypeNames.end(), "dtype_from_name: unknown name");
  return static_cast<DType>(found - kDTypeNames.begin());
}

int bytes_of(DType dtype) { return kBytes.at(static_cast<std::size_t>(dtype)); }

}  // namespace spanwise::core

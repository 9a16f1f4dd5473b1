// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace spanwise::core {

// SHA-256 in lower-case hex, the same as `sha256sum` prints: users can check a plan's tables without Spanwise.
std::string sha256(std::string_view data);

}  // namespace spanwise::core

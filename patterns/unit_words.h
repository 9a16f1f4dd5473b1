// SPDX-License-Identifier: Apache-2.0
// The words of routed patterns.
#pragma once

#include <array>
#include <span>
#include <string>

namespace spanwise::patterns {

// In the order of Unit.
inline std::span<const std::string> unit_words() {
  static const std::array<std::string, 6> kWords = {"token", "page", "block", "region", "cluster", "span"};
  return kWords;
}

// In the order of SharedBy.
inline std::span<const std::string> sharing_words() {
  static const std::array<std::string, 3> kWords = {"head", "group", "layer"};
  return kWords;
}

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
#include "core/random.h"

#include <cstddef>

namespace spanwise::core {

std::uint64_t fingerprint(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3ull;
  return hash;
}

}  // namespace spanwise::core

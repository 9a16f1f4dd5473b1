// SPDX-License-Identifier: Apache-2.0
#include "core/provenance.h"

#include <algorithm>
#include <array>

#include "core/result.h"

namespace spanwise::core {
namespace {
const std::array<std::string, 6> kNames = {"measured",  "fitted",  "datasheet",
                                           "published", "assumed", "extrapolated"};
}  // namespace

std::string_view name(Basis basis) { return kNames.at(static_cast<std::size_t>(basis)); }

std::span<const std::string> basis_names() { return kNames; }

Basis basis_from_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  ensure(found != kNames.end(), "basis_from_name: unknown name");
  return static_cast<Basis>(found - kNames.begin());
}

}  // namespace spanwise::core

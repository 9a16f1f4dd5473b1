// SPDX-License-Identifier: Apache-2.0
#include "core/provenance.h"

#include <algorithm>
#include <array>

#include "core/result.h"

namespace spanwise::core {
namespace {
const std::array<std::string, 6> kBasisNames = {"measured",  "fitted",  "datasheet",
                                           "published", "assumed", "extrapolated"};
}  // namespace

std::string_view name(Basis basis) { return kBasisNames.at(static_cast<std::size_t>(basis)); }

std::span<const std::string> basis_names() { return kBasisNames; }

Basis basis_from_name(std::string_view name) {
  const auto found = std::find(kBasisNames.begin(), kBasisNames.end(), name);
  ensure(found != kBasisNames.end(), "basis_from_name: unknown name");
  return static_cast<Basis>(found - kBasisNames.begin());
}

}  // namespace spanwise::core

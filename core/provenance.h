// SPDX-License-Identifier: Apache-2.0
// Every number knows where it comes from.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace spanwise::core {

// From the firmest to the weakest; a number made from several takes the weakest of them.
enum class Basis { kMeasured, kFitted, kDatasheet, kPublished, kAssumed, kExtrapolated };

std::string_view name(Basis basis);
std::span<const std::string> basis_names();
Basis basis_from_name(std::string_view name);  // the name must be one of basis_names()

inline Basis weaker(Basis a, Basis b) { return a < b ? b : a; }

struct Provenance {
  Basis basis = Basis::kAssumed;
  std::string source;  // where the reader can look it up: a document, a table, a date and a device
};

}  // namespace spanwise::core

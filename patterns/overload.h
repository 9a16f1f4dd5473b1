// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spanwise::patterns {

// For std::visit: calls the overload that fits the pattern's kind.
template <class... Calls>
struct Overload : Calls... {
  using Calls::operator()...;
};
template <class... Calls>
Overload(Calls...) -> Overload<Calls...>;

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
#include "kernels/runner/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "core/suggest.h"

namespace spanwise::kernels {
namespace {

const std::array<std::string, 4> kKinds = {"crash", "hang", "wrong", "garbage"};

}  // namespace

core::Result<InjectedFault> parse_fault(std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = std::find(kKinds.begin(), kKinds.end(), text.substr(0, colon));
  if (kind == kKinds.end()) {
    return core::fail(core::Fault::kInput, fmt::format("unknown fault '{}'", text),
                      core::suggestion(text.substr(0, colon), kKinds));
  }
  InjectedFault fault{static_cast<InjectedFault::Kind>(kind - kKinds.begin()), 0};
  const auto number = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), fault.request);
  if (error != std::errc{} || rest != number.data() + number.size() || fault.request < 1) {
    return core::fail(core::Fault::kInput, fmt::format("'{}' does not say which request fails", text),
                      fmt::format("such as {}:1", *kind));
  }
  return fault;
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// Diagnostics in one line, so that tables of tests stay readable.
#pragma once

#include <fmt/format.h>

#include "core/result.h"

namespace spanwise {

inline std::string brief(const core::Diagnostic& d) {
  return fmt::format("{}:{} {}", d.place.line, d.place.column, d.message);
}

// "line:column message" of every diagnostic, one a line; "good" for a value.
template <class T>
std::string brief(const core::Result<T>& result) {
  if (result) return "good";
  std::string text;
  for (const auto& d : result.error()) text += (text.empty() ? "" : "\n") + brief(d);
  return text;
}

}  // namespace spanwise

// SPDX-License-Identifier: Apache-2.0
// The catalogue of pattern kinds: what `spanwise list patterns` and `spanwise show` explain.
#pragma once

#include <span>
#include <string_view>

namespace spanwise::patterns {

struct ParameterInfo {
  std::string_view name;
  std::string_view type;      // "integer", "lengths", "truth value", "list", "pattern", ...
  std::string_view unit;      // "tokens", "blocks", ...; empty where there is none
  std::string_view meaning;   // one sentence without a full stop
  std::string_view fallback;  // what absence means; "required" if it must be there
};

struct KindInfo {
  std::string_view name;
  std::string_view summary;  // one sentence without a full stop
  std::string_view source;   // who defined it, and systems that it expresses
  std::span<const ParameterInfo> parameters;
  std::string_view example;  // a pattern that parse_pattern() reads and that fits `layout`
  std::string_view layout;   // a small layout to draw the example on, such as "256" or "16x16"
};

// In the order in which they are explained.
std::span<const KindInfo> kinds();

// Nothing when there is no kind of that name.
const KindInfo* find_kind(std::string_view name);

}  // namespace spanwise::patterns

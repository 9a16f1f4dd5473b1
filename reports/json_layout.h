// SPDX-License-Identifier: Apache-2.0
// JSON that people can read and diff.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace spanwise::reports {

// What fits in 110 columns stays on one line, as do lists of plain values; the rest is indented by one space
// a level. Bytes that are not UTF-8 become U+FFFD. Ends with a newline.
std::string lay_out(const nlohmann::ordered_json& json);

// The value of a JSON text, or the text itself as a string when it is not JSON or nests deeper than 16 levels
// (the library's writer recurses).
nlohmann::ordered_json read_small_json(std::string_view text);

}  // namespace spanwise::reports

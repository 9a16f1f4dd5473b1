// SPDX-License-Identifier: Apache-2.0
// What people meant when the YAML parser gave up. The parser stops where it can go no further, often a line
// or more after the mistake, and says "illegal map value"; this looks at the text again and names the mistake
// at its own place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace spanwise::documents {

struct YamlMistake {
  std::size_t offset = 0;  // bytes
  std::string message;
  std::string hint;
};

// `offset` and `parser_message` as yaml-cpp's exception has them.
YamlMistake explain_yaml_error(std::string_view text, std::size_t offset, std::string_view parser_message);

// The rules that the parser does not know: a quoted text ends in the line where it starts, and so does a
// plain one
// (`value` is what the parser made of it). Long texts are written with '|' or '>'. Nothing when they hold.
std::optional<YamlMistake> check_quoted_text(std::string_view text, std::size_t offset);
std::optional<YamlMistake> check_plain_text(std::string_view text, std::size_t offset,
                                            std::string_view value);

// A key of `size` bytes at `offset` that no ':' follows.
YamlMistake explain_missing_colon(std::string_view text, std::size_t offset, std::size_t size);

// A list or map where a key was expected: nearly always a bracket that is not closed.
YamlMistake explain_bracket_key(std::string_view text, std::size_t offset);

}  // namespace spanwise::documents

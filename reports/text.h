// SPDX-License-Identifier: Apache-2.0
// Text that came from elsewhere, made fit for an output, and broken into lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spanwise::reports {

// For terminals: one '?' for each character outside printable ASCII (so escape sequences lose their power), a
// space for tabs and line breaks.
std::string ascii_only(std::string_view text);

// For HTML: well-formed UTF-8, with U+FFFD in place of broken bytes and of the control characters that HTML
// forbids.
std::string printable_utf8(std::string_view text);

// At most `width` characters of UTF-8; what is cut off is shown by "...".
std::string shorten(std::string_view text, std::size_t width);

// The rest takes ASCII, one column a character.

// At most `width` columns; what is cut off is shown by "...".
std::string cut(std::string_view text, std::size_t width);

// Lines of at most `width` (at least 1) columns, the first of at most `first_width`, broken at spaces; a word
// longer than a line is broken where the line ends. Runs of spaces become one.
std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t first_width);
inline std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  return wrap(text, width, width);
}

// The same for a shell command: broken between arguments with a backslash at the end of the line, so that the
// text can still be copied into a shell. An argument longer than a line is cut.
std::vector<std::string> wrap_command(std::string_view command, std::size_t width);

// "1 layer", "32 layers".
std::string counted(long long count, std::string_view noun);

}  // namespace spanwise::reports

// SPDX-License-Identifier: Apache-2.0
#include "core/documents/text_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/documents/place_finder.h"

namespace spanwise::documents {
namespace {

// The offset of the first forbidden control character, or npos.
std::size_t first_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != 0x7f) continue;
    const bool line_end = byte == '\n' || (byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n');
    if (byte != '\t' && !line_end) return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t first_invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return i;
    }
    const unsigned second = byte(i + 1);
    const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    const bool surrogate = lead == 0xed && second > 0x9f;
    const bool too_large = lead == 0xf4 && second > 0x8f;
    if (overlong || surrogate || too_large) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

void check_text(std::string_view text, const Limits& limits, TreeBuilder& builder) {
  if (text.size() > limits.max_bytes)
    builder.stop(0, 0, fmt::format("file is larger than {} bytes", limits.max_bytes), "is it the file that you meant?");
  const auto bad = first_invalid_utf8(text);
  const auto control = first_control(text.substr(0, bad));
  const auto first = std::min(bad, control);
  if (first == std::string_view::npos) return;
  const auto place = PlaceFinder(text).at(first);
  if (first == bad) builder.stop(place.line, place.column, "invalid UTF-8", "save the file as UTF-8");
  if (text[first] == '\0') builder.stop(place.line, place.column, "a NUL byte is not allowed", "is it a text file, saved as UTF-8?");
  if (text[first] == '\r') {
    builder.stop(place.line, place.column, "a carriage return without a line feed is not allowed",
                 "end lines with \\n or \\r\\n");
  }
  builder.stop(
      place.line, place.column,
      fmt::format("the control character U+{:04X} is not allowed", static_cast<unsigned char>(text[first])),
      "remove it");
}

}  // namespace spanwise::documents

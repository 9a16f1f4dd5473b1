// SPDX-License-Identifier: Apache-2.0
#include "core/documents/place_finder.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

namespace spanwise::documents {
namespace {

// From the start each time, by counting the letters of the last line.
LineColumn count_from_start(const std::string& text, std::size_t offset) {
  LineColumn place;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < offset; ++i) {
    if (text[i] != '\n') continue;
    ++place.line;
    line_start = i + 1;
  }
  for (std::size_t i = line_start; i < offset; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80 || byte >= 0xc0) ++place.column;
  }
  return place;
}

TEST_CASE("places are right in any order of asking") {
  CHECK(rc::check([](const std::vector<std::uint8_t>& letters, const std::vector<std::uint16_t>& jumps) {
    static const char* const kPieces[] = {"a", "\n", "\xc3\xa9", "\xf0\x9f\x98\x80", "\t", "\r\n", " ", ":"};
    std::string text;
    for (const auto letter : letters) text += kPieces[letter % std::size(kPieces)];
    PlaceFinder finder(text);
    for (const auto jump : jumps) {
      const std::size_t offset = jump % (text.size() + 1);
      const auto got = finder.at(offset);
      const auto want = count_from_start(text, offset);
      RC_ASSERT(got.line == want.line);
      RC_ASSERT(got.column == want.column);
    }
  }));
}

TEST_CASE("offsets beyond the text mean its end") {
  PlaceFinder finder("ab\nc");
  CHECK(finder.at(1000).line == 2);
  CHECK(finder.at(1000).column == 2);
  CHECK(finder.at(0).column == 1);
}

}  // namespace
}  // namespace spanwise::documents

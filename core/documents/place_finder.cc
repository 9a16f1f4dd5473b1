// SPDX-License-Identifier: Apache-2.0
#include "core/documents/place_finder.h"

#include <algorithm>

namespace spanwise::documents {
namespace {

// Whether the byte continues a UTF-8 sequence, so that it is no character of its own.
bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

}  // namespace

LineColumn PlaceFinder::at(std::size_t offset) {
  offset = std::min(offset, text_.size());
  if (offset < offset_) walk_back(offset);
  for (; offset_ < offset; ++offset_) {
    const char byte = text_[offset_];
    if (byte == '\n') {
      ++here_.line;
      here_.column = 1;
    } else if (!continues(byte)) {
      ++here_.column;
    }
  }
  return here_;
}

// To the start of the offset's line.
void PlaceFinder::walk_back(std::size_t offset) {
  const auto newline = offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  for (; offset_ > start; --offset_) here_.line -= text_[offset_ - 1] == '\n' ? 1 : 0;
  here_.column = 1;
}

}  // namespace spanwise::documents

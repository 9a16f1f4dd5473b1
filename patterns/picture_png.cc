// SPDX-License-Identifier: Apache-2.0
// PNG (ISO/IEC 15948) with a palette of three colours; zlib streams with stored blocks, which need no compressor.
#include <algorithm>
#include <array>
#include <string_view>

#include "patterns/tile_picture.h"

namespace spanwise::patterns {
namespace {

void put32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t low = 1, high = 0;
  for (const char byte : bytes) {
    low = (low + static_cast<unsigned char>(byte)) % 65521;
    high = (high + low) % 65521;
  }
  return high << 16 | low;
}

void put_chunk(std::string& out, std::string_view type, std::string_view data) {
  put32(out, static_cast<std::uint32_t>(data.size()));
  const std::string body = std::string(type) + std::string(data);
  out += body;
  put32(out, crc32(body));
}

std::string stored_stream(std::string_view bytes) {
  std::string out = "\x78\x01";
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min<std::size_t>(bytes.size() - at, 0xffff);
    out += static_cast<char>(at + size == bytes.size() ? 1 : 0);
    for (const std::size_t word : {size, ~size}) {
      out += static_cast<char>(word & 0xff);
      out += static_cast<char>(word >> 8 & 0xff);
    }
    out += bytes.substr(at, size);
    at += size;
  }
  put32(out, adler32(bytes));
  return out;
}

}  // namespace

std::string picture_png(const TilePicture& picture) {
  constexpr std::int64_t kSide = 512;
  const std::int64_t scale = std::max<std::int64_t>(1, kSide / std::max(picture.q_tiles, picture.kv_tiles));
  std::string header;
  put32(header, static_cast<std::uint32_t>(picture.kv_tiles * scale));
  put32(header, static_cast<std::uint32_t>(picture.q_tiles * scale));
  header += std::string("\x08\x03\x00\x00\x00", 5);  // 8 bits, palette, no interlacing
  std::string rows;
  for (std::int64_t row = 0; row < picture.q_tiles; ++row) {
    std::string line(1, '\0');  // no filter
    for (std::int64_t column = 0; column < picture.kv_tiles; ++column) {
      line.append(static_cast<std::size_t>(scale), static_cast<char>(picture.at(row, column)));
    }
    for (std::int64_t copy = 0; copy < scale; ++copy) rows += line;
  }
  std::string png("\x89PNG\r\n\x1a\n", 8);
  put_chunk(png, "IHDR", header);
  put_chunk(png, "PLTE", std::string("\xf4\xf4\xf2\x8f\xb8\xde\x1f\x5a\x92", 9));
  put_chunk(png, "IDAT", stored_stream(rows));
  put_chunk(png, "IEND", "");
  return png;
}

}  // namespace spanwise::patterns

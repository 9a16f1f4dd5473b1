// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/gathered_chunks.h"

#include <algorithm>
#include <cstring>

namespace spanwise::kernels {
namespace {

// One column of a [words][16] matrix; the words of a null column are 0.
template <class Word>
void copy_column(const std::byte* from, std::int64_t from_column, std::int64_t words, std::byte* to,
                 std::int64_t to_column) {
  auto* target = reinterpret_cast<Word*>(to) + to_column;
  if (from == nullptr) {
    for (std::int64_t i = 0; i < words; ++i) target[i * kChunk] = 0;
    return;
  }
  const auto* source = reinterpret_cast<const Word*>(from) + from_column;
  for (std::int64_t i = 0; i < words; ++i) target[i * kChunk] = source[i * kChunk];
}

// Every second half of a row of 16 pairs.
void copy_halves(const std::byte* from, std::byte* to) {
  const auto* source = reinterpret_cast<const std::uint16_t*>(from);
  auto* target = reinterpret_cast<std::uint16_t*>(to);
  for (int i = 0; i < kPanel; ++i) target[2 * i] = from == nullptr ? std::uint16_t{0} : source[2 * i];
}

const std::byte* chunk_of(const GatherSource& from, std::int32_t position) {
  return position == kNoKey ? nullptr : from.head.chunk(position / kChunk);
}

}  // namespace

void gather_keys(const GatherSource& from, int depth, std::span<const std::int32_t, kChunk> positions, std::byte* to) {
  for (std::int64_t column = 0; column < kChunk; ++column) {
    const std::int32_t position = positions[static_cast<std::size_t>(column)];
    const std::byte* chunk = chunk_of(from, position);
    if (from.form == Form::kPairs) {
      copy_column<std::uint32_t>(chunk, position % kChunk, depth / 2, to, column);
    } else if (from.layout.bytes == 4) {
      copy_column<std::uint32_t>(chunk, position % kChunk, depth, to, column);
    } else {
      copy_column<std::uint16_t>(chunk, position % kChunk, depth, to, column);
    }
  }
}

void gather_values(const GatherSource& from, int panels, std::span<const std::int32_t, kChunk> positions,
                   std::byte* to) {
  const std::int64_t row_bytes = kPanel * from.layout.bytes;
  // Where a key's row begins in a panel: pairs of rows lie side by side.
  const auto row_of = [&](std::int64_t key) {
    return from.form == Form::kRows ? key * row_bytes : key / 2 * 2 * row_bytes + key % 2 * from.layout.bytes;
  };
  for (std::int64_t key = 0; key < kChunk; ++key) {
    const std::int32_t position = positions[static_cast<std::size_t>(key)];
    const std::byte* chunk = chunk_of(from, position);
    for (std::int64_t panel = 0; panel < panels; ++panel) {
      const std::int64_t offset = panel * from.layout.panel * from.layout.bytes;
      const std::byte* source = chunk == nullptr ? nullptr : chunk + offset + row_of(position % kChunk);
      std::byte* target = to + offset + row_of(key);
      if (from.form == Form::kPairs) {
        copy_halves(source, target);
      } else if (source != nullptr) {
        std::memcpy(target, source, static_cast<std::size_t>(row_bytes));
      } else {
        std::memset(target, 0, static_cast<std::size_t>(row_bytes));
      }
    }
  }
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// AMX: products of 16 x 32 by 32 x 16 bf16 tiles. The panels of Form::kPairs are its right-hand tiles as they are:
// 16 pairs by 16 columns. Blocks of 32 x 32 sums, that is two left, two right and four sum tiles.
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "kernels/cpu/tile_ops.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,amx-tile,amx-bf16")
#include "kernels/cpu/bf16_dot_operands.h"

namespace spanwise::kernels {
namespace {

constexpr int kTileRows = 16;
constexpr int kBlockRows = 2 * kTileRows;
constexpr int kDepth = 32;  // bf16 values of a tile's row
constexpr std::ptrdiff_t kRightBytes = 64;  // from one row of a right-hand or sum tile to the next
constexpr std::ptrdiff_t kTileBytes = kTileRows * kRightBytes;
constexpr std::ptrdiff_t kRowBytes = kRowStride * sizeof(float);

// Tiles 0 to 3 are sums, 4 and 5 left, 6 and 7 right; all of 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfig kConfig;

void begin_amx() {
  _tile_loadconfig(&kConfig);
}
void end_amx() {
  _tile_release();
}

// What is brought nearer while a tile is multiplied, a tile each: `coming` from memory, for the strip that comes next,
// `near` into the first-level cache, for the block that comes next: a tile load that waits for the second level takes
// longer than the products. Null: nothing.
struct Ahead {
  const std::byte* coming = nullptr;
  const std::byte* near = nullptr;

  SPANWISE_INLINE void fetch(std::ptrdiff_t offset) const {
    if (coming != nullptr) {
#pragma GCC unroll 16
      for (int line = 0; line < kTileRows; ++line) __builtin_prefetch(coming + offset + line * kRightBytes, 0, 2);
    }
    if (near != nullptr) {
#pragma GCC unroll 16
      for (int line = 0; line < kTileRows; ++line) __builtin_prefetch(near + offset + line * kRightBytes, 0, 3);
    }
  }
};

const std::byte* bytes_of(const void* data) {
  return static_cast<const std::byte*>(data);
}

// Loads of tiles do not tell the compiler what they read: stores before this stay before them.
SPANWISE_INLINE void order_memory() {
  __asm__ volatile("" ::: "memory");
}

// One step of 32 along the summed axis. Rows of the left matrix are kRowBytes apart.
template <int LeftTiles, int RightTiles>
SPANWISE_INLINE void multiply_tiles(const std::byte* left, const std::byte* right0, const std::byte* right1) {
  _tile_loadd(6, right0, kRightBytes);
  _tile_loadd(4, left, kRowBytes);
  _tile_dpbf16ps(0, 4, 6);
  if constexpr (RightTiles == 2) {
    _tile_loadd(7, right1, kRightBytes);
    _tile_dpbf16ps(1, 4, 7);
  }
  if constexpr (LeftTiles == 2) {
    _tile_loadd(5, left + kTileRows * kRowBytes, kRowBytes);
    _tile_dpbf16ps(2, 5, 6);
  }
  if constexpr (LeftTiles == 2 && RightTiles == 2) _tile_dpbf16ps(3, 5, 7);
}

// Scores of 16 or 32 rows with two chunks.
template <int LeftTiles>
SPANWISE_INLINE void score_block(const std::byte* queries, int depth, const Chunk* chunks, const Ahead (&ahead)[2],
                                 float* scores) {
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (LeftTiles == 2) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int k = 0; k < depth; k += kDepth) {
    const std::ptrdiff_t step = k / 2 * kRightBytes;
    multiply_tiles<LeftTiles, 2>(queries + 2 * k, bytes_of(chunks[0].keys) + step, bytes_of(chunks[1].keys) + step);
    ahead[0].fetch(step);
    ahead[1].fetch(step);
  }
  _tile_stored(0, scores, kRowBytes);
  _tile_stored(1, scores + kPanel, kRowBytes);
  if constexpr (LeftTiles == 2) {
    _tile_stored(2, scores + kTileRows * kRowStride, kRowBytes);
    _tile_stored(3, scores + kTileRows * kRowStride + kPanel, kRowBytes);
  }
}

// Rows are rounded up to 16: the buffers have 64 rows, and what stands in the others is never looked at.
void scores_amx(const void* queries, int rows, int depth, std::span<const Chunk> chunks, float* scores) {
  for (std::size_t c = 0; c < chunks.size(); c += 2) {
    for (int row = 0; row < rows; row += kBlockRows) {
      const bool first = row == 0, last = row + kBlockRows >= rows && c + 4 <= chunks.size();
      Ahead ahead[2];
      for (std::size_t i = 0; i < 2; ++i) {
        if (first) ahead[i].coming = bytes_of(chunks[c + i].coming_keys);
        if (last) ahead[i].near = bytes_of(chunks[c + 2 + i].keys);
      }
      const auto* from = bytes_of(queries) + row * kRowBytes;
      float* to = scores + row * kRowStride + c * kChunk;
      if (row + kTileRows < rows) {
        score_block<2>(from, depth, chunks.data() + c, ahead, to);
      } else {
        score_block<1>(from, depth, chunks.data() + c, ahead, to);
      }
    }
  }
}

// Panels of values, `offset` bytes into a chunk's; `next` bytes further those of the next block. Zero: there is none.
struct PanelPlace {
  std::int64_t offset, panel_bytes, next;
  bool first;  // rows: they bring what comes
};

// Adds the product to the sums in memory, which have the form of tiles.
template <int LeftTiles, int RightTiles>
SPANWISE_INLINE void accumulate_block(const float* weights, std::span<const Chunk> chunks, const PanelPlace& place,
                                      float* output) {
  constexpr std::ptrdiff_t kPanelFloats = kQueryTile * kPanel, kTileFloats = kTileRows * kPanel;
  _tile_loadd(0, output, kRightBytes);
  if constexpr (RightTiles == 2) _tile_loadd(1, output + kPanelFloats, kRightBytes);
  if constexpr (LeftTiles == 2) _tile_loadd(2, output + kTileFloats, kRightBytes);
  if constexpr (LeftTiles == 2 && RightTiles == 2) _tile_loadd(3, output + kPanelFloats + kTileFloats, kRightBytes);
  for (std::size_t c = 0; c < chunks.size(); c += 2) {
    const auto* right = bytes_of(chunks[c].values) + place.offset;
    multiply_tiles<LeftTiles, RightTiles>(bytes_of(weights) + c * kChunk * 2, right, right + place.panel_bytes);
    for (int p = 0; p < RightTiles; ++p) {
      Ahead ahead;
      if (place.first) ahead.coming = bytes_of(chunks[c].coming_values) + place.offset;
      if (place.next != 0) ahead.near = right + place.next;
      ahead.fetch(p * place.panel_bytes);
    }
  }
  _tile_stored(0, output, kRightBytes);
  if constexpr (RightTiles == 2) _tile_stored(1, output + kPanelFloats, kRightBytes);
  if constexpr (LeftTiles == 2) _tile_stored(2, output + kTileFloats, kRightBytes);
  if constexpr (LeftTiles == 2 && RightTiles == 2) _tile_stored(3, output + kPanelFloats + kTileFloats, kRightBytes);
}

template <int RightTiles>
void accumulate_panels_amx(const float* weights, int rows, std::span<const Chunk> chunks, PanelPlace place,
                           float* output) {
  const auto next = place.next;
  for (int row = 0; row < rows; row += kBlockRows) {
    place.first = row == 0;
    place.next = row + kBlockRows >= rows ? next : 0;
    const float* from = weights + row * kRowStride;
    float* to = output + row * kPanel;
    if (row + kTileRows < rows) {
      accumulate_block<2, RightTiles>(from, chunks, place, to);
    } else {
      accumulate_block<1, RightTiles>(from, chunks, place, to);
    }
  }
}

// Most strips raise the maximum of few rows: only those are scaled.
void scale_output(int rows, int panels, const float* correction, float* output) {
  for (int row = 0; row < rows; ++row) {
    if (correction[row] == 1.0f) continue;
    const __m512 factor = _mm512_set1_ps(correction[row]);
    for (int panel = 0; panel < panels; ++panel) {
      float* target = output + (panel * kQueryTile + row) * kPanel;
      _mm512_store_ps(target, _mm512_mul_ps(_mm512_load_ps(target), factor));
    }
  }
  order_memory();
}

// The sums go on in fp32 from strip to strip: their rounding is far below that of bf16 weights. Rows are rounded up to
// 16, as in scores_amx().
void accumulate_amx(const float* weights, int rows, std::span<const Chunk> chunks, std::int64_t panel_stride,
                    int panels, const float* correction, float* output) {
  scale_output(rows, panels, correction, output);
  const std::int64_t panel_bytes = 2 * panel_stride;
  int panel = 0;
  for (; panel + 2 <= panels; panel += 2) {
    const PanelPlace place{panel * panel_bytes, panel_bytes, panel + 4 <= panels ? 2 * panel_bytes : 0, true};
    accumulate_panels_amx<2>(weights, rows, chunks, place, output + panel * kQueryTile * kPanel);
  }
  if (panel < panels) {
    const PanelPlace place{panel * panel_bytes, panel_bytes, 0, true};
    accumulate_panels_amx<1>(weights, rows, chunks, place, output + panel * kQueryTile * kPanel);
  }
}

constexpr TileOps amx_ops() {
  TileOps ops = bf16_dot_ops("amx_bf16");
  ops.depth_step = kDepth;
  ops.chunk_step = 2;
  ops.scores = scores_amx;
  ops.accumulate = accumulate_amx;
  ops.begin = begin_amx;
  ops.end = end_amx;
  return ops;
}

constexpr TileOps kAmx[] = {amx_ops()};

}  // namespace
}  // namespace spanwise::kernels
#pragma GCC pop_options

namespace spanwise::kernels {
namespace {

// The processor has AMX with bf16, and the system gave this process the large register state.
bool amx_allowed() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
  if ((d & kAmxBf16) == 0 || (d & kAmxTile) == 0) return false;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

std::span<const TileOps> amx_tile_ops() {
  static const bool runs = !avx512_bf16_tile_ops().empty() && amx_allowed();
  return runs ? std::span<const TileOps>(kAmx) : std::span<const TileOps>();
}

}  // namespace spanwise::kernels

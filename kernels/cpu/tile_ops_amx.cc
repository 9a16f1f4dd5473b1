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
constexpr int kDepth = 32;  // bf16 values of a tile's row
constexpr std::ptrdiff_t kRightBytes = 64;  // from one row of a right-hand tile to the next
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

// Brings what the next block multiplies into the first-level cache: a tile load that waits for the second level takes
// longer than the products.
SPANWISE_INLINE void fetch_near(const void* data, std::ptrdiff_t bytes) {
  const auto* from = static_cast<const char*>(data);
  for (std::ptrdiff_t i = 0; i < bytes; i += 64) __builtin_prefetch(from + i, 0, 3);
}

template <int LeftTiles, int RightTiles>
SPANWISE_INLINE void clear_sums() {
  _tile_zero(0);
  if constexpr (RightTiles == 2) _tile_zero(1);
  if constexpr (LeftTiles == 2) _tile_zero(2);
  if constexpr (LeftTiles == 2 && RightTiles == 2) _tile_zero(3);
}

// One step of 32 along the summed axis. Rows of the left matrix are `stride` bytes apart.
template <int LeftTiles, int RightTiles>
SPANWISE_INLINE void multiply_tiles(const std::byte* left, std::ptrdiff_t stride, const void* right0,
                                    const void* right1) {
  _tile_loadd(6, right0, kRightBytes);
  _tile_loadd(4, left, stride);
  _tile_dpbf16ps(0, 4, 6);
  if constexpr (RightTiles == 2) {
    _tile_loadd(7, right1, kRightBytes);
    _tile_dpbf16ps(1, 4, 7);
  }
  if constexpr (LeftTiles == 2) {
    _tile_loadd(5, left + kTileRows * stride, stride);
    _tile_dpbf16ps(2, 5, 6);
  }
  if constexpr (LeftTiles == 2 && RightTiles == 2) _tile_dpbf16ps(3, 5, 7);
}

template <int LeftTiles, int RightTiles>
SPANWISE_INLINE void store_sums(float* to, std::ptrdiff_t stride) {
  float* below = to + kTileRows * stride / static_cast<std::ptrdiff_t>(sizeof(float));
  _tile_stored(0, to, stride);
  if constexpr (RightTiles == 2) _tile_stored(1, to + kPanel, stride);
  if constexpr (LeftTiles == 2) _tile_stored(2, below, stride);
  if constexpr (LeftTiles == 2 && RightTiles == 2) _tile_stored(3, below + kPanel, stride);
}

template <int LeftTiles, int RightTiles>
SPANWISE_INLINE void score_block(const std::byte* queries, int depth, const Chunk* chunks, float* scores) {
  clear_sums<LeftTiles, RightTiles>();
  for (int k = 0; k < depth; k += kDepth) {
    const std::ptrdiff_t step = k / 2 * kRightBytes;
    const auto* right0 = static_cast<const std::byte*>(chunks[0].keys) + step;
    const auto* right1 = static_cast<const std::byte*>(chunks[RightTiles - 1].keys) + step;
    multiply_tiles<LeftTiles, RightTiles>(queries + 2 * k, kRowBytes, right0, right1);
  }
  store_sums<LeftTiles, RightTiles>(scores, kRowBytes);
}

// Rows are rounded up to 16: the buffers have 64 rows, and what stands in the others is never looked at.
void scores_amx(const void* queries, int rows, int depth, std::span<const Chunk> chunks, float* scores) {
  if (rows <= kDirectRows) return scores_of<Avx512, Bf16DotOperands>(queries, rows, depth, chunks, scores);
  const auto* left = static_cast<const std::byte*>(queries);
  for (std::size_t c = 0; c < chunks.size(); c += 2) {
    for (std::size_t next = c + 2; next < std::min(c + 4, chunks.size()); ++next) {
      fetch_near(chunks[next].keys, std::ptrdiff_t{2} * kChunk * depth);
    }
    for (int row = 0; row < rows; row += 2 * kTileRows) {
      const auto* from = left + row * kRowBytes;
      float* to = scores + row * kRowStride + c * kChunk;
      if (row + kTileRows < rows) {
        score_block<2, 2>(from, depth, chunks.data() + c, to);
      } else {
        score_block<1, 2>(from, depth, chunks.data() + c, to);
      }
    }
  }
}

template <int LeftTiles, int RightTiles>
SPANWISE_INLINE void accumulate_block(const float* weights, int rows, std::span<const Chunk> chunks,
                                      std::int64_t panel_offset, std::int64_t panel_bytes, const float* correction,
                                      float* output) {
  constexpr std::ptrdiff_t kColumns = 2 * kPanel;
  alignas(64) float sums[2 * kTileRows * kColumns];
  clear_sums<LeftTiles, RightTiles>();
  const auto* left = reinterpret_cast<const std::byte*>(weights);
  for (std::size_t c = 0; c < chunks.size(); c += 2) {
    const auto* right = static_cast<const std::byte*>(chunks[c].values) + panel_offset;
    multiply_tiles<LeftTiles, RightTiles>(left + c * kChunk * 2, kRowBytes, right, right + panel_bytes);
  }
  store_sums<LeftTiles, RightTiles>(sums, kColumns * sizeof(float));
  for (int r = 0; r < rows; ++r) {
    const __m512 factor = _mm512_set1_ps(correction[r]);
    for (int p = 0; p < RightTiles; ++p) {
      float* target = output + (p * kQueryTile + r) * kPanel;
      const __m512 sum = _mm512_load_ps(sums + r * kColumns + p * kPanel);
      _mm512_store_ps(target, _mm512_fmadd_ps(_mm512_load_ps(target), factor, sum));
    }
  }
}

template <int RightTiles>
void accumulate_amx_panels(const float* weights, int rows, std::span<const Chunk> chunks, int panel,
                           std::int64_t panel_bytes, const float* correction, float* output) {
  for (int row = 0; row < rows; row += 2 * kTileRows) {
    const int count = std::min(2 * kTileRows, rows - row);
    const float* from = weights + row * kRowStride;
    float* to = output + (panel * kQueryTile + row) * kPanel;
    if (count > kTileRows) {
      accumulate_block<2, RightTiles>(from, count, chunks, panel * panel_bytes, panel_bytes, correction + row, to);
    } else {
      accumulate_block<1, RightTiles>(from, count, chunks, panel * panel_bytes, panel_bytes, correction + row, to);
    }
  }
}

void accumulate_amx(const float* weights, int rows, std::span<const Chunk> chunks, std::int64_t panel_stride,
                    int panels, const float* correction, float* output) {
  if (rows <= kDirectRows) {
    return accumulate_of<Avx512, Bf16DotOperands>(weights, rows, chunks, panel_stride, panels, correction, output);
  }
  const std::int64_t panel_bytes = 2 * panel_stride;
  int panel = 0;
  for (; panel + 2 <= panels; panel += 2) {
    for (std::size_t c = 0; c < chunks.size() && panel + 4 <= panels; ++c) {
      const auto* next = static_cast<const std::byte*>(chunks[c].values) + (panel + 2) * panel_bytes;
      fetch_near(next, 2 * kChunk * kPanel);
      fetch_near(next + panel_bytes, 2 * kChunk * kPanel);
    }
    accumulate_amx_panels<2>(weights, rows, chunks, panel, panel_bytes, correction, output);
  }
  if (panel < panels) accumulate_amx_panels<1>(weights, rows, chunks, panel, panel_bytes, correction, output);
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

// SPDX-License-Identifier: Apache-2.0
// The tile operations over a vector type, for the files of the instruction sets, which include this behind their
// `#pragma GCC target`: everything here is in an unnamed namespace, so that each file has its own copy, compiled
// for its own instructions.
//
// A vector type S gives: V, kLanes, kRows x kPanels (the block whose sums stay in registers), zero, load, store,
// set, load_any and store_any (not aligned), add, sub, mul, fma, fms (a * b - c), max (the second where one is NaN), fraction and
// scale_by_power (the two ends of an exponential), hide, largest and sum of one vector, largest_each and sum_each of four,
// from_bf16, from_fp16.
//
// An operand type B says what is multiplied: Left (queries and weights in memory), Right (K and V in memory) and
// multiply_add of one left word, broadcast, with a vector of right words. Left words have four bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "kernels/cpu/simd_operands.h"
#include "kernels/cpu/simd_softmax.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

// Up to this many rows K and V are widened inside the inner loop; beyond, once for all rows.
constexpr int kDirectRows = 8;

// The sums of Rows x (16 * Panels) products.
template <class S, int Rows, int Panels>
struct Block {
  static constexpr int kVectors = Panels * kPanel / S::kLanes;
  typename S::V sums[Rows][kVectors];

  SPANWISE_INLINE void clear() {
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sums[r][v] = S::zero();
    }
  }

  // sums += rows[r][0, depth) * panels[depth][16]; with Fetch a line of `coming` is asked for with each line of a panel.
  template <class B, bool Fetch>
  SPANWISE_INLINE void multiply(const typename B::Left* rows, std::ptrdiff_t depth,
                                const typename B::Right* const (&panels)[Panels],
                                const typename B::Right* const (&coming)[Panels]) {
    constexpr int kPerPanel = kPanel / S::kLanes;
#pragma GCC unroll 4
    for (std::ptrdiff_t k = 0; k < depth; ++k) {
      decltype(B::right(panels[0])) right[kVectors];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        right[v] = B::right(panels[v / kPerPanel] + k * kPanel + v % kPerPanel * S::kLanes);
        if (Fetch && v % kPerPanel == 0) fetch_line(coming[v / kPerPanel] + k * kPanel);
      }
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const auto left = in_register(B::left(rows + r * kRowStride + k));
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sums[r][v] = B::multiply_add(left, right[v], sums[r][v]);
      }
    }
  }
};

// The block that takes what blocks of Rows rows leave over.
constexpr int fewer_rows(int rows) {
  return rows > 8 ? 8 : rows > 4 ? 4 : rows > 2 ? 2 : 1;
}

// Calls use.template operator()<n, whether it is the first>(row) for blocks of Rows rows, then of ever fewer. Sixteen rows
// are two blocks of eight: blocks of four have too few sums to hide the latency of a multiply-add.
template <int Rows, class Use>
SPANWISE_INLINE void in_row_blocks(int row, int rows, const Use& use) {
  for (; row + Rows <= rows && (Rows <= 8 || rows - row != 16); row += Rows) {
    if (row == 0) {
      use.template operator()<Rows, true>(row);
    } else {
      use.template operator()<Rows, false>(row);
    }
  }
  if constexpr (Rows > 1) {
    if (row < rows) in_row_blocks<fewer_rows(Rows)>(row, rows, use);
  }
}

// Scores of Panels chunks.
template <class S, class B, int Panels>
SPANWISE_INLINE void score_chunks(const typename B::Left* queries, int rows, std::ptrdiff_t depth,
                                  const typename B::Right* const (&panels)[Panels],
                                  const typename B::Right* const (&coming)[Panels], float* scores) {
  in_row_blocks<S::kRows>(0, rows, [&]<int Rows, bool First>(int row) SPANWISE_FLAT {
    Block<S, Rows, Panels> block;
    block.clear();
    block.template multiply<B, First>(queries + row * kRowStride, depth, panels, coming);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
      for (int v = 0; v < block.kVectors; ++v) {
        S::store(scores + (row + r) * kRowStride + v * S::kLanes, block.sums[r][v]);
      }
    }
  });
}

template <class S, class B, int Panels>
SPANWISE_INLINE void score_some(const typename B::Left* queries, int rows, std::ptrdiff_t depth,
                                const Chunk* chunks, float* scores) {
  const typename B::Right *panels[Panels], *coming[Panels];
  for (int p = 0; p < Panels; ++p) {
    panels[p] = static_cast<const typename B::Right*>(chunks[p].keys);
    coming[p] = static_cast<const typename B::Right*>(chunks[p].coming_keys);
  }
  if constexpr (kWidens<B>) {
    if (rows > kDirectRows) {
      alignas(64) float wide[Panels][kMaxHeadDim * kPanel];
      const float *wide_panels[Panels], *none[Panels];
      for (int p = 0; p < Panels; ++p) {
        widen<S, B>(panels[p], coming[p], depth * kPanel, wide[p]);
        wide_panels[p] = none[p] = wide[p];
      }
      return score_chunks<S, typename B::Wide, Panels>(queries, rows, depth, wide_panels, none, scores);
    }
  }
  score_chunks<S, B, Panels>(queries, rows, depth, panels, coming, scores);
}

template <class S, class B>
void scores_of(const void* queries, int rows, int depth, std::span<const Chunk> chunks, float* scores) {
  const auto* left = static_cast<const typename B::Left*>(queries);
  const std::ptrdiff_t words = depth / B::kKeysPerWord;
  std::size_t c = 0;
  for (; c + S::kPanels <= chunks.size(); c += S::kPanels) {
    score_some<S, B, S::kPanels>(left, rows, words, chunks.data() + c, scores + c * kChunk);
  }
  if constexpr (S::kPanels > 1) {
    for (; c < chunks.size(); ++c) score_some<S, B, 1>(left, rows, words, chunks.data() + c, scores + c * kChunk);
  }
}

template <class S>
void mask_of(float* scores, int rows, const std::uint64_t* words, int first_bit) {
  for (int row = 0; row < rows; ++row) {
    auto bits = static_cast<std::uint32_t>(words[row] >> first_bit) & 0xffff;
    if (bits == 0xffff) continue;
    float* score = scores + row * kRowStride;
    for (int column = 0; column < kChunk; column += S::kLanes, bits >>= S::kLanes) {
      S::store(score + column, S::hide(S::load(score + column), bits));
    }
  }
}

// Where the values of one chunk lie, and what to ask memory for meanwhile.
template <class Right>
struct ValuePlace {
  const Right* values;
  const Right* coming;
};

// Panels dimension panels of the output.
template <class S, class B, int Panels>
SPANWISE_INLINE void accumulate_panels(const float* weights, int rows, const ValuePlace<typename B::Right>* places,
                                       std::size_t chunks, std::int64_t panel_stride, const float* correction,
                                       float* output) {
  constexpr std::ptrdiff_t kWords = kChunk / B::kKeysPerWord;
  const auto* left = reinterpret_cast<const typename B::Left*>(weights);
  in_row_blocks<S::kRows>(0, rows, [&]<int Rows, bool First>(int row) SPANWISE_FLAT {
    Block<S, Rows, Panels> block;
    block.clear();
    for (std::size_t c = 0; c < chunks; ++c) {
      const typename B::Right *panels[Panels], *coming[Panels];
      for (int p = 0; p < Panels; ++p) {
        panels[p] = places[c].values + p * panel_stride;
        coming[p] = places[c].coming + p * panel_stride;
      }
      block.template multiply<B, First>(left + row * kRowStride + static_cast<std::ptrdiff_t>(c) * kWords, kWords,
                                        panels, coming);
    }
    constexpr int kPerPanel = kPanel / S::kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const auto factor = S::set(correction[row + r]);
#pragma GCC unroll 16
      for (int v = 0; v < block.kVectors; ++v) {
        float* target = output + (v / kPerPanel * kQueryTile + row + r) * kPanel + v % kPerPanel * S::kLanes;
        S::store(target, S::fma(S::load(target), factor, block.sums[r][v]));
      }
    }
  });
}

template <class S, class B, int Panels>
SPANWISE_INLINE void accumulate_some(const float* weights, int rows, std::span<const Chunk> chunks, int panel,
                                     std::int64_t panel_stride, const float* correction, float* output) {
  using Right = typename B::Right;
  ValuePlace<Right> places[kMaxStripChunks];
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    places[c] = {static_cast<const Right*>(chunks[c].values) + panel * panel_stride,
                 static_cast<const Right*>(chunks[c].coming_values) + panel * panel_stride};
  }
  float* target = output + panel * kQueryTile * kPanel;
  if constexpr (kWidens<B>) {
    if (rows > kDirectRows) {
      alignas(64) float wide[kMaxStripChunks][Panels][kChunk * kPanel];
      ValuePlace<float> wide_places[kMaxStripChunks];
      for (std::size_t c = 0; c < chunks.size(); ++c) {
        for (int p = 0; p < Panels; ++p) {
          widen<S, B>(places[c].values + p * panel_stride, places[c].coming + p * panel_stride, kChunk * kPanel,
                      wide[c][p]);
        }
        wide_places[c] = {wide[c][0], wide[c][0]};
      }
      return accumulate_panels<S, typename B::Wide, Panels>(weights, rows, wide_places, chunks.size(),
                                                            kChunk * kPanel, correction, target);
    }
  }
  accumulate_panels<S, B, Panels>(weights, rows, places, chunks.size(), panel_stride, correction, target);
}

// panel_stride counts elements; a word of a pair holds two.
template <class S, class B>
void accumulate_of(const float* weights, int rows, std::span<const Chunk> chunks, std::int64_t panel_stride,
                   int panels, const float* correction, float* output) {
  const std::int64_t stride = panel_stride / B::kKeysPerWord;
  int panel = 0;
  for (; panel + S::kPanels <= panels; panel += S::kPanels) {
    accumulate_some<S, B, S::kPanels>(weights, rows, chunks, panel, stride, correction, output);
  }
  if constexpr (S::kPanels > 1) {
    for (; panel < panels; ++panel) {
      accumulate_some<S, B, 1>(weights, rows, chunks, panel, stride, correction, output);
    }
  }
}

template <class S>
void load_query_of(const float* query, int dim, int depth, float factor, void* row) {
  auto* to = static_cast<float*>(row);
  int i = 0;
  for (; i + S::kLanes <= dim; i += S::kLanes) S::store(to + i, S::mul(S::load_any(query + i), S::set(factor)));
  for (; i < dim; ++i) to[i] = query[i] * factor;
  std::fill(to + i, to + depth, 0.0f);
}

template <class S>
void store_output_of(const float* sums, int dim, float factor, float* output) {
  const auto place = [&](int i) { return sums + i / kPanel * kQueryTile * kPanel + i % kPanel; };
  int i = 0;
  for (; i + kPanel <= dim; i += kPanel) {
    for (int j = i; j < i + kPanel; j += S::kLanes) S::store_any(output + j, S::mul(S::load(place(j)), S::set(factor)));
  }
  for (; i < dim; ++i) output[i] = *place(i) * factor;
}

// The three dtypes of an instruction set that multiplies in fp32.
template <class S, class B>
constexpr TileOps fp32_arithmetic(std::string_view isa, core::DType dtype) {
  TileOps ops;
  ops.isa = isa;
  ops.dtype = dtype;
  ops.load_query = load_query_of<S>;
  ops.store_output = store_output_of<S>;
  ops.scores = scores_of<S, B>;
  ops.mask = mask_of<S>;
  ops.softmax = softmax_of<S, Fp32Weights<S>>;
  ops.accumulate = accumulate_of<S, B>;
  ops.exp2 = exp2_all<S, false>;
  return ops;
}

template <class S>
struct Fp32Arithmetic {
  static constexpr TileOps make(std::string_view isa, core::DType dtype) {
    if (dtype == core::DType::kBf16) return fp32_arithmetic<S, HalfOperands<S, core::DType::kBf16>>(isa, dtype);
    if (dtype == core::DType::kFp16) return fp32_arithmetic<S, HalfOperands<S, core::DType::kFp16>>(isa, dtype);
    return fp32_arithmetic<S, Fp32Operands<S>>(isa, core::DType::kFp32);
  }
};

}  // namespace
}  // namespace spanwise::kernels

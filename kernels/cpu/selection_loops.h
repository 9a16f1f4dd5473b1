// SPDX-License-Identifier: Apache-2.0
// The loops of selection_ops.h over vectors of 16 floats in the compiler's own notation, which it cuts into the registers of
// the target that surrounds the include. In an unnamed namespace, because each target needs its own copy.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "kernels/cpu/selection_ops.h"
#include "kernels/cpu/top_k.h"
#include "kernels/rounding.h"

namespace spanwise::kernels {
namespace {

#define SPANWISE_ALWAYS __attribute__((always_inline)) inline

constexpr std::size_t kWide = 16;
typedef float Floats __attribute__((vector_size(64)));
typedef std::uint32_t Words __attribute__((vector_size(64)));
typedef std::uint16_t Halves __attribute__((vector_size(32)));

// Unaligned. Vectors go by reference: by value, what calls mean would depend on the target.
template <class V>
SPANWISE_ALWAYS void load(const void* from, V& value) {
  std::memcpy(&value, from, sizeof value);
}

template <core::DType kType>
SPANWISE_ALWAYS float element(const std::byte* at) {
  if constexpr (kType == core::DType::kFp32) {
    float value;
    load(at, value);
    return value;
  } else {
    std::uint16_t bits;
    load(at, bits);
    return kType == core::DType::kBf16 ? float_of_bf16(bits) : float_of_fp16(bits);
  }
}

// 16 elements of a row as fp32. Fp16 goes element by element: without hardware support there is no vector form.
template <core::DType kType>
SPANWISE_ALWAYS void widen_into(const std::byte* row, Floats& out) {
  if constexpr (kType == core::DType::kFp32) {
    load(row, out);
  } else if constexpr (kType == core::DType::kBf16) {
    Halves halves;
    load(row, halves);
    const Words wide = __builtin_convertvector(halves, Words) << 16;
    std::memcpy(&out, &wide, sizeof out);
  } else {
    for (std::size_t i = 0; i < kWide; ++i) out[i] = element<kType>(row + 2 * i);
  }
}

template <bool kMax, class V>
SPANWISE_ALWAYS void fold(const V& x, V& sum) {
  if constexpr (kMax) {
    sum = x > sum ? x : sum;
  } else {
    sum += x;
  }
}

// The columns from `column` in groups of kGroup vectors, whose sums stay in registers over all rows; returns the first
// column that is left. A group as wide as a row reads memory in order.
template <core::DType kType, bool kMax, std::int64_t kGroup>
SPANWISE_ALWAYS std::int64_t pool_groups(const std::byte* block, std::int64_t width, std::int64_t count, std::int64_t column, float* out) {
  constexpr std::int64_t kBytes = kType == core::DType::kFp32 ? 4 : 2;
  constexpr auto kStep = static_cast<std::int64_t>(kWide);
  for (; column + kGroup * kStep <= width; column += kGroup * kStep) {
    Floats sums[kGroup];
    for (auto& sum : sums) sum = Floats{} + (kMax ? -std::numeric_limits<float>::infinity() : 0.0f);
    for (std::int64_t row = 0; row < count; ++row) {
      const std::byte* at = block + (row * width + column) * kBytes;
#pragma GCC unroll 8
      for (std::int64_t i = 0; i < kGroup; ++i) {
        Floats x;
        widen_into<kType>(at + i * kStep * kBytes, x);
        fold<kMax>(x, sums[i]);
      }
    }
    for (std::int64_t i = 0; i < kGroup; ++i) {
      const Floats result = sums[i] * (kMax ? 1.0f : 1.0f / static_cast<float>(count));
      std::memcpy(out + column + i * kStep, &result, sizeof result);
    }
  }
  return column;
}

template <core::DType kType, bool kMax>
SPANWISE_ALWAYS void pool_of(const RowsView& rows, std::int64_t first, std::int64_t count, float* out) {
  constexpr std::int64_t kBytes = kType == core::DType::kFp32 ? 4 : 2;
  const std::byte* block = rows.data + first * rows.width * kBytes;
  std::int64_t column = pool_groups<kType, kMax, 8>(block, rows.width, count, 0, out);
  column = pool_groups<kType, kMax, 4>(block, rows.width, count, column, out);
  column = pool_groups<kType, kMax, 1>(block, rows.width, count, column, out);
  for (; column < rows.width; ++column) {
    float sum = kMax ? -std::numeric_limits<float>::infinity() : 0.0f;
    for (std::int64_t row = 0; row < count; ++row) fold<kMax>(element<kType>(block + (row * rows.width + column) * kBytes), sum);
    out[column] = sum * (kMax ? 1.0f : 1.0f / static_cast<float>(count));
  }
}

template <bool kMax>
SPANWISE_ALWAYS void pool_any(const RowsView& rows, std::int64_t first, std::int64_t count, float* out) {
  switch (rows.dtype) {
    case core::DType::kBf16: return pool_of<core::DType::kBf16, kMax>(rows, first, count, out);
    case core::DType::kFp16: return pool_of<core::DType::kFp16, kMax>(rows, first, count, out);
    default: return pool_of<core::DType::kFp32, kMax>(rows, first, count, out);
  }
}

// S::above(p, x): bit i of 16 is p[i] > x; S::equal the same of p[i] == x; S::pack(indices, bits, out) writes the indices of
// the set bits and returns how many.
template <class S>
SPANWISE_ALWAYS std::size_t collect_of(const float* scores, std::size_t begin, std::size_t end, float above, std::uint64_t* keys,
                                       std::size_t* count, std::size_t room) {
  std::size_t found = *count, i = begin;
  for (; i + kWide <= end && found + kWide <= room; i += kWide) {
    for (std::uint32_t bits = S::above(scores + i, above); bits != 0; bits &= bits - 1) {
      const std::size_t at = i + static_cast<std::size_t>(std::countr_zero(bits));
      keys[found++] = sort_key(scores[at], static_cast<std::uint32_t>(at));
    }
  }
  if (i + kWide > end && found + kWide <= room) {
    for (; i < end; ++i) {
      if (scores[i] > above) keys[found++] = sort_key(scores[i], static_cast<std::uint32_t>(i));
    }
  }
  *count = found;
  return i;
}

template <class S>
SPANWISE_ALWAYS std::size_t emit_of(const float* scores, std::size_t end, float above, std::int64_t last_tie, std::int32_t* out) {
  std::size_t found = 0, i = 0;
  for (; i + kWide <= end; i += kWide) {
    std::uint32_t bits = S::above(scores + i, above);
    const std::int64_t ties = last_tie + 1 - static_cast<std::int64_t>(i);
    if (ties > 0) {
      const std::uint32_t low = ties >= static_cast<std::int64_t>(kWide) ? 0xffffu : (1u << ties) - 1;
      bits |= S::equal(scores + i, above) & low;
    }
    if (bits != 0) found += S::pack(static_cast<std::int32_t>(i), bits, out + found);
  }
  for (; i < end; ++i) {
    if (scores[i] > above || (scores[i] == above && static_cast<std::int64_t>(i) <= last_tie)) {
      out[found++] = static_cast<std::int32_t>(i);
    }
  }
  return found;
}

enum class Fold { kScaled, kRelu, kMax };

template <Fold kFold, class V>
SPANWISE_ALWAYS void fold_score(const V& x, float factor, V& out) {
  if constexpr (kFold == Fold::kScaled) {
    out += x * factor;
  } else if constexpr (kFold == Fold::kRelu) {
    out += (x > 0 ? x : V{}) * factor;
  } else {
    const V scaled = x * factor;
    out = scaled > out ? scaled : out;
  }
}

template <Fold kFold>
SPANWISE_ALWAYS void fold_scores(const float* scores, std::size_t count, float factor, float* out) {
  std::size_t i = 0;
  for (; i + kWide <= count; i += kWide) {
    Floats score, sum;
    load(scores + i, score);
    load(out + i, sum);
    fold_score<kFold>(score, factor, sum);
    std::memcpy(out + i, &sum, sizeof sum);
  }
  for (; i < count; ++i) fold_score<kFold>(scores[i], factor, out[i]);
}

SPANWISE_ALWAYS SelectionOps::Best best_of(const float* scores, const float* offsets, std::size_t count) {
  // Each lane keeps the first index of its largest value.
  Floats top = Floats{} - std::numeric_limits<float>::infinity();
  Words at{}, places{};
  for (std::uint32_t lane = 0; lane < kWide; ++lane) places[lane] = lane;
  std::size_t i = 0;
  for (; i + kWide <= count; i += kWide, places += static_cast<std::uint32_t>(kWide)) {
    Floats score, offset;
    load(scores + i, score);
    load(offsets + i, offset);
    const Floats value = score - offset;
    at = value > top ? places : at;
    fold<true>(value, top);
  }
  SelectionOps::Best best{-std::numeric_limits<float>::infinity(), 0};
  const auto offer = [&](float value, std::int32_t index) {
    if (value > best.value || (value == best.value && index < best.index)) best = {value, index};
  };
  for (std::size_t lane = 0; lane < kWide; ++lane) offer(top[lane], static_cast<std::int32_t>(at[lane]));
  for (; i < count; ++i) offer(scores[i] - offsets[i], static_cast<std::int32_t>(i));
  return best;
}

// out[16] = the largest of each lane over `vectors` vectors; NaN counts as -infinity.
SPANWISE_ALWAYS void lane_max_of(const float* scores, std::size_t vectors, float* out) {
  Floats top = Floats{} - std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < vectors; ++i) {
    Floats x;
    load(scores + i * kWide, x);
    fold<true>(x, top);
  }
  std::memcpy(out, &top, sizeof top);
}

template <class S>
struct Loops {
  static void pool_mean(const RowsView& rows, std::int64_t first, std::int64_t count, float* out) { pool_any<false>(rows, first, count, out); }
  static void pool_max(const RowsView& rows, std::int64_t first, std::int64_t count, float* out) { pool_any<true>(rows, first, count, out); }
  static std::size_t collect(const float* scores, std::size_t begin, std::size_t end, float above, std::uint64_t* keys,
                             std::size_t* count, std::size_t room) {
    return collect_of<S>(scores, begin, end, above, keys, count, room);
  }
  static std::size_t emit(const float* scores, std::size_t end, float above, std::int64_t last_tie, std::int32_t* out) {
    return emit_of<S>(scores, end, above, last_tie, out);
  }
  static void add_scaled(const float* scores, std::size_t count, float factor, float* out) { fold_scores<Fold::kScaled>(scores, count, factor, out); }
  static void add_relu(const float* scores, std::size_t count, float factor, float* out) { fold_scores<Fold::kRelu>(scores, count, factor, out); }
  static void max_scaled(const float* scores, std::size_t count, float factor, float* out) { fold_scores<Fold::kMax>(scores, count, factor, out); }
  static SelectionOps::Best best(const float* scores, const float* offsets, std::size_t count) { return best_of(scores, offsets, count); }
  static void lane_max(const float* scores, std::size_t vectors, float* out) { lane_max_of(scores, vectors, out); }
  static constexpr SelectionOps make(std::string_view isa) {
    return {isa, pool_mean, pool_max, collect, emit, add_scaled, add_relu, max_scaled, best, lane_max};
  }
};

#undef SPANWISE_ALWAYS

}  // namespace
}  // namespace spanwise::kernels

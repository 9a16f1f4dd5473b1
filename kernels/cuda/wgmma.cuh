// SPDX-License-Identifier: Apache-2.0
// Warpgroup matrix products of Hopper: 64 rows by kColumns, 16 deep, 16-bit operands, fp32 sums in registers.
//
// Sums: thread t of the warpgroup holds, of row r = 16 (t / 32) + (t % 32) / 4 and of row r + 8, columns
// 8 j + 2 (t % 4) + {0, 1}, in sums[4 j + {0, 1}] and sums[4 j + {2, 3}] (PTX ISA, wgmma.m64nNk16, matrix D).
// A in registers has the same layout, packed in pairs, so weights go from the sums of one product to the next as they
// are.
#pragma once

#include <cstdint>

#include "kernels/cuda/half_types.cuh"

namespace spanwise::kernels::wgmma {

// How wgmma finds a matrix in shared memory that lies in rows of 64 elements with the 128-byte swizzle, 8 rows
// (1,024 bytes, aligned) being the unit of the swizzle.
//   depth-major  (Q, K): a row is a token, its elements are the depth
//   column-major (V):    a row is a token, which is the depth here; chunks of 64 columns lie `chunk_bytes` apart
// The address takes the low bits, in units of 16 bytes, so that a later part of the same matrix is a sum.
// Made once a tile, by a shuffle, so that descriptors live in uniform registers and those of all steps are not made before
// the loop and held (256 columns on an H200: 768 TFLOP/s; without, 685).
class Matrix {
 public:
  __device__ Matrix(std::uint64_t shape, std::uint32_t address)
      : descriptor_(shape | __shfl_sync(0xffffffffu, (address & 0x3ffff) >> 4, 0)) {}

  __device__ std::uint64_t at(int bytes) const { return descriptor_ + (bytes >> 4); }

 private:
  std::uint64_t descriptor_;
};

constexpr std::uint64_t kSwizzle128 = 1ull << 62 | 64ull << 32;
constexpr std::uint64_t kDepthMajor = kSwizzle128 | 1ull << 16;
__host__ __device__ constexpr std::uint64_t column_major(int chunk_bytes) {
  return kSwizzle128 | static_cast<std::uint64_t>(chunk_bytes >> 4) << 16;
}

// Before the first product that reads registers written by ordinary instructions.
__device__ inline void fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Until at most `Pending` committed groups are under way.
template <int Pending>
__device__ inline void wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}

// Keeps the compiler from moving uses of the registers across.
template <int Count>
__device__ inline void pin(float (&sums)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i) asm volatile("" : "+f"(sums[i])::"memory");
}

// clang-format off
#define SPANWISE_REGISTERS_32 \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define SPANWISE_REGISTERS_40 \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39"
#define SPANWISE_REGISTERS_64 \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define SPANWISE_REGISTERS_128 \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, " \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, " \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, " \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
  "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define SPANWISE_SUMS_8(s, i) \
  "+f"(s[i]), "+f"(s[i + 1]), "+f"(s[i + 2]), "+f"(s[i + 3]), "+f"(s[i + 4]), "+f"(s[i + 5]), "+f"(s[i + 6]), "+f"(s[i + 7])
#define SPANWISE_SUMS_32(s, i) \
  SPANWISE_SUMS_8(s, i), SPANWISE_SUMS_8(s, i + 8), SPANWISE_SUMS_8(s, i + 16), SPANWISE_SUMS_8(s, i + 24)
#define SPANWISE_SUMS_40(s, i) SPANWISE_SUMS_32(s, i), SPANWISE_SUMS_8(s, i + 32)
#define SPANWISE_SUMS_64(s, i) SPANWISE_SUMS_32(s, i), SPANWISE_SUMS_32(s, i + 32)
#define SPANWISE_SUMS_128(s, i) SPANWISE_SUMS_64(s, i), SPANWISE_SUMS_64(s, i + 64)

// The operands after the sums have the numbers that follow theirs.
#define SPANWISE_SHARED_SHARED(n, dtype, count, a, b, add)                                                        \
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #add ", 0;\n"                                               \
               "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." dtype "." dtype " {" SPANWISE_REGISTERS_##count  \
               "}, %" #a ", %" #b ", p, 1, 1, 0, 0;\n}"                                                           \
               : SPANWISE_SUMS_##count(sums, 0) : "l"(left), "l"(right), "r"(accumulate))
#define SPANWISE_REGISTER_SHARED(n, dtype, count, a0, a1, a2, a3, b, add)                                         \
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #add ", 0;\n"                                               \
               "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." dtype "." dtype " {" SPANWISE_REGISTERS_##count  \
               "}, {%" #a0 ", %" #a1 ", %" #a2 ", %" #a3 "}, %" #b ", p, 1, 1, 1;\n}"                             \
               : SPANWISE_SUMS_##count(sums, 0)                                                                   \
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "l"(right), "r"(accumulate))

// sums (+)= A B^T, both depth-major in shared memory; kColumns = 2 x registers.
template <class T>
__device__ inline void scores(float (&sums)[32], std::uint64_t left, std::uint64_t right, int accumulate) {
  if constexpr (kBf16<T>) SPANWISE_SHARED_SHARED(64, "bf16", 32, 32, 33, 34);
  else SPANWISE_SHARED_SHARED(64, "f16", 32, 32, 33, 34);
}
template <class T>
__device__ inline void scores(float (&sums)[40], std::uint64_t left, std::uint64_t right, int accumulate) {
  if constexpr (kBf16<T>) SPANWISE_SHARED_SHARED(80, "bf16", 40, 40, 41, 42);
  else SPANWISE_SHARED_SHARED(80, "f16", 40, 40, 41, 42);
}
template <class T>
__device__ inline void scores(float (&sums)[64], std::uint64_t left, std::uint64_t right, int accumulate) {
  if constexpr (kBf16<T>) SPANWISE_SHARED_SHARED(128, "bf16", 64, 64, 65, 66);
  else SPANWISE_SHARED_SHARED(128, "f16", 64, 64, 65, 66);
}

// sums (+)= A B, A in registers, B column-major in shared memory; kColumns = 2 x registers.
template <class T>
__device__ inline void weighted(float (&sums)[32], const std::uint32_t* left, std::uint64_t right, int accumulate) {
  if constexpr (kBf16<T>) SPANWISE_REGISTER_SHARED(64, "bf16", 32, 32, 33, 34, 35, 36, 37);
  else SPANWISE_REGISTER_SHARED(64, "f16", 32, 32, 33, 34, 35, 36, 37);
}
template <class T>
__device__ inline void weighted(float (&sums)[64], const std::uint32_t* left, std::uint64_t right, int accumulate) {
  if constexpr (kBf16<T>) SPANWISE_REGISTER_SHARED(128, "bf16", 64, 64, 65, 66, 67, 68, 69);
  else SPANWISE_REGISTER_SHARED(128, "f16", 64, 64, 65, 66, 67, 68, 69);
}
template <class T>
__device__ inline void weighted(float (&sums)[128], const std::uint32_t* left, std::uint64_t right, int accumulate) {
  if constexpr (kBf16<T>) SPANWISE_REGISTER_SHARED(256, "bf16", 128, 128, 129, 130, 131, 132, 133);
  else SPANWISE_REGISTER_SHARED(256, "f16", 128, 128, 129, 130, 131, 132, 133);
}
// clang-format on

#undef SPANWISE_SHARED_SHARED
#undef SPANWISE_REGISTER_SHARED

}  // namespace spanwise::kernels::wgmma

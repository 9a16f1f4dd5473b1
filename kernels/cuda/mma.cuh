// SPDX-License-Identifier: Apache-2.0
// Tensor-core products and tile loads of compute capability 8.0 and later: mma.sync, ldmatrix, cp.async.
//
// Tiles lie in shared memory row by row, the 16-byte chunks of a row exchanged by the low bits of its index, so that the
// eight rows that an ldmatrix reads at once lie in different banks.
#pragma once

#include <cstdint>

#include "kernels/cuda/half_types.cuh"

namespace spanwise::kernels::mma {

__device__ inline std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

// Bytes from the start of a tile of `HeadDim` columns to a chunk of 8.
template <int HeadDim>
__device__ inline std::uint32_t chunk_at(int row, int chunk) {
  return static_cast<std::uint32_t>(row * HeadDim * 2 + (chunk ^ (row & 7)) * 16);
}

// From chunk_at(row, chunk) to a chunk so many even places on, by exclusive or, and to a row so many multiples of 8 below,
// by addition; the tile starts at a multiple of 256 bytes.
__device__ constexpr std::uint32_t chunks(int even) { return static_cast<std::uint32_t>(even * 16); }
template <int HeadDim>
__device__ constexpr std::uint32_t rows(int eights) { return static_cast<std::uint32_t>(eights * HeadDim * 2); }

// 16 bytes, or zeros where `inside` is false.
__device__ inline void copy_chunk(std::uint32_t to, const void* from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(inside ? 16 : 0) : "memory");
}
__device__ inline void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
__device__ inline void wait_for_copies() { asm volatile("cp.async.wait_group 0;" ::: "memory"); }

// Four 8x8 matrices; lane l gives the address of row l % 8 of matrix l / 8.
__device__ inline void load(std::uint32_t (&matrices)[4], std::uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
               : "r"(address)
               : "memory");
}
__device__ inline void load_transposed(std::uint32_t (&matrices)[4], std::uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
               : "r"(address)
               : "memory");
}

// sums += A B: A 16x16 in `a`, B 16x8 in `b0`, `b1`; lane l holds, of row l / 4, columns 2 (l % 4) + {0, 1} in sums[0, 1],
// and of row l / 4 + 8 the same in sums[2, 3] (PTX ISA, mma.m16n8k16).
template <class T>
__device__ inline void multiply(float* sums, const std::uint32_t* a, std::uint32_t b0, std::uint32_t b1) {
  if constexpr (kBf16<T>) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  } else {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
}

}  // namespace spanwise::kernels::mma

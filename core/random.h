// SPDX-License-Identifier: Apache-2.0
// The one random generator of the project: counter based, so element i of a tensor can be made anywhere, in any
// order, by the CLI, a C++ or CUDA runner or a Python script, with the same bits. docs/formats.md, "Random numbers",
// states it for other languages; tests/core/random_test.cc pins its values.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define SPANWISE_HOST_DEVICE __host__ __device__
#else
#define SPANWISE_HOST_DEVICE
#endif

namespace spanwise::core {

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
SPANWISE_HOST_DEVICE constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// 64 random bits for element `index` of stream `stream` (one stream a tensor).
SPANWISE_HOST_DEVICE constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t stream,
                                                         std::uint64_t index) {
  return mix64(mix64(mix64(seed) ^ stream) ^ index);
}

// Uniform in [0, 1) with 53 bits.
SPANWISE_HOST_DEVICE constexpr double random_unit(std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

// Nearly normal, mean 0, variance 1: the sum of four 16-bit uniforms, centred and scaled. Integers up to the last
// multiplication, so that every language gets the same float. Bounded by +-3.4642.
SPANWISE_HOST_DEVICE constexpr float random_normal(std::uint64_t bits) {
  const auto sum = static_cast<std::int32_t>((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) +
                                             (bits >> 48));
  // Variance of the sum: 4 (65536^2 - 1) / 12.
  constexpr float kScale = 1.0f / 37837.22724f;
  return static_cast<float>(sum - 131070) * kScale;
}

// A short name for data: FNV-1a, 64 bits. Not for security; hash.h has SHA-256.
std::uint64_t fingerprint(const void* data, std::size_t size);

}  // namespace spanwise::core

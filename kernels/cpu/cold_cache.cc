// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/cold_cache.h"

#include <algorithm>

#include "kernels/cpu/device_facts.h"

namespace spanwise::kernels {
namespace {

constexpr std::size_t kPart = 1 << 16;  // words of one item
constexpr std::int64_t kLeastBytes = std::int64_t{32} << 20;

std::size_t words() {
  std::int64_t last = 0;
  for (const auto& [level, bytes] : read_cpu_facts("").caches) last = std::max(last, bytes);
  const auto count = static_cast<std::size_t>(std::max(kLeastBytes, 2 * last)) / sizeof(std::uint64_t);
  return (count + kPart - 1) / kPart * kPart;
}

}  // namespace

ColdCache::ColdCache() : memory_(words()) {}

void ColdCache::evict(core::ThreadPool& pool) {
  ++round_;
  pool.run(memory_.size() / kPart,
           [&](std::size_t part, int) { std::fill_n(memory_.data() + part * kPart, kPart, round_ + part); });
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// Empties the caches of what a kernel read and wrote before.
#pragma once

#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/cpu/aligned_buffer.h"

namespace spanwise::kernels {

class ColdCache {
 public:
  ColdCache();

  // Writes twice as many bytes as the last cache holds, with all threads.
  void evict(core::ThreadPool& pool);

 private:
  AlignedBuffer<std::uint64_t> memory_;
  std::uint64_t round_ = 0;
};

}  // namespace spanwise::kernels

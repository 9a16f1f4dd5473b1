// SPDX-License-Identifier: Apache-2.0
// From a case and a kernel to the work items that the kernel runs: which tiles, how many rows of each kind.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/result.h"
#include "hwmodels/kernel_model.h"
#include "patterns/case.h"
#include "patterns/tile_count.h"

namespace spanwise::sim {

// The work of one kernel call, before any machine is known.
struct TileWork {
  std::shared_ptr<const patterns::TileCounts> counts;  // of one head, or of one KV group when `packed`
  std::int64_t q_tile = 1;   // rows that a query tile computes
  std::int64_t kv_tile = 1;  // keys of a KV tile
  bool packed = false;
  bool shared_kv = false;  // K and V are one tensor
  double sequences = 1;  // times the counts and lengths: the batch; 1 for a ragged batch, whose counts are sums
  double q_tokens = 1, kv_tokens = 1;  // of a sequence, or of the whole ragged batch
  double heads = 1;  // times the counts: sequences * (packed ? kv_heads : q_heads)
};

// Counts are pure functions of the request, so they are kept for the life of the process. Thread safe.
class CountCache {
 public:
  core::Result<std::shared_ptr<const patterns::TileCounts>> get(const patterns::CountRequest& request);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const patterns::TileCounts>> counts_;
};

// The work under one row of the kernel's tile table. The kernel must run the case (KernelModel::runs).
core::Result<TileWork> tile_work(const patterns::Case& shape, const hwmodels::KernelModel& kernel,
                                 const hwmodels::KernelTile& tile, CountCache& cache);

}  // namespace spanwise::sim

// SPDX-License-Identifier: Apache-2.0
// Runs the CPU kernel on a case and compares it with float64, with masks from the brute-force oracle.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/check.h"
#include "kernels/cpu/attention.h"
#include "patterns/case.h"
#include "tests/patterns/brute_force.h"

namespace spanwise::kernels::testing {

// The fp32 kernels of every instruction set that this processor has.
std::vector<const TileOps*> all_tile_ops();

patterns::Case fp32_case(patterns::Pattern pattern, std::int64_t q_len, std::int64_t kv_len,
                         std::int64_t head_dim);

TilePlan plan_of(const patterns::Case& shape, std::span<const std::int64_t> q_tiles = {});

// Keeps the kernel's inputs so that it can run with wrong plans, other values and several pools.
class KernelHarness {
 public:
  KernelHarness(const patterns::Case& shape, const TileOps& ops, TilePlan plan, int threads);

  void run();
  void run_leak_probe();
  const PackedTiles& values() const { return values_; }

  const std::vector<float>& output() const { return output_; }
  const std::vector<float>& log_sum_exp() const { return log_sum_exp_; }
  ComputedRows computed() const { return {plan_.rows, output_, log_sum_exp_}; }
  std::vector<SampledRow> all_rows() const { return sample_rows(plan_.tiles, kQueryTile); }

  // Of all computed rows, with the oracle's mask of the case.
  Accuracy accuracy(const oracle::Mask& mask) const;
  std::int64_t leaked_rows();

 private:
  void run_with(const PackedTiles& values, float scale);

  patterns::Case shape_;
  TilePlan plan_;
  const TileOps& ops_;
  core::ThreadPool pool_;
  std::vector<float> queries_;
  PackedTiles keys_, values_;
  std::vector<float> output_, log_sum_exp_;
  Attention kernel_;
};

}  // namespace spanwise::kernels::testing

// SPDX-License-Identifier: Apache-2.0
// A machine and kernels with round numbers, for tests that check a time by hand.
#pragma once

#include <map>
#include <string>

#include "hwmodels/kernel_model.h"
#include "hwmodels/machine.h"

namespace spanwise::testing {

inline hwmodels::Machine sample_machine() {
  const core::Provenance from{core::Basis::kAssumed, "a test"};
  hwmodels::Machine m;
  m.name = "sample";
  m.summary = "ten processors with round numbers";
  m.processors = {10, from};
  m.clock_burst = {{1e9}, from};
  m.clock_sustained = {{0.5e9}, from};
  m.matrix_flop_per_clock[core::DType::kBf16] = {1000, from};
  m.exp_per_clock = {100, from};
  m.memory_bandwidth = {{1e12}, from};
  m.memory_size = {{100e9}, from};
  m.cache_size = {{10e6}, from};
  m.cache_usable = {0.5, from};
  m.launch = {{1e-6}, from};
  m.gemm_share = {0.5, from};
  m.stream_share = {0.5, from};
  hwmodels::KernelConstants constants;
  constants.matrix = 1;
  constants.exponential = 1;
  constants.partial_per_score = 0.1;
  constants.item_cycles = 500;
  constants.call = {2e-6};
  constants.bandwidth_share = 0.8;
  constants.error_90 = 0.25;
  constants.from = from;
  m.kernels["dense-kernel"] = constants;
  m.kernels["sparse-kernel"] = constants;
  return m;
}

inline std::map<std::string, hwmodels::KernelModel> sample_kernels() {
  hwmodels::KernelModel dense;
  dense.name = "dense-kernel";
  dense.summary = dense.source = "a test";
  dense.patterns = {"dense"};
  dense.phases = {patterns::Phase::kPrefill, patterns::Phase::kDecode};
  dense.dtypes = {core::DType::kBf16};
  dense.tiles = {{256, {64}, {64}}};
  auto sparse = dense;
  sparse.name = "sparse-kernel";
  sparse.patterns = {"sliding_window", "neighborhood", "dense"};
  return {{dense.name, dense}, {sparse.name, sparse}};
}

}  // namespace spanwise::testing

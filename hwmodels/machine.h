// SPDX-License-Identifier: Apache-2.0
// What a machine can do: rates, memories, clocks, and the constants of the kernels that were fitted on it. One shape
// for GPUs and CPUs: a processor is a streaming multiprocessor or a core, a launch is a kernel launch or the wake-up
// of a thread pool (docs/time_model.md says what each word means on each).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/provenance.h"
#include "core/result.h"
#include "core/units.h"
#include "hwmodels/correction.h"
#include "hwmodels/operator_constants.h"
#include "patterns/case.h"

namespace spanwise::hwmodels {

// A number with its origin.
template <class T>
struct Figure {
  T value{};
  core::Provenance from;
};

// Constants of one kernel on one machine. Costs are in cycles of one processor, so they carry over to another clock.
// An item costs item_cycles + full tiles * full + partial tiles * (full + partial_per_score * q_tile * kv_tile), where
// full = matrix * (4 q_tile kv_tile head_dim / matrix rate) + exponential * (q_tile kv_tile / exponential rate).
struct KernelConstants {
  double matrix = 1.0;             // time of the matrix part over its ideal
  double exponential = 1.0;        // share of the exponentials that does not hide behind the matrix part
  double partial_per_score = 0.0;  // cycles a score of a partial tile costs above one of a full tile
  double item_cycles = 0.0;        // prologue and epilogue of a work item
  core::Seconds call;              // one call on an idle device: launch and fixed work
  double bandwidth_share = 1.0;    // of the memory bandwidth, reached when streaming K and V
  double exposed = 0;              // share of the shorter of compute and memory time that does not hide behind the longer
  core::Seconds step;              // a further kernel of the same call: combining parts, swapping heads into rows; 0: the machine's launch
  double reorder_share = 0;        // of the memory bandwidth, when tokens are permuted into boxes; 0: as stream_share
  // What this kernel holds under sustained load: light kernels stay below the power limit. 0: the machine's clock.
  core::Hertz sustained_clock;
  // The largest head dim that the constants were fitted on. Beyond it the basis is extrapolated. 0: not said.
  std::int64_t largest_fitted_head_dim = 0;
  double error_90 = 0.5;           // 90 % of unseen times lie within 1/(1+e) .. 1+e of these constants alone
  std::vector<Correction> corrections;  // of the families that were measured; empty: the constants stand alone
  core::Provenance from;
};

struct Machine {
  std::string name;
  std::string summary;
  Figure<double> processors;
  Figure<core::Hertz> clock_burst;      // an idle card, at most 20 ms of work
  Figure<core::Hertz> clock_sustained;  // after half a second of the same load
  std::map<core::DType, Figure<double>> matrix_flop_per_clock;  // per processor
  Figure<double> exp_per_clock;         // exponentials per processor
  Figure<core::BytesPerSecond> memory_bandwidth;
  Figure<core::Bytes> memory_size;
  Figure<core::Bytes> cache_size;       // last level, shared by all processors
  Figure<double> cache_usable;          // share of it that one data set may fill before the bandwidth drops
  Figure<core::BytesPerSecond> cache_bandwidth;  // of the last level, read by all processors; 0: not known
  Figure<core::Seconds> launch;         // between dependent kernels of one stream
  Figure<double> gemm_share;            // of the matrix peak, reached by large dense products
  Figure<double> stream_share;          // of the memory bandwidth, reached by element-wise operators
  std::map<std::string, OperatorConstants> operators;  // of selectors, by name, where they were measured
  std::map<std::string, KernelConstants> kernels;  // by kernel name, for kernels that run here

  core::Hertz clock(patterns::Regime regime) const {
    return regime == patterns::Regime::kBurst ? clock_burst.value : clock_sustained.value;
  }
  // Peak of all processors in FLOP/s; nothing when the machine has no rate for the type.
  std::optional<double> matrix_peak(core::DType dtype, patterns::Regime regime) const;
};

core::Result<Machine> read_machine(const std::filesystem::path& path);

// The file that read_machine() reads back as the same machine.
std::string to_yaml(const Machine& machine);

}  // namespace spanwise::hwmodels

// SPDX-License-Identifier: Apache-2.0
#include "sim/operators.h"

#include <algorithm>
#include <cmath>

#include "core/result.h"

namespace spanwise::sim {

core::Seconds gemm_seconds(const hwmodels::Machine& machine, core::DType dtype, double m, double n, double k, double weights) {
  const auto peak = machine.matrix_peak(dtype, patterns::Regime::kSustained);
  core::ensure(peak.has_value(), "gemm_seconds: the machine has no rate for this dtype");
  const double compute = 2 * m * n * k / (*peak * machine.gemm_share.value);
  const double bytes = (m * k + weights * k * n + m * n) * core::bytes_of(dtype);
  return {std::max(compute, stream_seconds(machine, bytes).value - machine.launch.value.value) +
          machine.launch.value.value};
}

core::Seconds stream_seconds(const hwmodels::Machine& machine, double bytes) {
  return {bytes / (machine.memory_bandwidth.value.value * machine.stream_share.value) + machine.launch.value.value};
}

double experts_touched(double experts, double active, double tokens) {
  return experts * (1 - std::pow(1 - active / experts, tokens));
}

}  // namespace spanwise::sim

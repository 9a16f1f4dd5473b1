// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/cpu_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/suggest.h"
#include "kernels/cpu/attention_limits.h"
#include "kernels/cpu/attention_run.h"
#include "kernels/cpu/device_facts.h"
#include "kernels/cpu/operator_run.h"
#include "kernels/cpu/peaks.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

// The fastest instruction set within the limit.
std::string_view fastest_isa(std::string_view limit) {
  return limit.empty() ? runnable_isas().front() : limit;
}

Hello make_hello(std::string_view isa) {
  Hello hello;
  hello.runner = "spanwise-cpu";
  hello.build = own_fingerprint();
  hello.device = read_cpu_facts(fastest_isa(isa));
  for (const auto dtype : kCpuDtypes) {
    hello.kernels.push_back({cpu_kernel_name(dtype), "attention", {std::string(core::name(dtype))}, kQueryTile,
                             kKeyTile, kMaxHeadDim});
  }
  hello.ops = {"attention"};
  hello.ops.insert(hello.ops.end(), patterns::operator_names().begin(), patterns::operator_names().end());
  hello.ops.insert(hello.ops.end(), std::begin(kPeakOps), std::end(kPeakOps));
  return hello;
}

// 80 % of what is available: the system and the client need the rest.
std::uint64_t memory_limit() {
  const std::int64_t available = available_memory();
  if (available == 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(available) / 5 * 4;
}

}  // namespace

CpuBackend::CpuBackend(std::string_view isa, int threads, double slowdown)
    : isa_(isa), slowdown_(slowdown), pool_(threads), hello_(make_hello(isa)) {}

Measurement CpuBackend::measure(const Request& request) {
  const auto& op = request.shape.op;
  if (op == "attention") return measure_attention(request, isa_, memory_limit(), pool_, slowdown_);
  if (patterns::operator_of(op)) return measure_operator(request, isa_, memory_limit(), pool_, slowdown_);
  if (std::find(hello_.ops.begin(), hello_.ops.end(), op) != hello_.ops.end()) {
    return measure_peak(request, isa_, hello_.device, pool_);
  }
  return refusal(MeasurementStatus::kUnsupported,
                 fmt::format("unknown op '{}': {}", op, core::suggestion(op, hello_.ops)));
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
#include "measure/local_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/file.h"
#include "measure/fit_constants.h"

namespace spanwise::measure {
namespace {

// The kernels that are fitted, each in its own number format.
struct LocalKernel {
  const char* name;
  core::DType dtype;
};
constexpr std::array<LocalKernel, 2> kKernels = {{{"spanwise-cpu-fp32", core::DType::kFp32}, {"spanwise-cpu-bf16", core::DType::kBf16}}};
// On a CPU a cycle is a nanosecond: the rates are measured, so the clock only fixes their unit.
constexpr double kReferenceClock = 1e9;
constexpr double kLeastLocalError = 0.15;

core::Provenance measured(const Hello& hello) {
  return {core::Basis::kMeasured, fmt::format("{} on {}, {} processors", hello.runner, hello.device_name, hello.processors)};
}

core::Diagnostics no_answer(std::string_view what, const Measurement& m) {
  return core::fail(core::Fault::kEnvironment, fmt::format("measuring this machine failed at {}: {} {}", what, name(m.status), m.message));
}

// The rate of a peak operator, in base units a second: the best of three, since other programs only ever slow it down.
core::Result<double> peak(RunnerClient& runner, const char* op) {
  Request request;
  request.shape.op = op;
  request.shape.dtype = request.shape.kv_dtype = core::DType::kFp32;
  request.min_samples = 5;
  request.max_seconds = 0.12;
  double best = 0;
  for (int again = 0; again < 3; ++again) {
    auto m = runner.run(request);
    if (!m) return m.error();
    if (m->status != CaseStatus::kOk || !m->rate || *m->rate <= 0) return no_answer(op, *m);
    best = std::max(best, *m->rate);
  }
  return best;
}

struct Trial {
  patterns::Pattern pattern;
  std::int64_t length, head_dim;
};

// Compute-bound shapes that tell the five constants apart: two head dims for the matrix part and the exponentials, narrow
// windows for partial tiles and for what an item costs, a tiny one for the call.
const std::array<Trial, 8> kTrials = {{{patterns::Dense{false}, 1024, 128},
                                       {patterns::Dense{false}, 1024, 64},
                                       {patterns::Dense{true}, 1024, 128},
                                       {patterns::SlidingWindow{64, 0, true}, 4096, 128},
                                       {patterns::SlidingWindow{512, 64, true}, 4096, 128},
                                       {patterns::SlidingWindow{64, 0, true}, 4096, 64},
                                       {patterns::SlidingWindow{256, 0, false}, 2048, 128},
                                       {patterns::Dense{false}, 64, 64}}};

patterns::Case trial_case(const Trial& trial, const LocalKernel& kernel, std::int64_t heads) {
  patterns::Case shape;
  shape.kernel = kernel.name;
  shape.q_len = shape.kv_len = trial.length;
  shape.q_heads = shape.kv_heads = heads;
  shape.head_dim = shape.head_dim_v = trial.head_dim;
  shape.dtype = shape.kv_dtype = kernel.dtype;
  shape.pattern = trial.pattern;
  return shape;
}

// Seconds of a case when nothing else runs: its fast samples.
core::Result<double> timed(RunnerClient& runner, const patterns::Case& shape) {
  Request request;
  request.shape = shape;
  request.min_samples = 7;
  request.max_seconds = 0.25;
  auto m = runner.run(request);
  if (!m) return m.error();
  if (m->status != CaseStatus::kOk || !m->p05_ms) return no_answer(patterns::to_json(shape), *m);
  return *m->p05_ms * 1e-3;
}

// Decode over a cache far larger than the last level: how much of the read bandwidth the kernel reaches.
core::Result<double> decode_bandwidth_share(RunnerClient& runner, const LocalKernel& kernel, const hwmodels::Machine& machine) {
  const auto heads = static_cast<std::int64_t>(machine.processors.value);
  auto shape = trial_case({patterns::Dense{true}, 65536, 128}, kernel, heads);
  shape.phase = patterns::Phase::kDecode;
  shape.q_len = 1;
  shape.q_heads = 4 * heads;
  const auto seconds = timed(runner, shape);
  if (!seconds) return seconds.error();
  const double bytes = static_cast<double>(heads * shape.kv_len * (shape.head_dim + shape.head_dim_v)) * core::bytes_of(kernel.dtype);
  return std::clamp(bytes / *seconds / machine.memory_bandwidth.value.value, 0.05, 1.0);
}

core::Result<hwmodels::Machine> measure_rates(RunnerClient& runner) {
  const auto& hello = runner.hello();
  const auto from = measured(hello);
  const auto processors = static_cast<double>(hello.processors);
  const auto matrix = peak(runner, "peak_matrix");
  if (!matrix) return matrix.error();
  const auto bf16 = peak(runner, "peak_matrix_bf16");
  if (!bf16) return bf16.error();
  const auto exponentials = peak(runner, "peak_exp");
  if (!exponentials) return exponentials.error();
  const auto bandwidth = peak(runner, "read_bandwidth");
  if (!bandwidth) return bandwidth.error();
  hwmodels::Machine machine;
  machine.name = "local";
  machine.summary = hello.device_name;
  machine.processors = {processors, from};
  machine.clock_burst = machine.clock_sustained = {
      {kReferenceClock}, {core::Basis::kAssumed, "a cycle is a nanosecond: the rates are measured per second"}};
  machine.matrix_flop_per_clock[core::DType::kFp32] = {*matrix / processors / kReferenceClock, from};
  machine.matrix_flop_per_clock[core::DType::kBf16] = {*bf16 / processors / kReferenceClock, from};
  machine.exp_per_clock = {*exponentials / processors / kReferenceClock, from};
  machine.memory_bandwidth = {{*bandwidth}, from};
  machine.memory_size = {{static_cast<double>(hello.memory_bytes)}, from};
  machine.cache_size = {{static_cast<double>(std::max<std::int64_t>(hello.last_cache_bytes, 1 << 20))}, from};
  machine.cache_usable = {0.5, {core::Basis::kAssumed, "half of the last level for one data set"}};
  machine.gemm_share = {0.8, {core::Basis::kAssumed, "large products of a good library"}};
  machine.stream_share = {0.8, {core::Basis::kAssumed, "element-wise operators, reads and writes"}};
  return machine;
}

core::Result<hwmodels::KernelConstants> measure_kernel(RunnerClient& runner, const LocalKernel& kernel, const hwmodels::KernelModel& model,
                                                        const hwmodels::Machine& machine) {
  sim::CountCache counts;
  std::vector<TimedCase> cases;
  for (const auto& trial : kTrials) {
    const auto shape = trial_case(trial, kernel, static_cast<std::int64_t>(machine.processors.value));
    auto work = sim::tile_work(shape, model, model.tiles.front(), counts);
    if (!work) return work.error();
    const auto seconds = timed(runner, shape);
    if (!seconds) return seconds.error();
    cases.push_back({shape, std::move(*work), *seconds});
  }
  auto constants = fit_constants(cases, model, machine, unknown_constants(), kLeastLocalError);
  if (!constants) return constants.error();
  const auto share = decode_bandwidth_share(runner, kernel, machine);
  if (!share) return share.error();
  constants->bandwidth_share = *share;
  constants->from = {core::Basis::kFitted, fmt::format("{} cases of {} on this machine", kTrials.size(), runner.hello().runner)};
  return constants;
}

core::Result<hwmodels::Machine> measure_machine(RunnerClient& runner, const std::map<std::string, hwmodels::KernelModel>& models) {
  auto machine = measure_rates(runner);
  if (!machine) return machine.error();
  for (const auto& kernel : kKernels) {
    auto constants = measure_kernel(runner, kernel, models.at(kernel.name), *machine);
    if (!constants) return constants.error();
    if (machine->kernels.empty()) machine->launch = {constants->call, constants->from};
    machine->kernels.emplace(kernel.name, std::move(*constants));
  }
  return machine;
}

bool has_all_kernels(const auto& by_name) {
  return std::all_of(kKernels.begin(), kKernels.end(), [&](const LocalKernel& kernel) { return by_name.contains(kernel.name); });
}

}  // namespace

core::Result<LocalMachine> local_machine(RunnerClient& runner,
                                         const std::map<std::string, hwmodels::KernelModel>& kernels,
                                         const std::filesystem::path& cache_folder) {
  for (const auto& kernel : kKernels) {
    if (!kernels.contains(kernel.name)) return core::fail(core::Fault::kEnvironment, fmt::format("hwmodels/kernels has no {}.yaml", kernel.name));
  }
  const auto& hello = runner.hello();
  const auto path = cache_folder / fmt::format("local-{}-{}.yaml", hello.identity, hello.build);
  std::error_code ignored;
  if (!cache_folder.empty() && std::filesystem::exists(path, ignored)) {
    // A cache that cannot be read or lacks a kernel is measured again and replaced.
    if (auto cached = hwmodels::read_machine(path); cached && has_all_kernels(cached->kernels)) return LocalMachine{std::move(*cached), "measured before, kept in " + path.string()};
  }
  auto machine = measure_machine(runner, kernels);
  if (!machine) return machine.error();
  LocalMachine local{std::move(*machine), "measured just now"};
  if (cache_folder.empty()) {
    local.note += "; not kept: there is no home folder";
  } else if (const auto written = core::write_file_atomically(path, hwmodels::to_yaml(local.machine)); !written) {
    local.note += "; not kept: " + written.error().front().message;
  }
  return local;
}

}  // namespace spanwise::measure

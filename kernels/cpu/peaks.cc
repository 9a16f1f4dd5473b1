// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/peaks.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "core/documents/map_reader.h"
#include "kernels/cpu/aligned_buffer.h"
#include "kernels/cpu/device_facts.h"
#include "kernels/cpu/peak_ops.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/runner/timing.h"

namespace spanwise::kernels {
namespace {

constexpr std::int64_t kMaxThreads = 4096;
// About a millisecond on a core of a few GHz: long beside starting the threads, short beside a sample's
// budget.
constexpr std::int64_t kMultiplyRounds = 500'000;
constexpr std::size_t kExpElements = 2048;  // 8 KiB in, 8 KiB out
constexpr std::int64_t kExpRepeats = 1000;
constexpr std::int64_t kMinReadBytes = std::int64_t{64} << 20;
constexpr std::size_t kReadWords = 1 << 15;  // words of one item: 256 KiB

// Times run() and makes the rate from `amount` units of work a sample.
Measurement measure_rate(const Request& request, const std::function<void()>& run, double amount,
                         const char* unit) {
  Measurement measurement;
  measurement.times = time_runs(request.time.value_or(TimeRequest{}), request.shape.regime, [&] { return wall_ms(run); });
  measurement.rate = Rate{amount / (measurement.times->p05 * 1e-3), unit};
  return measurement;
}

Measurement measure_matrix(const Request& request, const PeakOps& ops, core::ThreadPool& pool) {
  const auto threads = static_cast<std::size_t>(pool.threads());
  const double amount =
      ops.multiply_add(1) * static_cast<double>(kMultiplyRounds) * static_cast<double>(threads);
  const auto run = [&] { pool.run(threads, [&](std::size_t, int) { ops.multiply_add(kMultiplyRounds); }); };
  return measure_rate(request, run, amount, "FLOP/s");
}

Measurement measure_exp(const Request& request, const TileOps& ops, core::ThreadPool& pool) {
  const auto threads = static_cast<std::size_t>(pool.threads());
  AlignedBuffer<float> memory(2 * kExpElements * threads);
  for (std::size_t i = 0; i < memory.size(); ++i)
    memory.data()[i] = -0.01f * static_cast<float>(i % kExpElements);
  const auto run = [&] {
    pool.run(threads, [&](std::size_t item, int) {
      float* x = memory.data() + 2 * kExpElements * item;
      for (std::int64_t i = 0; i < kExpRepeats; ++i) ops.exp2(x, x + kExpElements, kExpElements);
    });
  };
  return measure_rate(request, run, static_cast<double>(kExpElements * kExpRepeats * threads), "exp/s");
}

Measurement measure_read(const Request& request, const PeakOps& ops, const DeviceFacts& device,
                         core::ThreadPool& pool) {
  std::int64_t last_cache = 0;
  for (const auto& [level, bytes] : device.caches) last_cache = std::max(last_cache, bytes);
  const std::int64_t bytes = std::max(kMinReadBytes, 4 * last_cache);
  if (available_memory() > 0 && bytes > available_memory() / 5 * 4) {
    return refusal(MeasurementStatus::kOutOfMemory, fmt::format("read_bandwidth needs {} bytes", bytes));
  }
  const std::size_t items = static_cast<std::size_t>(bytes) / (kReadWords * sizeof(std::uint64_t));
  AlignedBuffer<std::uint64_t> memory(items * kReadWords);
  // The thread that reads a part first touches it too, where the system places memory by first touch.
  pool.run(items,
           [&](std::size_t item, int) { std::fill_n(memory.data() + item * kReadWords, kReadWords, item); });
  std::atomic<std::uint64_t> sum{0};
  const auto run = [&] {
    pool.run(items,
             [&](std::size_t item, int) { sum += ops.read(memory.data() + item * kReadWords, kReadWords); });
  };
  return measure_rate(request, run, static_cast<double>(memory.size() * sizeof(std::uint64_t)), "B/s");
}

Measurement measure_launch(const Request& request, core::ThreadPool& pool) {
  const auto threads = static_cast<std::size_t>(pool.threads());
  Measurement measurement;
  measurement.times = time_runs(request.time.value_or(TimeRequest{}), request.shape.regime,
                                [&] { return wall_ms([&] { pool.run(threads, [](std::size_t, int) {}); }); });
  return measurement;
}

// The "threads" of params, or the default.
core::Result<int> wanted_threads(const std::string& params, int fallback) {
  const auto document = documents::parse_json(params, "params");
  if (!document) return document.error();
  documents::Context context("params");
  documents::MapReader map(document->root, context, "params");
  const auto threads = map.integer_or("threads", {1, kMaxThreads}, fallback);
  map.finish();
  if (!context.ok()) return context.take();
  return static_cast<int>(threads);
}

}  // namespace

Measurement measure_peak(const Request& request, std::string_view isa, const DeviceFacts& device,
                         core::ThreadPool& pool) {
  const auto threads = wanted_threads(request.shape.params, pool.threads());
  if (!threads) return refusal(MeasurementStatus::kUnsupported, threads.error().front().message);
  if (*threads != pool.threads()) {
    core::ThreadPool other(*threads);
    Request same = request;
    same.shape.params = "{}";
    return measure_peak(same, isa, device, other);
  }
  const auto& op = request.shape.op;
  const auto& fp32 = best_tile_ops(core::DType::kFp32, isa);
  const auto& bf16 = best_tile_ops(core::DType::kBf16, isa);
  if (op == "peak_matrix") return measure_matrix(request, peak_ops(fp32.isa), pool);
  if (op == "peak_matrix_bf16") return measure_matrix(request, peak_ops(bf16.isa), pool);
  if (op == "peak_exp") return measure_exp(request, fp32, pool);
  if (op == "read_bandwidth") return measure_read(request, peak_ops(fp32.isa), device, pool);
  core::ensure(op == "launch", "measure_peak: unknown op");
  return measure_launch(request, pool);
}

}  // namespace spanwise::kernels

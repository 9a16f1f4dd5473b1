// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_peaks.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/documents/map_reader.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/launch_timer.h"
#include "kernels/cuda/peak_kernels.h"
#include "kernels/cuda/tensor_map.h"

namespace spanwise::kernels {
namespace {

// In half of the second-level cache, the part that every multiprocessor has near (hwmodels/machines, `usable`), with room
// to spare.
constexpr std::int64_t kCacheShare = 4;
// A read, or a half of a copy: many times the second-level cache, and about 0.2 ms.
constexpr std::int64_t kStreamBytes = std::int64_t{1} << 30;

// Times launch() and makes the rate from `amount` units of work a launch.
Measurement measure_rate(const Request& request, const CudaDevice& device, const std::function<cudaError_t()>& launch,
                         double amount, const char* unit) {
  Measurement measurement;
  time_launches(request, LaunchTimer::kEvents, device.nvml, [&] { check_cuda(launch(), "launching a peak kernel"); },
                measurement);
  if (unit) measurement.rate = Rate{amount / (measurement.times->p05 * 1e-3), unit};
  return measurement;
}

// The "blocks" of params.
core::Result<int> wanted_blocks(const std::string& params) {
  const auto document = documents::parse_json(params, "params");
  if (!document) return document.error();
  documents::Context context("params");
  documents::MapReader map(document->root, context, "params");
  const auto blocks = map.integer_or("blocks", {1, 4}, 1);
  map.finish();
  if (!context.ok()) return context.take();
  if (blocks == 3) return core::fail(core::Fault::kInput, "'blocks' is 3, allowed: 1, 2, 4");
  return static_cast<int>(blocks);
}

Measurement measure_l2(const Request& request, const CudaDevice& device) {
  const auto blocks = wanted_blocks(request.shape.params);
  if (!blocks) return refusal(MeasurementStatus::kUnsupported, blocks.error().front().message);
  const std::int64_t tiles = std::max<std::int64_t>(1, device.l2_bytes / kCacheShare / kPeakTileBytes);
  const auto words = std::max<std::size_t>(1, static_cast<std::size_t>(tiles) * kPeakTileBytes / sizeof(uint4));
  const DeviceBuffer<uint4> memory(words);
  check_cuda(launch_fill(memory.data(), words), "filling the tiles");
  const auto map = make_map(memory.data(), true, {1, tiles * 128, 128, 128, 2});
  if (!map) return refusal(MeasurementStatus::kError, map.error().front().message);
  const auto launch = [&] { return launch_tile_loads(device.processors, *blocks, *map, static_cast<int>(tiles)); };
  return measure_rate(request, device, launch,
                      static_cast<double>(kPeakTileBytes) * kPeakTileLoads * device.processors, "B/s");
}

Measurement measure_stream(const Request& request, const CudaDevice& device, bool copy) {
  constexpr std::size_t kWords = kStreamBytes / sizeof(uint4);
  static_assert(kWords % kPeakWords == 0);
  const DeviceBuffer<uint4> from(kWords), to(copy ? kWords : 0);
  const DeviceBuffer<std::uint32_t> never(1);
  check_cuda(launch_fill(from.data(), kWords), "filling the memory");
  if (copy) {
    const auto launch = [&] { return launch_copy(from.data(), to.data(), kWords); };
    return measure_rate(request, device, launch, 2.0 * kStreamBytes, "B/s");
  }
  const auto launch = [&] { return launch_read(device.processors, from.data(), kWords, never.data()); };
  return measure_rate(request, device, launch, static_cast<double>(kStreamBytes), "B/s");
}

}  // namespace

Measurement measure_cuda_peak(const Request& request, const CudaDevice& device) {
  const auto& op = request.shape.op;
  if (op == "l2_bandwidth") return measure_l2(request, device);
  if (request.shape.params != "{}") {
    return refusal(MeasurementStatus::kUnsupported, fmt::format("{} takes no params, not {}", op, request.shape.params));
  }
  if (op == "copy_bandwidth" || op == "read_bandwidth") return measure_stream(request, device, op == "copy_bandwidth");
  const DeviceBuffer<float> never(1);
  const DeviceBuffer<std::uint32_t> never_word(1);
  const int n = device.processors;
  if (op == "peak_matrix_bf16") {
    return measure_rate(request, device, [&] { return launch_matrix_peak(n, never.data()); }, matrix_flops(n), "FLOP/s");
  }
  if (op == "peak_exp") {
    return measure_rate(request, device, [&] { return launch_exp_peak(n, never.data()); }, exp_results(n), "exp/s");
  }
  if (op == "shared_bandwidth") {
    return measure_rate(request, device, [&] { return launch_shared_reads(n, never_word.data()); }, shared_bytes(n), "B/s");
  }
  core::ensure(op == "launch", "measure_cuda_peak: unknown op");
  return measure_rate(request, device, launch_nothing, 0, nullptr);
}

}  // namespace spanwise::kernels

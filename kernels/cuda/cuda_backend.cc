// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_backend.h"

#include <cuda_runtime.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/random.h"
#include "core/suggest.h"
#include "kernels/cpu/device_facts.h"
#include "kernels/cuda/cuda_peaks.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/run_plan.h"

namespace spanwise::kernels {
namespace {

// Major compute capabilities: the least that mma.sync, ldmatrix and cp.async need, and the one whose kernel is its own.
constexpr int kAmpere = 8, kHopper = 9;
constexpr std::int64_t kMaxHopperHeadDim = 256, kMaxMmaHeadDim = 128;

Hello make_hello(const cudaDeviceProp& device) {
  Hello hello;
  hello.runner = "spanwise-cuda";
  hello.build = own_fingerprint();
  hello.device.name = device.name;
  hello.device.kind = "cuda";
  hello.device.isa = fmt::format("sm_{}{}", device.major, device.minor);
  hello.device.processors = device.multiProcessorCount;
  hello.device.memory_bytes = static_cast<std::int64_t>(device.totalGlobalMem);
  hello.device.caches = {{"l2", device.l2CacheSize},
                         {"shared", static_cast<std::int64_t>(device.sharedMemPerMultiprocessor)}};
  const auto identity = fmt::format("{} {} {} {}", device.name, device.multiProcessorCount, device.l2CacheSize,
                                    device.totalGlobalMem >> 30);
  hello.device.identity = fmt::format("{:016x}", core::fingerprint(identity.data(), identity.size()));
  const auto add = [&](const char* name, std::int64_t max_head_dim) {
    hello.kernels.push_back({name, "attention", {"bf16", "fp16"}, kCudaQueryTile, cuda_key_tile({}), max_head_dim});
  };
  if (device.major == kHopper) add(kHopperKernel, kMaxHopperHeadDim);
  add(kMmaKernel, kMaxMmaHeadDim);
  hello.ops = {"attention"};
  if (device.major == kHopper) hello.ops.insert(hello.ops.end(), std::begin(kCudaPeakOps), std::end(kCudaPeakOps));
  return hello;
}

}  // namespace

CudaBackend::CudaBackend(Hello hello, CudaDevice device, std::optional<Nvml> nvml, std::vector<std::string> counters, double slowdown)
    : hello_(std::move(hello)),
      nvml_(std::move(nvml)),
      device_(device),
      counters_(std::move(counters)),
      slowdown_(slowdown),
      pool_(core::available_processors()) {
  device_.nvml = nvml_ ? &*nvml_ : nullptr;
}

core::Result<std::unique_ptr<Backend>> CudaBackend::open(std::vector<std::string> counters, double slowdown) {
  int count = 0;
  const auto found = cudaGetDeviceCount(&count);
  if (found != cudaSuccess || count == 0) {
    return core::fail(core::Fault::kEnvironment,
                      fmt::format("no CUDA device: {}", found != cudaSuccess ? cudaGetErrorString(found) : "none found"),
                      "`spanwise-cpu` measures on the processor");
  }
  cudaDeviceProp device{};
  if (const auto error = cudaGetDeviceProperties(&device, 0); error != cudaSuccess) {
    return core::fail(core::Fault::kEnvironment, fmt::format("the CUDA device: {}", cudaGetErrorString(error)));
  }
  if (device.major < kAmpere) {
    return core::fail(core::Fault::kEnvironment,
                      fmt::format("{} has compute capability {}.{}; the kernels need 8.0 (Ampere) or later", device.name,
                                  device.major, device.minor));
  }
  // By its place on the bus: the driver's numbers are not the runtime's where CUDA_VISIBLE_DEVICES hides some.
  char bus_id[32] = {};
  std::optional<Nvml> nvml;
  if (cudaDeviceGetPCIBusId(bus_id, sizeof(bus_id), 0) == cudaSuccess) nvml = Nvml::open(bus_id);
  auto hello = make_hello(device);
  if (nvml) hello.device.driver = nvml->driver();
  return std::unique_ptr<Backend>(new CudaBackend(
      std::move(hello), {device.major == kHopper, device.multiProcessorCount, device.l2CacheSize, nullptr}, std::move(nvml), std::move(counters), slowdown));
}

Measurement CudaBackend::measure(const Request& asked) {
  Request request = asked;
  if (request.counters.empty()) request.counters = counters_;
  const auto& op = request.shape.op;
  try {
    if (op == "attention") return measure_cuda_attention(request, device_, pool_, slowdown_);
    if (std::find(hello_.ops.begin(), hello_.ops.end(), op) != hello_.ops.end()) {
      return measure_cuda_peak(request, device_);
    }
  } catch (const CudaError& error) {
    broken_ = true;
    return refusal(MeasurementStatus::kError, error.what());
  }
  return refusal(MeasurementStatus::kUnsupported,
                 fmt::format("unknown op '{}': {}", op, core::suggestion(op, hello_.ops)));
}

}  // namespace spanwise::kernels

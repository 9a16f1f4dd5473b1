// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/counters.h"

#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>
#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>

#include "kernels/cuda/cupti_library.h"
#include "kernels/cuda/device_buffer.h"

namespace spanwise::kernels {
namespace {

constexpr const char* kRange = "launch";
constexpr std::size_t kMaxPasses = 64;

struct CounterError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Calls the function of that name with its parameters.
template <class Parameters>
void call(const char* name, Parameters& parameters) {
  const auto* library = cupti_library();
  if (!library) throw CounterError("CUPTI is not found");
  const auto function = library->function<CUptiResult(Parameters*)>(name);
  if (!function) throw CounterError(fmt::format("this CUPTI has no {}", name));
  const auto result = function(&parameters);
  if (result == CUPTI_SUCCESS) return;
  if (result == CUPTI_ERROR_INSUFFICIENT_PRIVILEGES) {
    throw CounterError("counters need a permission that this machine does not give (NVIDIA's ERR_NVGPUCTRPERM)");
  }
  const char* text = nullptr;
  const auto describe = library->function<CUptiResult(CUptiResult, const char**)>("cuptiGetResultString");
  if (!describe || describe(result, &text) != CUPTI_SUCCESS) text = "unknown";
  throw CounterError(fmt::format("{} failed: {} ({})", name, text, static_cast<int>(result)));
}

// Parameters with their size filled in.
#define SPANWISE_PARAMETERS(type, name) \
  type name = {};                       \
  name.structSize = type##_STRUCT_SIZE

// Which counters a set of metrics needs, and the metrics' values from them.
class Host {
 public:
  Host(const std::vector<std::string>& metrics, std::vector<std::uint8_t> available) : available_(std::move(available)) {
    for (const auto& metric : metrics) names_.push_back(metric.c_str());
    SPANWISE_PARAMETERS(CUpti_Device_GetChipName_Params, chip);
    call("cuptiDeviceGetChipName", chip);
    SPANWISE_PARAMETERS(CUpti_Profiler_Host_Initialize_Params, host);
    host.profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER;
    host.pChipName = chip.pChipName;
    host.pCounterAvailabilityImage = available_.data();
    call("cuptiProfilerHostInitialize", host);
    host_ = host.pHostObject;
  }
  // For a metric that the card does not have, where adding it would only say that a parameter is invalid.
  void require_known() const {
    for (const char* name : names_) {
      SPANWISE_PARAMETERS(CUpti_Profiler_Host_GetMetricProperties_Params, properties);
      properties.pHostObject = host_;
      properties.pMetricName = name;
      try {
        call("cuptiProfilerHostGetMetricProperties", properties);
      } catch (const CounterError&) {
        throw CounterError(fmt::format("'{}' is no metric of this card", name));
      }
    }
  }
  ~Host() {
    SPANWISE_PARAMETERS(CUpti_Profiler_Host_Deinitialize_Params, host);
    host.pHostObject = host_;
    cupti_library()->function<decltype(cuptiProfilerHostDeinitialize)>("cuptiProfilerHostDeinitialize")(&host);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::vector<const char*>& names() { return names_; }

  std::vector<std::uint8_t> config() {
    SPANWISE_PARAMETERS(CUpti_Profiler_Host_ConfigAddMetrics_Params, add);
    add.pHostObject = host_;
    add.ppMetricNames = names_.data();
    add.numMetrics = names_.size();
    call("cuptiProfilerHostConfigAddMetrics", add);
    SPANWISE_PARAMETERS(CUpti_Profiler_Host_GetConfigImageSize_Params, size);
    size.pHostObject = host_;
    call("cuptiProfilerHostGetConfigImageSize", size);
    std::vector<std::uint8_t> image(size.configImageSize);
    SPANWISE_PARAMETERS(CUpti_Profiler_Host_GetConfigImage_Params, get);
    get.pHostObject = host_;
    get.configImageSize = image.size();
    get.pConfigImage = image.data();
    call("cuptiProfilerHostGetConfigImage", get);
    return image;
  }

  std::vector<double> values(const std::vector<std::uint8_t>& data) {
    std::vector<double> values(names_.size());
    SPANWISE_PARAMETERS(CUpti_Profiler_Host_EvaluateToGpuValues_Params, evaluate);
    evaluate.pHostObject = host_;
    evaluate.pCounterDataImage = data.data();
    evaluate.counterDataImageSize = data.size();
    evaluate.ppMetricNames = names_.data();
    evaluate.numMetrics = names_.size();
    evaluate.pMetricValues = values.data();
    call("cuptiProfilerHostEvaluateToGpuValues", evaluate);
    return values;
  }

 private:
  std::vector<std::uint8_t> available_;
  std::vector<const char*> names_;
  CUpti_Profiler_Host_Object* host_ = nullptr;
};

CUcontext current_context() {
  void* address = nullptr;
  cudaDriverEntryPointQueryResult found{};
  check_cuda(cudaGetDriverEntryPointByVersion("cuCtxGetCurrent", &address, 12000, cudaEnableDefault, &found),
             "looking for cuCtxGetCurrent");
  CUcontext context = nullptr;
  if (found != cudaDriverEntryPointSuccess ||
      reinterpret_cast<CUresult (*)(CUcontext*)>(address)(&context) != CUDA_SUCCESS || context == nullptr) {
    throw CounterError("there is no CUDA context");
  }
  return context;
}

// The counters of the current context.
class RangeProfiler {
 public:
  RangeProfiler() {
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_Enable_Params, enable);
    enable.ctx = current_context();
    call("cuptiRangeProfilerEnable", enable);
    profiler_ = enable.pRangeProfilerObject;
  }
  ~RangeProfiler() {
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_Disable_Params, disable);
    disable.pRangeProfilerObject = profiler_;
    cupti_library()->function<decltype(cuptiRangeProfilerDisable)>("cuptiRangeProfilerDisable")(&disable);
  }
  RangeProfiler(const RangeProfiler&) = delete;
  RangeProfiler& operator=(const RangeProfiler&) = delete;

  // The counter data of one launch.
  std::vector<std::uint8_t> run(Host& host, const std::function<void()>& launch) {
    const auto config = host.config();
    auto data = empty_data(host.names());
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_SetConfig_Params, set);
    set.pRangeProfilerObject = profiler_;
    set.configSize = config.size();
    set.pConfig = config.data();
    set.counterDataImageSize = data.size();
    set.pCounterDataImage = data.data();
    set.range = CUPTI_UserRange;
    set.replayMode = CUPTI_UserReplay;
    set.maxRangesPerPass = 1;
    set.numNestingLevels = 1;
    set.minNestingLevel = 1;
    set.targetNestingLevel = 1;
    call("cuptiRangeProfilerSetConfig", set);
    bool done = false;
    for (std::size_t pass = 0; !done; ++pass) {
      if (pass == kMaxPasses) throw CounterError(fmt::format("these metrics need more than {} launches", kMaxPasses));
      done = run_pass(launch);
    }
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_DecodeData_Params, decode);
    decode.pRangeProfilerObject = profiler_;
    call("cuptiRangeProfilerDecodeData", decode);
    return data;
  }

 private:
  std::vector<std::uint8_t> empty_data(std::vector<const char*>& names) {
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_GetCounterDataSize_Params, size);
    size.pRangeProfilerObject = profiler_;
    size.pMetricNames = names.data();
    size.numMetrics = names.size();
    size.maxNumOfRanges = 1;
    size.maxNumRangeTreeNodes = 1;
    call("cuptiRangeProfilerGetCounterDataSize", size);
    std::vector<std::uint8_t> data(size.counterDataSize);
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_CounterDataImage_Initialize_Params, initialize);
    initialize.pRangeProfilerObject = profiler_;
    initialize.counterDataSize = data.size();
    initialize.pCounterData = data.data();
    call("cuptiRangeProfilerCounterDataImageInitialize", initialize);
    return data;
  }

  // Whether it was the last one.
  bool run_pass(const std::function<void()>& launch) {
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_Start_Params, start);
    start.pRangeProfilerObject = profiler_;
    call("cuptiRangeProfilerStart", start);
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_PushRange_Params, push);
    push.pRangeProfilerObject = profiler_;
    push.pRangeName = kRange;
    call("cuptiRangeProfilerPushRange", push);
    launch();
    check_cuda(cudaDeviceSynchronize(), "waiting for the kernels");
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_PopRange_Params, pop);
    pop.pRangeProfilerObject = profiler_;
    call("cuptiRangeProfilerPopRange", pop);
    SPANWISE_PARAMETERS(CUpti_RangeProfiler_Stop_Params, stop);
    stop.pRangeProfilerObject = profiler_;
    call("cuptiRangeProfilerStop", stop);
    return stop.isAllPassSubmitted != 0;
  }

  CUpti_RangeProfiler_Object* profiler_ = nullptr;
};

void initialize() {
  SPANWISE_PARAMETERS(CUpti_Profiler_Initialize_Params, parameters);
  call("cuptiProfilerInitialize", parameters);
}

std::vector<std::uint8_t> available_counters() {
  SPANWISE_PARAMETERS(CUpti_Profiler_GetCounterAvailability_Params, get);
  call("cuptiProfilerGetCounterAvailability", get);
  std::vector<std::uint8_t> image(get.counterAvailabilityImageSize);
  get.pCounterAvailabilityImage = image.data();
  call("cuptiProfilerGetCounterAvailability", get);
  return image;
}

}  // namespace

const std::vector<std::string>& default_counters() {
  static const std::vector<std::string> names = {
      "sm__cycles_active.avg",
      "gpu__time_duration.sum",
      "sm__pipe_tensor_op_hmma_cycles_active.avg.pct_of_peak_sustained_active",
      "sm__inst_executed_pipe_xu.sum",
      "dram__bytes_read.sum",
      "dram__bytes_write.sum",
      "lts__t_bytes.sum",
      "l1tex__m_xbar2l1tex_read_bytes_mem_global_op_tma_ld.sum"};
  return names;
}

core::Result<std::vector<double>> read_counters(const std::vector<std::string>& metrics,
                                                const std::function<void()>& launch) {
  try {
    initialize();
    Host host(metrics, available_counters());
    host.require_known();
    RangeProfiler profiler;
    return host.values(profiler.run(host, launch));
  } catch (const CounterError& error) {
    return core::fail(core::Fault::kEnvironment, error.what());
  }
}

}  // namespace spanwise::kernels

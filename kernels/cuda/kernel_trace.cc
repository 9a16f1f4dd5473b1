// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/kernel_trace.h"

#include <cupti.h>

#include <cstddef>
#include <cstdlib>
#include <mutex>

#include "kernels/cuda/cupti_library.h"

namespace spanwise::kernels {
namespace {

// Of all kernel records since CUDA 8 the begin is the same, whichever of them a CUPTI older or newer than its header
// writes.
using Record = CUpti_ActivityKernel4;
static_assert(offsetof(Record, start) == offsetof(CUpti_ActivityKernel9, start) &&
              offsetof(Record, end) == offsetof(CUpti_ActivityKernel9, end) &&
              offsetof(Record, name) == offsetof(CUpti_ActivityKernel9, name));

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

struct Functions {
  decltype(cuptiActivityRegisterCallbacks)* register_callbacks = nullptr;
  decltype(cuptiActivityEnable)* enable = nullptr;
  decltype(cuptiActivityDisable)* disable = nullptr;
  decltype(cuptiActivityFlushAll)* flush = nullptr;
  decltype(cuptiActivityGetNextRecord)* next = nullptr;
};

// CUPTI's callbacks carry no data of ours; they may come from a thread of its own.
struct State {
  Functions cupti;
  std::mutex mutex;
  std::vector<KernelSpan> spans;
};

State& state() {
  static State one;
  return one;
}

void CUPTIAPI give_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records) {
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(8, kBufferBytes));
  *size = *buffer ? kBufferBytes : 0;
  *most_records = 0;  // as many as fit
}

void CUPTIAPI read_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid) {
  {
    auto& own = state();
    const std::lock_guard lock(own.mutex);
    CUpti_Activity* activity = nullptr;
    while (own.cupti.next(buffer, valid, &activity) == CUPTI_SUCCESS) {
      if (activity->kind != CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) continue;
      const auto* kernel = reinterpret_cast<const Record*>(activity);
      own.spans.push_back({kernel->start, kernel->end, kernel->name ? kernel->name : ""});
    }
  }
  std::free(buffer);
}

bool load(const SharedLibrary& library, Functions& cupti) {
  cupti.register_callbacks = library.function<decltype(cuptiActivityRegisterCallbacks)>("cuptiActivityRegisterCallbacks");
  cupti.enable = library.function<decltype(cuptiActivityEnable)>("cuptiActivityEnable");
  cupti.disable = library.function<decltype(cuptiActivityDisable)>("cuptiActivityDisable");
  cupti.flush = library.function<decltype(cuptiActivityFlushAll)>("cuptiActivityFlushAll");
  cupti.next = library.function<decltype(cuptiActivityGetNextRecord)>("cuptiActivityGetNextRecord");
  return cupti.register_callbacks && cupti.enable && cupti.disable && cupti.flush && cupti.next &&
         cupti.register_callbacks(give_buffer, read_buffer) == CUPTI_SUCCESS;
}

}  // namespace

std::unique_ptr<KernelTrace> KernelTrace::open() {
  static const bool loaded = [] {
    const auto* library = cupti_library();
    return library && load(*library, state().cupti);
  }();
  if (!loaded || state().cupti.enable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) != CUPTI_SUCCESS) return nullptr;
  return std::unique_ptr<KernelTrace>(new KernelTrace);
}

KernelTrace::~KernelTrace() {
  take();
  state().cupti.disable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
}

std::vector<KernelSpan> KernelTrace::take() {
  auto& own = state();
  own.cupti.flush(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  const std::lock_guard lock(own.mutex);
  std::vector<KernelSpan> spans;
  spans.swap(own.spans);
  return spans;
}

}  // namespace spanwise::kernels

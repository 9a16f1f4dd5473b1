// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch_timer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "kernels/cuda/card_watch.h"
#include "kernels/cuda/clock_stamp.h"
#include "kernels/cuda/counters.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/kernel_trace.h"
#include "kernels/runner/timing.h"

namespace spanwise::kernels {
namespace {

// Launches between two events, so that a sample of a short kernel is not the time of the events.
constexpr double kSampleMilliseconds = 0.5;
constexpr int kMaxLaunches = 20;
// Of the regime burst (docs/time_model.md): an idle card, then at most this much work.
constexpr double kBurstMilliseconds = 20;
constexpr std::chrono::milliseconds kBurstPause{60};
// Keeps the device behind the host while a sample is enqueued, so that no launch is waited for: about 100 us, for 20
// launches of 2 to 3 us each on the host.
constexpr long long kDelayCycles = 200'000;
// Below it what lies between two launches, 1 to 2 us, is more than a few percent.
constexpr double kShortMilliseconds = 0.05;
constexpr int kLostTraces = 3;  // in a row, before a case is given up

class Event {
 public:
  Event() { check_cuda(cudaEventCreate(&event_), "cudaEventCreate"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record() { check_cuda(cudaEventRecord(event_), "cudaEventRecord"); }
  void wait() { check_cuda(cudaEventSynchronize(event_), "waiting for the kernels"); }
  float since(const Event& begin) {
    float milliseconds = 0;
    check_cuda(cudaEventElapsedTime(&milliseconds, begin.event_, event_), "cudaEventElapsedTime");
    return milliseconds;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

class Sampler {
 public:
  Sampler(patterns::Regime regime, const Nvml* nvml, const std::function<void()>& launch, double slowdown)
      : regime_(regime), launch_(launch), slowdown_(slowdown), watch_(nvml), stamps_(2) {}

  // Of launches shorter than 50 us, if CUPTI is there and sees them.
  void trace_if_short() {
    if (by_events() >= kShortMilliseconds) return;
    trace_ = KernelTrace::open();
    if (trace_ && !by_trace()) trace_.reset();
  }

  // Milliseconds of one launch.
  double sample() {
    if (!trace_) return by_events();
    for (int lost = 0; lost < kLostTraces; ++lost) {
      if (const auto milliseconds = by_trace()) return *milliseconds;
    }
    throw std::runtime_error("CUPTI lost records of the timed kernels");
  }

  bool traces() const { return trace_ != nullptr; }

  Conditions conditions() {
    auto conditions = watch_.finish();
    if (nanoseconds_ > 0) conditions.clock_mhz = static_cast<double>(cycles_) / static_cast<double>(nanoseconds_) * 1e3;
    return conditions;
  }

 private:
  double by_events() {
    pause_after_burst();
    run();
    return milliseconds_;
  }

  std::optional<double> by_trace() {
    pause_after_burst();
    check_cuda(cudaDeviceSynchronize(), "waiting for the kernels");  // their records are not of this sample
    trace_->take();
    const int launches = launches_;
    run();
    const auto spans = trace_->take();
    const auto milliseconds = launch_milliseconds(spans, launches, {"stamp_clock", "delay", "slow_down"});
    return milliseconds ? std::optional(*milliseconds + named_milliseconds(spans, "slow_down") / launches) : std::nullopt;
  }

  void pause_after_burst() {
    if (regime_ != patterns::Regime::kBurst || burst_left_ > 0) return;
    std::this_thread::sleep_for(kBurstPause);
    burst_left_ = kBurstMilliseconds;
    launch_();
    burst_left_ -= milliseconds_;
  }

  void run() {
    watch_.set_working(true);
    check_cuda(launch_delay(kDelayCycles, nullptr), "launching a delay");
    check_cuda(launch_clock_stamp(stamps_.data(), nullptr), "launching a stamp");
    begin_.record();
    for (int i = 0; i < launches_; ++i) launch_();
    slow_down();
    end_.record();
    check_cuda(launch_clock_stamp(stamps_.data() + 1, nullptr), "launching a stamp");
    end_.wait();
    watch_.set_working(false);
    const double elapsed = static_cast<double>(end_.since(begin_));
    milliseconds_ = elapsed / launches_;
    burst_left_ -= elapsed;
    launches_ = std::clamp(static_cast<int>(std::ceil(kSampleMilliseconds / std::max(milliseconds_, 1e-3))), 1, kMaxLaunches);
    add_clock();
  }

  // Longer by a share of what the launches take, as the last sample tells it: the share of that was slowdown, too.
  void slow_down() {
    if (slowdown_ <= 0 || nanoseconds_ <= 0) return;
    const double cycles_a_millisecond = static_cast<double>(cycles_) / static_cast<double>(nanoseconds_) * 1e6;
    const double added_ms = milliseconds_ * launches_ * slowdown_ / (1 + slowdown_);
    check_cuda(launch_slow_down(static_cast<long long>(added_ms * cycles_a_millisecond), nullptr), "launching a slowdown");
  }

  void add_clock() {
    const auto stamps = stamps_.read();
    if (stamps[0].processor != stamps[1].processor) return;  // their counters have nothing in common
    cycles_ += stamps[1].cycles - stamps[0].cycles;
    nanoseconds_ += stamps[1].nanoseconds - stamps[0].nanoseconds;
  }

  patterns::Regime regime_;
  const std::function<void()>& launch_;
  double slowdown_;
  CardWatch watch_;
  std::unique_ptr<KernelTrace> trace_;
  DeviceBuffer<ClockStamp> stamps_;
  Event begin_, end_;
  int launches_ = 1;
  double milliseconds_ = 0;  // of the last sample, by events
  double burst_left_ = 0;
  std::int64_t cycles_ = 0, nanoseconds_ = 0;
};

}  // namespace

void time_launches(const Request& request, LaunchTimer timer, const Nvml* nvml, const std::function<void()>& launch,
                   Measurement& measurement, double slowdown) {
  {
    const auto regime = request.shape.regime;
    Sampler sampler(regime, nvml, launch, slowdown);
    if (timer == LaunchTimer::kShortest) sampler.trace_if_short();
    measurement.times = time_runs(request.time.value_or(TimeRequest{}), regime, [&] { return sampler.sample(); });
    measurement.timer = sampler.traces() ? "cupti" : "events";
    measurement.conditions = sampler.conditions();
  }  // the trace ends: CUPTI does not count while it records
  if (request.counters.empty()) return;
  const auto values = read_counters(request.counters, launch);
  if (!values) {
    measurement.counters_error = values.error().front().message;
    return;
  }
  for (std::size_t i = 0; i < values->size(); ++i) measurement.counters[request.counters[i]] = (*values)[i];
}

}  // namespace spanwise::kernels

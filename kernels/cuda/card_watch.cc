// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/card_watch.h"

#include <algorithm>
#include <chrono>

namespace spanwise::kernels {
namespace {

// Four readings in a burst of 20 ms.
constexpr std::chrono::milliseconds kPeriod{5};

}  // namespace

CardWatch::CardWatch(const Nvml* nvml) : nvml_(nvml) {
  if (nvml_) thread_ = std::thread([this] { watch(); });
}

CardWatch::~CardWatch() { finish(); }

void CardWatch::watch() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    const bool before = working_;
    const auto reading = nvml_->read();
    const bool counts = before && working_;
    lock.lock();
    if (counts) add(reading);
    wake_.wait_for(lock, kPeriod, [&] { return stop_; });
  }
}

void CardWatch::add(const NvmlReading& reading) {
  if (reading.power_w) {
    power_sum_ += *reading.power_w;
    ++power_readings_;
  }
  if (reading.temperature_c) temperature_c_ = std::max(temperature_c_.value_or(0), *reading.temperature_c);
  if (reading.throttle_reasons) throttle_reasons_ = throttle_reasons_.value_or(0) | *reading.throttle_reasons;
}

Conditions CardWatch::finish() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Conditions conditions;
  if (power_readings_ > 0) conditions.power_w = power_sum_ / power_readings_;
  conditions.temperature_c = temperature_c_;
  if (throttle_reasons_) conditions.throttled = throttle_text(*throttle_reasons_);
  return conditions;
}

}  // namespace spanwise::kernels

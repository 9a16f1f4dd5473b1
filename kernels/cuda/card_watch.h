// SPDX-License-Identifier: Apache-2.0
// Reads the card's sensors from a thread of its own while the card is timed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "kernels/cuda/nvml.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

class CardWatch {
 public:
  // Watches nothing where `nvml` is null; it must outlive the watch.
  explicit CardWatch(const Nvml* nvml);
  ~CardWatch();
  CardWatch(const CardWatch&) = delete;
  CardWatch& operator=(const CardWatch&) = delete;

  // Only readings taken wholly between set_working(true) and set_working(false) count.
  void set_working(bool working) { working_ = working; }

  // Ends the watch: mean power, highest temperature, all that held the clock down.
  Conditions finish();

 private:
  void watch();
  void add(const NvmlReading& reading);

  const Nvml* nvml_;
  std::atomic<bool> working_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  double power_sum_ = 0;
  int power_readings_ = 0;
  std::optional<double> temperature_c_;
  std::optional<std::uint64_t> throttle_reasons_;
  std::thread thread_;
};

}  // namespace spanwise::kernels

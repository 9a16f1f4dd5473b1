// SPDX-License-Identifier: Apache-2.0
// What the driver says of a card at work: power, temperature, what holds its clock down. The library comes with the
// driver (NVML API Reference, libnvidia-ml.so.1); its few functions that are needed are declared here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spanwise::kernels {

// A part that the card or the driver does not tell is absent.
struct NvmlReading {
  std::optional<double> power_w;        // now; cards without such a sensor: of the last second
  std::optional<double> temperature_c;  // of the processor
  std::optional<std::uint64_t> throttle_reasons;  // bits, for throttle_text
};

class Nvml {
 public:
  // Nothing where the library or the card ("0000:0f:00.0") is not found.
  static std::optional<Nvml> open(const std::string& pci_bus_id,
                                  const std::vector<std::string>& libraries = {"libnvidia-ml.so.1"});

  NvmlReading read() const;
  const std::string& driver() const { return driver_; }  // its version; empty: not told

 private:
  struct Field;  // nvmlFieldValue_t
  Nvml() = default;
  std::optional<double> power() const;

  std::string driver_;
  void* card_ = nullptr;  // nvmlDevice_t
  int (*field_values_)(void*, int, Field*) = nullptr;
  int (*power_usage_)(void*, unsigned*) = nullptr;
  int (*temperature_)(void*, int, unsigned*) = nullptr;
  int (*throttle_reasons_)(void*, unsigned long long*) = nullptr;
};

// "power_cap", "power_cap,thermal", "none"…; being idle or set to a clock by its owner does not count.
std::string throttle_text(std::uint64_t reasons);

}  // namespace spanwise::kernels

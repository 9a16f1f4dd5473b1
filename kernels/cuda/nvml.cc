// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/nvml.h"

#include "kernels/cuda/shared_library.h"

namespace spanwise::kernels {
namespace {

constexpr int kSuccess = 0;             // NVML_SUCCESS
constexpr unsigned kVersionBytes = 80;  // NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE
constexpr int kProcessorSensor = 0;     // NVML_TEMPERATURE_GPU
constexpr unsigned kPowerInstant = 186;  // NVML_FI_DEV_POWER_INSTANT, milliwatts
constexpr int kUnsignedInt = 1;          // NVML_VALUE_TYPE_UNSIGNED_INT

// nvmlClocksThrottleReason*
struct Reason {
  std::uint64_t bit;
  const char* name;
};
constexpr Reason kReasons[] = {{0x04, "power_cap"},        {0x08, "hardware"},    {0x10, "sync_boost"},
                               {0x20, "thermal"},          {0x40, "thermal_hardware"}, {0x80, "power_brake"}};

}  // namespace

struct Nvml::Field {
  unsigned id = 0, scope = 0;
  long long timestamp = 0, latency = 0;
  int type = 0, status = 0;
  union {
    unsigned number;
    unsigned long long bits = 0;
  };
};

std::optional<Nvml> Nvml::open(const std::string& pci_bus_id, const std::vector<std::string>& libraries) {
  const auto library = SharedLibrary::open(libraries);
  if (!library) return std::nullopt;
  const auto init = library->function<int()>("nvmlInit_v2");
  const auto find = library->function<int(const char*, void**)>("nvmlDeviceGetHandleByPciBusId_v2");
  Nvml nvml;
  if (!init || !find || init() != kSuccess || find(pci_bus_id.c_str(), &nvml.card_) != kSuccess) return std::nullopt;
  const auto version = library->function<int(char*, unsigned)>("nvmlSystemGetDriverVersion");
  if (char text[kVersionBytes] = {}; version && version(text, kVersionBytes) == kSuccess) nvml.driver_ = text;
  nvml.field_values_ = library->function<int(void*, int, Field*)>("nvmlDeviceGetFieldValues");
  nvml.power_usage_ = library->function<int(void*, unsigned*)>("nvmlDeviceGetPowerUsage");
  nvml.temperature_ = library->function<int(void*, int, unsigned*)>("nvmlDeviceGetTemperature");
  nvml.throttle_reasons_ =
      library->function<int(void*, unsigned long long*)>("nvmlDeviceGetCurrentClocksThrottleReasons");
  return nvml;
}

std::optional<double> Nvml::power() const {
  Field field;
  field.id = kPowerInstant;
  if (field_values_ && field_values_(card_, 1, &field) == kSuccess && field.status == kSuccess &&
      field.type == kUnsignedInt) {
    return field.number * 1e-3;
  }
  unsigned milliwatts = 0;
  if (power_usage_ && power_usage_(card_, &milliwatts) == kSuccess) return milliwatts * 1e-3;
  return std::nullopt;
}

NvmlReading Nvml::read() const {
  NvmlReading reading;
  reading.power_w = power();
  if (unsigned degrees = 0; temperature_ && temperature_(card_, kProcessorSensor, &degrees) == kSuccess) {
    reading.temperature_c = degrees;
  }
  if (unsigned long long bits = 0; throttle_reasons_ && throttle_reasons_(card_, &bits) == kSuccess) {
    reading.throttle_reasons = bits;
  }
  return reading;
}

std::string throttle_text(std::uint64_t reasons) {
  std::string text;
  for (const auto& [bit, name] : kReasons) {
    if ((reasons & bit) != 0) text += (text.empty() ? "" : ",") + std::string(name);
  }
  return text.empty() ? "none" : text;
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// Stands in for the driver's library: one card, at 512.5 W by its own sensor and 400 W on average, 61 degrees, held down
// by its power limit while it is also idle. With FAKE_NVML_OLD set the card has neither sensor nor temperature.
#include <cstdlib>
#include <cstring>

namespace {

struct Field {
  unsigned id, scope;
  long long timestamp, latency;
  int type, status;
  union {
    unsigned number;
    unsigned long long bits;
  };
};

int card;

bool old() { return std::getenv("FAKE_NVML_OLD") != nullptr; }

}  // namespace

extern "C" {

int nvmlInit_v2() { return 0; }

int nvmlSystemGetDriverVersion(char* text, unsigned bytes) {
  std::strncpy(text, "580.00.01", bytes - 1);
  return 0;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, void** device) {
  *device = &card;
  return std::strcmp(bus_id, "0000:0f:00.0") == 0 ? 0 : 6;
}

int nvmlDeviceGetFieldValues(void* device, int count, Field* fields) {
  if (device != &card || count != 1 || fields[0].id != 186) return 2;
  fields[0].status = old() ? 3 : 0;
  fields[0].type = 1;
  fields[0].number = 512500;
  return 0;
}

int nvmlDeviceGetPowerUsage(void* device, unsigned* milliwatts) {
  *milliwatts = 400000;
  return device == &card ? 0 : 2;
}

int nvmlDeviceGetTemperature(void* device, int sensor, unsigned* degrees) {
  *degrees = 61;
  return device == &card && sensor == 0 && !old() ? 0 : 2;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void* device, unsigned long long* reasons) {
  *reasons = 0x5;
  return device == &card ? 0 : 2;
}

}  // extern "C"

// SPDX-License-Identifier: Apache-2.0
// Faults on purpose, so that clients can be tested against runners that misbehave.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.h"

namespace spanwise::kernels {

struct InjectedFault {
  enum class Kind {
    kCrash,    // the process ends by a segmentation fault
    kHang,     // heartbeats go on, the measurement never comes
    kWrong,    // one output element is damaged before the check
    kGarbage,  // a line that is not JSON in place of the measurement
  };
  Kind kind = Kind::kCrash;
  std::int64_t request = 1;  // which valid request of the session, counted from 1
};

// "crash:3"
core::Result<InjectedFault> parse_fault(std::string_view text);

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// The loop of a runner: a request in, heartbeats while it works, one measurement out.
#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>

#include "kernels/runner/fault.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

// A device with its kernels.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const Hello& hello() const = 0;
  // Never fails as a whole: trouble is a status of the measurement, whose id the session fills in. May throw
  // std::bad_alloc, which is reported as out of memory.
  virtual Measurement measure(const Request& request) = 0;
  // Whether the device can measure no more; the session ends after the reply.
  virtual bool broken() const { return false; }
};

struct SessionOptions {
  std::chrono::milliseconds heartbeat{1000};
  std::optional<InjectedFault> fault;
};

// Says hello, then answers until the end of `requests` or until the backend is broken. Empty lines are ignored.
void run_session(Backend& backend, std::istream& requests, std::ostream& replies,
                 const SessionOptions& options);

}  // namespace spanwise::kernels

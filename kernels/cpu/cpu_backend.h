// SPDX-License-Identifier: Apache-2.0
// The CPU as a device of the runner protocol.
#pragma once

#include <string>
#include <string_view>

#include "core/thread_pool.h"
#include "kernels/runner/session.h"

namespace spanwise::kernels {

class CpuBackend : public Backend {
 public:
  // `isa`: no more than this instruction set, one of runnable_isas(); empty: no limit. `slowdown`: the share of its time
  // that every timed attention run works longer, to test those who look for slow kernels.
  CpuBackend(std::string_view isa, int threads, double slowdown = 0);

  const Hello& hello() const override { return hello_; }
  Measurement measure(const Request& request) override;

 private:
  std::string isa_;
  double slowdown_;
  core::ThreadPool pool_;
  Hello hello_;
};

}  // namespace spanwise::kernels

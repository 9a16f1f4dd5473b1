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
  // `isa`: no more than this instruction set, one of runnable_isas(); empty: no limit.
  CpuBackend(std::string_view isa, int threads);

  const Hello& hello() const override { return hello_; }
  Measurement measure(const Request& request) override;

 private:
  std::string isa_;
  core::ThreadPool pool_;
  Hello hello_;
};

}  // namespace spanwise::kernels

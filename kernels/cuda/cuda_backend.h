// SPDX-License-Identifier: Apache-2.0
// The first CUDA device as a device of the runner protocol.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/thread_pool.h"
#include "kernels/cuda/attention_run.h"
#include "kernels/cuda/nvml.h"
#include "kernels/runner/session.h"

namespace spanwise::kernels {

class CudaBackend : public Backend {
 public:
  // Fails with Fault::kEnvironment when there is no device, or none that the kernels run on.
  // `counters` are read where a request does not name its own. `slowdown`: of timed attention (launch_timer.h).
  static core::Result<std::unique_ptr<Backend>> open(std::vector<std::string> counters, double slowdown = 0);

  const Hello& hello() const override { return hello_; }
  Measurement measure(const Request& request) override;
  // After a failed call of the CUDA runtime: what the device says then cannot be trusted, and the client starts a fresh
  // process for the next case.
  bool broken() const override { return broken_; }

 private:
  CudaBackend(Hello hello, CudaDevice device, std::optional<Nvml> nvml, std::vector<std::string> counters, double slowdown);

  Hello hello_;
  std::optional<Nvml> nvml_;
  CudaDevice device_;
  std::vector<std::string> counters_;
  double slowdown_;
  core::ThreadPool pool_;
  bool broken_ = false;
};

}  // namespace spanwise::kernels

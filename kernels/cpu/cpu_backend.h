// SPDX-License-Identifier: Apache-2.0
// The CPU as a device of the runner protocol.
#pragma once

#include "core/thread_pool.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/runner/session.h"

namespace spanwise::kernels {

class CpuBackend : public Backend {
 public:
  CpuBackend(const TileOps& ops, int threads);

  const Hello& hello() const override { return hello_; }
  Measurement measure(const Request& request) override;

 private:
  const TileOps& ops_;
  core::ThreadPool pool_;
  Hello hello_;
};

}  // namespace spanwise::kernels

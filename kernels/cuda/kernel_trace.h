// SPDX-License-Identifier: Apache-2.0
// Begin and end of every kernel, from CUPTI's activity records: what a kernel takes without its launch, which events
// cannot tell of short ones.
#pragma once

#include <memory>
#include <vector>

#include "kernels/cuda/kernel_spans.h"

namespace spanwise::kernels {

// Records while it lives. CUPTI knows one client a process, so there is one at a time.
class KernelTrace {
 public:
  // Null where CUPTI is not found or refuses.
  static std::unique_ptr<KernelTrace> open();
  ~KernelTrace();
  KernelTrace(const KernelTrace&) = delete;
  KernelTrace& operator=(const KernelTrace&) = delete;

  // The kernels that ended since the last call. The device must be idle.
  std::vector<KernelSpan> take();

 private:
  KernelTrace() = default;
};

}  // namespace spanwise::kernels

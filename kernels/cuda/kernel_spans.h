// SPDX-License-Identifier: Apache-2.0
// When kernels ran, as the driver's trace tells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spanwise::kernels {

struct KernelSpan {
  std::uint64_t begin = 0, end = 0;  // nanoseconds
  std::string name;                  // mangled
};

// Mean milliseconds from the begin of a launch's first kernel to the end of its last one, over `launches` launches of
// the same kernels one after the other, in any order of records. Kernels whose name contains one of `others` do not
// count. Nothing when the trace has lost a record: the rest does not divide by the launches, or a time is missing.
std::optional<double> launch_milliseconds(std::vector<KernelSpan> spans, int launches,
                                          const std::vector<std::string>& others);

// What all kernels take whose name contains `part`.
double named_milliseconds(const std::vector<KernelSpan>& spans, const std::string& part);

}  // namespace spanwise::kernels

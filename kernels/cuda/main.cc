// SPDX-License-Identifier: Apache-2.0
// spanwise-cuda: measures cases on the first CUDA device. Requests on stdin, replies on stdout.
#include <string_view>

#include "kernels/cuda/cuda_backend.h"
#include "kernels/runner/runner_main.h"

namespace {

constexpr std::string_view kHelp = R"(usage: spanwise-cuda [options]

Measures attention kernels on the first CUDA device (CUDA_VISIBLE_DEVICES chooses it; H100 and H200). Reads requests from
stdin and writes replies to stdout, one JSON object a line, as docs/formats.md, "Runner protocol", defines. Ends with
stdin, or after a failed call of the CUDA runtime. Needs nothing but this file and the driver.

  --fault KIND:N     misbehave at the Nth valid request, to test clients: crash (segmentation fault), hang (heartbeats
                     without end), wrong (one output element damaged before the check), garbage (a line that is not JSON)
  --version, --help
)";

}  // namespace

int main(int argc, char** argv) {
  using namespace spanwise::kernels;
  return runner_main({"spanwise-cuda", kHelp, {}, [] { return CudaBackend::open(); }}, argc, argv);
}

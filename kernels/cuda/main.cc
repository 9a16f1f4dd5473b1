// SPDX-License-Identifier: Apache-2.0
// spanwise-cuda: measures cases on the first CUDA device. Requests on stdin, replies on stdout.
#include <string>
#include <string_view>
#include <vector>

#include "kernels/cuda/counters.h"
#include "kernels/cuda/cuda_backend.h"
#include "kernels/runner/runner_main.h"

namespace {

constexpr std::string_view kHelp = R"(usage: spanwise-cuda [options]

Measures attention kernels on the first CUDA device (CUDA_VISIBLE_DEVICES chooses it; H100 and H200). Reads requests from
stdin and writes replies to stdout, one JSON object a line, as docs/formats.md, "Runner protocol", defines. Ends with
stdin, or after a failed call of the CUDA runtime. Needs nothing but this file and the driver.

  --counters NAMES   read hardware counters after timing each case: CUPTI's names joined by commas, or `default` for cycles,
                     tensor and special-function work, bytes of DRAM and L2; a reply says why there are none
  --fault KIND:N     misbehave at the Nth valid request, to test clients: crash (segmentation fault), hang (heartbeats
                     without end), wrong (one output element damaged before the check), garbage (a line that is not JSON)
  --slowdown PERCENT the device works so much longer at the end of every timed sample, to test those who look for slow kernels
  --version, --help
)";

std::vector<std::string> counter_names(std::string_view joined) {
  std::vector<std::string> names(1);
  for (const char letter : joined) {
    if (letter == ',') {
      names.emplace_back();
    } else {
      names.back() += letter;
    }
  }
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace spanwise::kernels;
  std::vector<std::string> counters;
  double slowdown = 0;
  const RunnerOption slower{"--slowdown", [&](std::string_view percent) { return read_slowdown(percent, slowdown); }};
  const RunnerOption option{"--counters", [&](std::string_view names) -> spanwise::core::Status {
                              counters = names == "default" ? default_counters() : counter_names(names);
                              return spanwise::core::Done{};
                            }};
  return runner_main({"spanwise-cuda", kHelp, {option, slower}, [&] { return CudaBackend::open(counters, slowdown); }}, argc, argv);
}

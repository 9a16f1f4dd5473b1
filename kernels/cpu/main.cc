// SPDX-License-Identifier: Apache-2.0
// spanwise-cpu: measures cases on this processor. Requests on stdin, replies on stdout.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/diagnostic.h"
#include "kernels/cpu/cpu_backend.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/runner/runner_main.h"

namespace {

using namespace spanwise;

constexpr std::string_view kHelp = R"(usage: spanwise-cpu [options]

Measures attention kernels on this processor. Reads requests from stdin and writes replies to stdout, one JSON object a
line, as docs/formats.md, "Runner protocol", defines. Ends with stdin.

  --threads N        threads to use (default: all processors that this process may use)
  --isa NAME         no more than this instruction set: amx_bf16, avx512_bf16, avx512, avx2 or x86-64 (default: all that
                     this processor runs)
  --fault KIND:N     misbehave at the Nth valid request, to test clients: crash (segmentation fault), hang (heartbeats
                     without end), wrong (one output element damaged before the check), garbage (a line that is not JSON)
  --slowdown PERCENT every timed attention run works so much longer, to test those who look for slow kernels
  --version, --help
)";

constexpr int kMaxThreads = 4096;

core::Status read_number(std::string_view option, std::string_view text, int least, int most, int& number) {
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && rest == end && number >= least && number <= most) return core::Done{};
  return core::fail(core::Fault::kInput, fmt::format("{} is '{}'", option, text), fmt::format("allowed: {} to {}", least, most));
}

core::Status read_isa(std::string_view text, std::string_view& isa) {
  const auto isas = kernels::runnable_isas();
  if (std::find(isas.begin(), isas.end(), text) == isas.end()) {
    return core::fail(core::Fault::kInput, fmt::format("--isa is '{}'", text),
                      fmt::format("this processor runs: {}", fmt::join(isas, ", ")));
  }
  isa = text;
  return core::Done{};
}

}  // namespace

int main(int argc, char** argv) {
  int threads = core::available_processors();
  std::string_view isa;
  double slowdown = 0;
  const kernels::RunnerProgram program{
      "spanwise-cpu",
      kHelp,
      {{"--threads", [&](std::string_view value) { return read_number("--threads", value, 1, kMaxThreads, threads); }},
       {"--isa", [&](std::string_view value) { return read_isa(value, isa); }},
       {"--slowdown", [&](std::string_view value) { return kernels::read_slowdown(value, slowdown); }}},
      [&]() -> core::Result<std::unique_ptr<kernels::Backend>> {
        return std::unique_ptr<kernels::Backend>(std::make_unique<kernels::CpuBackend>(isa, threads, slowdown));
      }};
  return kernels::runner_main(program, argc, argv);
}

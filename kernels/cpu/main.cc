// SPDX-License-Identifier: Apache-2.0
// spanwise-cpu: measures cases on this processor. Requests on stdin, replies on stdout.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/suggest.h"
#include "kernels/cpu/cpu_backend.h"

namespace {

using namespace spanwise;

constexpr std::string_view kHelp = R"(usage: spanwise-cpu [options]

Measures attention kernels on this processor. Reads requests from stdin and writes replies to stdout, one JSON object a
line, as docs/formats.md, "Runner protocol", defines. Ends with stdin.

  --threads N        threads to use (default: all processors that this process may use)
  --isa NAME         avx2 or x86-64 (default: the fastest that this processor runs)
  --fault KIND:N     misbehave at the Nth valid request, to test clients: crash (segmentation fault), hang (heartbeats
                     without end), wrong (one output element damaged before the check), garbage (a line that is not JSON)
  --version, --help
)";

constexpr int kMaxThreads = 4096;
const std::vector<std::string> kOptions = {"--threads", "--isa", "--fault", "--version", "--help"};

struct Options {
  int threads = core::available_processors();
  const kernels::TileOps* ops = &kernels::best_tile_ops();
  kernels::SessionOptions session;
  std::optional<std::string_view> print;  // instead of a session
};

core::Status read_threads(std::string_view text, Options& options) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), options.threads);
  if (error == std::errc{} && rest == text.data() + text.size() && options.threads >= 1 &&
      options.threads <= kMaxThreads) {
    return core::Done{};
  }
  return core::fail(core::Fault::kInput, fmt::format("--threads is '{}'", text),
                    fmt::format("allowed: 1 to {}", kMaxThreads));
}

core::Status read_isa(std::string_view text, Options& options) {
  const auto* avx2 = kernels::avx2_tile_ops();
  if (text == kernels::plain_tile_ops().isa) {
    options.ops = &kernels::plain_tile_ops();
  } else if (avx2 != nullptr && text == avx2->isa) {
    options.ops = avx2;
  } else {
    return core::fail(
        core::Fault::kInput, fmt::format("--isa is '{}'", text),
        fmt::format("this processor runs: {}{}", kernels::plain_tile_ops().isa, avx2 ? ", avx2" : ""));
  }
  return core::Done{};
}

core::Status read_fault(std::string_view text, Options& options) {
  auto fault = kernels::parse_fault(text);
  if (!fault) return fault.error();
  options.session.fault = *fault;
  return core::Done{};
}

core::Result<Options> read_options(std::span<char*> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help" || name == "--version") {
      options.print = name;
      return options;
    }
    if (std::find(kOptions.begin(), kOptions.end(), name) == kOptions.end()) {
      return core::fail(core::Fault::kInput, fmt::format("unknown option '{}'", name),
                        core::suggestion(name, kOptions));
    }
    if (++i == arguments.size())
      return core::fail(core::Fault::kInput, fmt::format("{} needs a value", name));
    const std::string_view value = arguments[i];
    const auto status = name == "--threads" ? read_threads(value, options)
                        : name == "--isa"   ? read_isa(value, options)
                                            : read_fault(value, options);
    if (!status) return status.error();
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const auto options = read_options({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!options) {
    std::cerr << core::render(options.error());
    return core::exit_code(options.error());
  }
  if (options->print) {
    std::cout << (*options->print == "--help" ? std::string(kHelp)
                                              : fmt::format("spanwise-cpu {}\n", SPANWISE_VERSION));
    return 0;
  }
  kernels::CpuBackend backend(*options->ops, options->threads);
  kernels::run_session(backend, std::cin, std::cout, options->session);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "kernels/runner/runner_main.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <span>
#include <string>

#include "core/diagnostic.h"
#include "core/suggest.h"

namespace spanwise::kernels {
namespace {

struct Given {
  SessionOptions session;
  std::string_view print;  // --help or --version, instead of a session
};

core::Result<Given> read_options(const RunnerProgram& program, std::span<char*> arguments) {
  Given given;
  auto options = program.options;
  options.push_back({"--fault", [&](std::string_view text) -> core::Status {
                       auto fault = parse_fault(text);
                       if (!fault) return fault.error();
                       given.session.fault = *fault;
                       return core::Done{};
                     }});
  std::vector<std::string> names = {"--version", "--help"};
  for (const auto& option : options) names.emplace_back(option.name);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help" || name == "--version") {
      given.print = name;
      return given;
    }
    const auto option =
        std::find_if(options.begin(), options.end(), [&](const RunnerOption& o) { return o.name == name; });
    if (option == options.end()) {
      return core::fail(core::Fault::kInput, fmt::format("unknown option '{}'", name), core::suggestion(name, names));
    }
    if (++i == arguments.size()) return core::fail(core::Fault::kInput, fmt::format("{} needs a value", name));
    if (const auto status = option->read(arguments[i]); !status) return status.error();
  }
  return given;
}

int complain(const core::Diagnostics& diagnostics) {
  std::cerr << core::render(diagnostics);
  return core::exit_code(diagnostics);
}

}  // namespace

core::Status read_slowdown(std::string_view percent, double& share) {
  constexpr double kMost = 1000;
  double value = 0;
  const auto* end = percent.data() + percent.size();
  const auto [rest, error] = std::from_chars(percent.data(), end, value);
  if (error == std::errc{} && rest == end && value >= 0 && value <= kMost) {
    share = value / 100;
    return core::Done{};
  }
  return core::fail(core::Fault::kInput, fmt::format("--slowdown is '{}'", percent), fmt::format("allowed: 0 to {}", kMost));
}

int runner_main(const RunnerProgram& program, int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const auto given = read_options(program, {argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!given) return complain(given.error());
  if (!given->print.empty()) {
    std::cout << (given->print == "--help" ? std::string(program.help)
                                           : fmt::format("{} {}\n", program.name, SPANWISE_VERSION));
    return 0;
  }
  const auto backend = program.open();
  if (!backend) return complain(backend.error());
  run_session(**backend, std::cin, std::cout, given->session);
  return 0;
}

}  // namespace spanwise::kernels

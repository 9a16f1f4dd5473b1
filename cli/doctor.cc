// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "cli/catalog_tables.h"
#include "cli/console.h"
#include "cli/data.h"
#include "core/file.h"
#include "core/thread_pool.h"
#include "measure/process.h"
#include "measure/runner_client.h"

namespace spanwise::cli {
namespace {

namespace fs = std::filesystem;

constexpr double kPatience = 10;  // seconds for a tool to say its version
constexpr std::uint64_t kSmallFile = 1 << 16;

// Files of /proc and /sys; empty when there is none.
std::string first_line_of_file(const fs::path& path) {
  const auto text = core::read_file(path, kSmallFile);
  return text ? text->substr(0, text->find('\n')) : std::string{};
}

// The first line that a shell command prints; empty when it fails or is not there.
std::string first_line_of(const std::string& command) {
  auto process = measure::Process::start(command);
  std::string line;
  return process && process->read_line(line, kPatience) == measure::Process::Wait::kLine ? line : std::string{};
}

std::string install_line(const std::string& packages) {
  return fmt::format("{}apt-get install -y --no-install-recommends {}", ::geteuid() == 0 ? "" : "sudo ", packages);
}

Finding program() {
#ifdef NDEBUG
  constexpr const char* kBuild = "release";
#else
  constexpr const char* kBuild = "with assertions";
#endif
  return {"spanwise", State::kGood, fmt::format("version {}, compiled by g++ {}, {}", SPANWISE_VERSION, __VERSION__, kBuild), ""};
}

Finding tool(const std::string& name, const std::string& package) {
  const auto version = first_line_of(name + " --version");
  if (!version.empty()) return {name, State::kGood, version, ""};
  return {name, State::kNote, "not found: the program runs, but cannot be built again", install_line(package)};
}

// The packages that cmake/debian_packages.txt names, in a checkout alone: an installed program carries what it needs.
std::vector<Finding> packages(const hwmodels::DataFolders& folders) {
  for (const auto& folder : folders) {
    const auto list = core::read_file(folder / "cmake" / "debian_packages.txt", kSmallFile);
    if (!list) continue;
    std::istringstream lines(*list);
    std::vector<std::string> wanted;
    std::string missing;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('#')) continue;
      std::istringstream words(line.substr(std::min(line.find(' '), line.size())));
      for (std::string package; words >> package;) wanted.push_back(package);
    }
    const auto installed = " " + first_line_of(fmt::format("dpkg-query -W -f '${{db:Status-Status}}:${{Package}} ' {} 2>/dev/null; echo", fmt::join(wanted, " ")));
    for (const auto& package : wanted) {
      if (installed.find(" installed:" + package + " ") == std::string::npos) missing += (missing.empty() ? "" : " ") + package;
    }
    if (first_line_of("command -v dpkg-query").empty()) return {{"packages", State::kNote, "not a Debian system: cannot tell", ""}};
    if (missing.empty()) return {{"packages", State::kGood, fmt::format("all {} Debian packages are installed", wanted.size()), ""}};
    return {{"packages", State::kNote, "not installed: " + missing, install_line(missing)}};
  }
  return {};
}

Finding runner(const std::string& device, State when_absent, const std::string& fix) {
  const auto what = device == "cpu" ? std::string("CPU runner") : std::string("CUDA runner");
  if (const auto program = runner_program(device); !fs::exists(program)) return {what, when_absent, "no " + program.string(), fix};
  const auto client = measure::RunnerClient::start(device_command(device));
  // A runner for a device that this computer does not have is nothing to repair.
  if (!client) return {what, device == "cpu" ? State::kMissing : State::kNote, client.error().front().message, client.error().front().hint};
  const auto& hello = client->hello();
  return {what, State::kGood,
          fmt::format("{} {} on {}, {} processors, {}, protocol {}", hello.runner, hello.version, hello.device_name, hello.processors, hello.isa,
                      measure::kProtocolVersion), ""};
}

Finding driver() {
  const auto version = first_line_of_file("/proc/driver/nvidia/version");
  if (version.empty()) return {"GPU driver", State::kNote, "no NVIDIA driver here: kernels of GPUs are priced, not run", ""};
  return {"GPU driver", State::kGood, version, ""};
}

Finding compiler_of_cuda() {
  for (const auto* nvcc : {"nvcc", "/usr/local/cuda/bin/nvcc"}) {
    const auto line = first_line_of(std::string(nvcc) + " --version 2>/dev/null | tail -n 2");
    if (!line.empty()) return {"nvcc", State::kGood, line, ""};
  }
  return {"nvcc", State::kNote, "not found: the CUDA parts are not built", "install the CUDA toolkit 12.0 or newer and put nvcc into PATH"};
}

Finding writable(const std::string& what, const fs::path& folder, const std::string& variable) {
  if (folder.empty()) return {what, State::kNote, "none: neither " + variable + " nor HOME is set", "set HOME, or " + variable + "=FOLDER"};
  std::error_code ignored;
  auto existing = folder;  // it is made when something is kept there
  while (existing.has_relative_path() && !fs::exists(existing, ignored)) existing = existing.parent_path();
  if (fs::is_directory(existing, ignored) && ::access(existing.c_str(), W_OK) == 0) return {what, State::kGood, folder.string(), ""};
  return {what, State::kNote, fmt::format("cannot write {}: machine 'local' is measured again in each run", folder.string()), fmt::format("set {}=FOLDER", variable)};
}

std::vector<Finding> data(const hwmodels::DataFolders& folders) {
  std::vector<Finding> findings;
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& folder : folders) {
    if (fs::exists(folder, ignored)) paths.push_back(folder.string());
  }
  const auto where = fmt::format("{}", fmt::join(paths, ", "));
  for (const auto* kind : {"hardware", "models", "kernels"}) {
    const auto listing = list_of(kind, folders);
    const auto count = listing.table.rows.size();
    if (!listing.problems.empty()) {
      const auto& problem = listing.problems.front();
      findings.push_back({kind, State::kMissing, fmt::format("{}:{}: {}", problem.place.file, problem.place.line, problem.message), problem.hint});
    } else if (count == 0) {
      findings.push_back({kind, State::kMissing, "none in " + where, "name the folder of a checkout with --data DIR"});
    } else {
      findings.push_back({kind, State::kGood, fmt::format("{} in {}", count, where), ""});
    }
  }
  return findings;
}

// Whether timings taken here can be trusted.
Finding quiet() {
  const auto governor = first_line_of_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (!governor.empty() && governor != "performance") {
    return {"clock", State::kNote, "scaling governor is " + governor, "sudo cpupower frequency-set -g performance"};
  }
  const auto load = std::strtod(first_line_of_file("/proc/loadavg").c_str(), nullptr);
  const auto processors = core::available_processors();
  const auto words = fmt::format("load {:.1f} on {} processors", load, processors);
  if (load > 0.5 * processors) return {"load", State::kNote, words + ": times measured now will be noisy", "wait, or stop other programs"};
  return {"load", State::kGood, words, ""};
}

}  // namespace

const char* state_name(State state) {
  switch (state) {
    case State::kGood:
      return "good";
    case State::kNote:
      return "note";
    case State::kMissing:
      return "missing";
  }
  return "";
}

std::vector<Finding> examine(const std::vector<std::string>& given) {
  const auto folders = data_folders(given);
  std::vector<Finding> findings = {program(), runner("cpu", State::kMissing, "./spanwise in a checkout builds it"),
                                   runner("cuda", State::kNote, "build where nvcc is, or name another machine: --device 'ssh box spanwise-cuda'"),
                                   driver(), compiler_of_cuda()};
  for (auto& finding : data(folders)) findings.push_back(std::move(finding));
  findings.push_back(writable("cache", core::user_cache_folder(), "XDG_CACHE_HOME"));
  findings.push_back(tool("g++", "g++"));
  findings.push_back(tool("cmake", "cmake"));
  findings.push_back(tool("ninja", "ninja-build"));
  for (auto& finding : packages(folders)) findings.push_back(std::move(finding));
  findings.push_back(quiet());
  return findings;
}

}  // namespace spanwise::cli

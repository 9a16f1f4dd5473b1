// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <fmt/format.h>

#include "cli/data.h"
#include "core/file.h"
#include "core/suggest.h"

namespace spanwise::cli {

Session::Session(const CommonOptions& options)
    : folders_(data_folders(options.data)), pool_(options.jobs > 0 ? static_cast<int>(options.jobs) : core::available_processors()) {}

core::Result<std::unique_ptr<Session>> Session::open(const CommonOptions& options) {
  std::unique_ptr<Session> session(new Session(options));
  auto kernels = hwmodels::read_kernel_models(session->folders_);
  if (!kernels) return kernels.error();
  if (kernels->empty()) {
    return core::fail(core::Fault::kEnvironment, "no kernel descriptions found",
                      "the folder hwmodels/kernels should stand beside the program; --data DIR names another place");
  }
  session->kernels_ = std::move(*kernels);
  return session;
}

core::Result<hwmodels::Machine> Session::machine(const std::string& name) {
  if (name == "local") {
    auto local = device("cpu");
    if (!local) return local.error();
    return std::move(local->machine);
  }
  auto path = hwmodels::find_data(name, "machine", "hwmodels/machines", folders_);
  if (!path) {
    auto names = hwmodels::data_names("hwmodels/machines", folders_);
    names.emplace_back("local");
    return core::fail(core::Fault::kInput, fmt::format("unknown machine '{}'", name),
                      core::suggestion(name, names) + ", or the path of a machine file");
  }
  auto machine = hwmodels::read_machine(*path);
  if (!machine) return machine.error();
  for (const auto& [kernel, constants] : machine->kernels) {
    if (kernels_.contains(kernel)) continue;
    std::vector<std::string> known;
    for (const auto& [known_name, model] : kernels_) known.push_back(known_name);
    return core::fail_in(core::Fault::kInput, path->string(), fmt::format("unknown kernel '{}'", kernel),
                         core::suggestion(kernel, known));
  }
  return machine;
}

core::Result<Session::Device> Session::device(const std::string& name) {
  auto runner = measure::RunnerClient::start(device_command(name));
  if (!runner) return runner.error();
  if (runner->hello().device_kind != "cpu") {
    return core::fail(core::Fault::kEnvironment,
                      fmt::format("device '{}' is a {}; this version prices CPU devices alone", name, runner->hello().device_kind));
  }
  auto local = measure::local_machine(*runner, kernels_, core::user_cache_folder());
  if (!local) return local.error();
  return Device{std::move(*runner), std::move(local->machine), std::move(local->note)};
}

}  // namespace spanwise::cli

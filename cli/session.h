// SPDX-License-Identifier: Apache-2.0
// What several commands need: data folders, kernels, a machine by name, the runner of a device.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "hwmodels/catalog.h"
#include "measure/local_machine.h"
#include "measure/runner_client.h"
#include "sim/kernel_choice.h"

namespace spanwise::cli {

struct CommonOptions {
  std::vector<std::string> data;
  std::int64_t jobs = 0;       // 0: every processor
  bool json = false;
  bool markdown = false;
  bool dry_run = false;
  std::set<std::string> given;  // names of the options and arguments that stood on the command line

  bool gives(const std::string& option) const { return given.contains(option); }
};

class Session {
 public:
  static core::Result<std::unique_ptr<Session>> open(const CommonOptions& options);

  const hwmodels::DataFolders& folders() const { return folders_; }
  const std::map<std::string, hwmodels::KernelModel>& kernels() const { return kernels_; }
  core::ThreadPool& pool() { return pool_; }

  // By name, by path, or `local`: measured through the CPU runner (seconds), or read from the cache.
  core::Result<hwmodels::Machine> machine(const std::string& name);

  // The runner of a device and the machine file that prices it: `local` for cpu.
  struct Device {
    measure::RunnerClient runner;
    hwmodels::Machine machine;
    std::string note;  // where the machine's figures come from
  };
  core::Result<Device> device(const std::string& name);

  sim::Pricing pricing(const hwmodels::Machine& machine) { return {&machine, &kernels_, &counts_}; }

 private:
  explicit Session(const CommonOptions& options);

  hwmodels::DataFolders folders_;
  std::map<std::string, hwmodels::KernelModel> kernels_;
  sim::CountCache counts_;
  core::ThreadPool pool_;
};

}  // namespace spanwise::cli

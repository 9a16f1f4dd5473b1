// SPDX-License-Identifier: Apache-2.0
// The machine `local`: this computer, measured through its CPU runner in a few seconds and kept in the user's cache
// under the identity of its processor and runner.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "hwmodels/catalog.h"
#include "measure/runner_client.h"

namespace spanwise::measure {

struct LocalMachine {
  hwmodels::Machine machine;
  std::string note;  // "measured just now", "measured before (PATH)", "not cached: no home folder"
};

// `cache_folder` may be empty or read-only: the machine is then measured for this run alone, and the note says so.
core::Result<LocalMachine> local_machine(RunnerClient& runner,
                                         const std::map<std::string, hwmodels::KernelModel>& kernels,
                                         const std::filesystem::path& cache_folder);

}  // namespace spanwise::measure

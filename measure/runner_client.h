// SPDX-License-Identifier: Apache-2.0
// One runner process and the cases sent to it. A runner that crashes, hangs or talks nonsense costs the case it was
// working on; the next case gets a fresh one.
#pragma once

#include <optional>
#include <string>

#include "core/result.h"
#include "measure/messages.h"
#include "measure/process.h"

namespace spanwise::measure {

class RunnerClient {
 public:
  // Starts the runner and reads its hello line; fails with Fault::kEnvironment when there is none within 20 s.
  static core::Result<RunnerClient> start(std::string command);

  const Hello& hello() const { return hello_; }
  const std::string& command() const { return command_; }

  // Never fails because of the case: a crash or a hang is a Measurement with that status. Fails when no fresh runner
  // can be started, or with Fault::kInterrupted after Ctrl-C.
  core::Result<Measurement> run(const Request& request);

 private:
  RunnerClient() = default;
  core::Status launch();
  Measurement lost(CaseStatus status, std::string message);

  std::string command_;
  Hello hello_;
  std::optional<Process> process_;
  std::int64_t next_id_ = 1;
};

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
// A child process in its own group, with pipes for lines in and out. Killing it kills what it started.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "core/result.h"

namespace spanwise::measure {

class Process {
 public:
  // `command` goes to /bin/sh -c, so "ssh box spanwise-cuda" works. The child's stderr is kept (its last 4 KiB).
  static core::Result<Process> start(const std::string& command);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();  // kills the group and reaps the child

  // False when the child no longer reads.
  bool write_line(const std::string& line);

  enum class Wait { kLine, kTimeout, kClosed, kInterrupted };
  // The next line of the child's stdout without its newline. Lines beyond 1 MiB count as closed.
  Wait read_line(std::string& line, double timeout_s);

  // "exit status 3" or "signal 11 (Segmentation fault)"; reaps the child, waiting up to a second for its end.
  std::string how_it_ended();
  const std::string& stderr_tail() const { return stderr_tail_; }

 private:
  Process() = default;
  void drain_stderr();
  void kill_group();

  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, err_ = -1;
  std::string buffer_;
  std::string stderr_tail_;
};

}  // namespace spanwise::measure

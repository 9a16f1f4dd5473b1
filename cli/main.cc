// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/app.h"
#include "core/interrupt.h"

namespace {

// Once: finish what is under way and keep it. Twice: stop now.
extern "C" void on_interrupt(int) {
  if (spanwise::core::interrupted()) ::_exit(130);
  spanwise::core::request_interrupt();
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a closed pipe or a dead runner is an error code, not the end
  ::signal(SIGXFSZ, SIG_IGN);  // so is a file size limit
  try {
    return spanwise::cli::run_app(argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: out of memory\n");
    return 3;
  } catch (const std::exception& problem) {
    fmt::print(stderr, "error: a bug in Spanwise: {}\n  hint: please report it with the command that led here\n", problem.what());
    return 70;
  }
}

// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/interrupt.h"
#include "core/thread_pool.h"
#include "tuner/problem_file.h"
#include "tuner/solve.h"

namespace spanwise::cli {

core::Result<int> run_solve(const std::string& path, double time_limit_s) {
  const auto file = tuner::read_problem_file(path);
  if (!file) return file.error();
  core::ThreadPool pool(core::available_processors());
  tuner::Effort effort;
  effort.pool = &pool;
  if (time_limit_s > 0) {
    const std::chrono::duration<double> limit(time_limit_s);
    effort.until = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(limit);
  }
  const auto solution = tuner::solve(file->problem, file->tables_sha256, effort);
  if (!solution) return solution.error();
  if (core::interrupted() && solution->status == tuner::Status::kInfeasible) return core::fail(core::Fault::kInterrupted, "interrupted");
  print_result(tuner::to_json(*solution));
  if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted", "what was found is printed with its gap");
  return solution->status == tuner::Status::kInfeasible ? 1 : 0;
}

}  // namespace spanwise::cli

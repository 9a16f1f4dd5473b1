// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/documents/document.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "core/thread_pool.h"
#include "tuner/solve.h"

namespace spanwise::cli {

core::Result<int> run_solve(const std::string& path, double time_limit_s) {
  auto document = documents::read_document(path, documents::kTableLimits);
  if (!document) return document.error();
  const auto problem = tuner::read_problem(*document);
  if (!problem) return problem.error();
  core::ThreadPool pool(core::available_processors());
  tuner::Effort effort;
  effort.pool = &pool;
  if (time_limit_s > 0) {
    const std::chrono::duration<double> limit(time_limit_s);
    effort.until = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(limit);
  }
  const auto solution = tuner::solve(*problem, core::sha256(document->source), effort);
  if (!solution) return solution.error();
  if (core::interrupted() && solution->status == tuner::Status::kInfeasible) return core::fail(core::Fault::kInterrupted, "interrupted");
  print_result(tuner::to_json(*solution));
  if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted", "what was found is printed with its gap");
  return solution->status == tuner::Status::kInfeasible ? 1 : 0;
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/console.h"
#include "core/documents/document.h"
#include "core/hash.h"
#include "tuner/solve.h"

namespace spanwise::cli {

core::Result<int> run_solve(const std::string& path) {
  auto document = documents::read_document(path, documents::kTableLimits);
  if (!document) return document.error();
  const auto problem = tuner::read_problem(*document);
  if (!problem) return problem.error();
  const auto solution = tuner::solve(*problem, core::sha256(document->source));
  if (!solution) return solution.error();
  print_result(tuner::to_json(*solution));
  return solution->status == tuner::Status::kInfeasible ? 1 : 0;
}

}  // namespace spanwise::cli

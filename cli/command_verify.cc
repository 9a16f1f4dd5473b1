// SPDX-License-Identifier: Apache-2.0
// Checks a plan against its tables without the solver.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "tuner/checker.h"
#include "tuner/plan.h"
#include "tuner/problem_file.h"

namespace spanwise::cli {
namespace {

// What the plan claims, as its own numbers and map say.
tuner::Claim claim_of(const tuner::Plan& plan) {
  tuner::Claim claim;
  for (std::int64_t layer = 0; layer < plan.task.layers; ++layer) {
    for (std::int64_t head = 0; head < plan.task.attention.kv_heads; ++head) {
      const auto& rule = plan.rules[static_cast<std::size_t>(plan.rule_of(layer, head))];
      claim.assignment.push_back({static_cast<int>(layer), static_cast<int>(head), patterns::short_name(rule)});
    }
  }
  claim.certificate = plan.certificate;
  return claim;
}

}  // namespace

core::Result<int> run_verify(const CommonOptions& common, const std::string& path) {
  const auto plan = tuner::read_plan(path);
  if (!plan) return plan.error();
  const auto problem_path = std::filesystem::path(path).parent_path() / plan->problem_file;
  const auto file = tuner::read_problem_file(problem_path);
  if (!file) return file.error();
  const auto verdict = tuner::check(file->problem, file->tables_sha256, claim_of(*plan));
  const bool rejected = verdict.kind == tuner::Verdict::Kind::kRejected;
  if (common.json) {
    const nlohmann::ordered_json out = {{"schema", "spanwise/verdict"},
                                        {"schema_version", 1},
                                        {"accepted", !rejected},
                                        {"proved_again", verdict.kind == tuner::Verdict::Kind::kProvedAgain},
                                        {"gap", verdict.gap},
                                        {"text", verdict.text()}};
    print_result(out.dump(2) + "\n");
  } else {
    print_result(fmt::format("{}: {}\n{} units, {} rules, tables sha256 {}\n", path, verdict.text(), plan->map.size(), plan->rules.size(),
                             plan->certificate.tables_sha256));
  }
  return rejected ? 1 : 0;
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
// Checks a plan against its tables without the solver.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/session.h"
#include "tuner/checker.h"
#include "tuner/legality.h"
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

// With the machine that the plan names, or with the one that was asked for.
core::Status check_kernels(const CommonOptions& common, const tuner::Plan& plan, const std::string& hardware, tuner::Legality& legality,
                           std::string& not_checked) {
  auto session = Session::open(common);
  if (!session) return session.error();
  const auto machine = (*session)->machine(hardware.empty() ? plan.hardware : hardware);
  if (!machine && !hardware.empty()) return machine.error();
  if (!machine) {
    not_checked = machine.error().front().message;
    return core::Done{};
  }
  tuner::check_kernels(plan, (*session)->pricing(*machine), legality);
  return core::Done{};
}

std::string legality_text(const tuner::Plan& plan, const tuner::Legality& legality, const std::string& not_checked) {
  constexpr std::size_t kMost = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(kMost, legality.violations.size()); ++i)
    text += (text.empty() ? "" : "\n") + ("illegal: " + legality.violations[i]);
  if (legality.violations.size() > kMost) text += fmt::format("\nand {} more", legality.violations.size() - kMost);
  if (!text.empty()) return text;
  if (!not_checked.empty())
    return fmt::format("legal: rules and KV groups; kernels not checked: {} (give --hardware FILE)", not_checked);
  return fmt::format("legal: rules, KV groups, a kernel of {} for each of {} launches", plan.hardware, legality.launches);
}

}  // namespace

core::Result<int> run_verify(const CommonOptions& common, const std::string& path, const std::string& hardware) {
  const auto plan = tuner::read_plan(path);
  if (!plan) return plan.error();
  const auto problem_path = std::filesystem::path(path).parent_path() / plan->problem_file;
  const auto file = tuner::read_problem_file(problem_path);
  if (!file) return file.error();
  const auto verdict = tuner::check(file->problem, file->tables_sha256, claim_of(*plan));
  auto legality = tuner::check_tables_legality(*plan, file->problem);
  std::string not_checked;
  if (auto done = check_kernels(common, *plan, hardware, legality, not_checked); !done) return done.error();
  const bool legal = legality.violations.empty();
  const bool accepted = legal && verdict.kind != tuner::Verdict::Kind::kRejected;
  if (common.json) {
    const nlohmann::ordered_json out = {{"schema", "spanwise/verdict"},
                                        {"schema_version", 1},
                                        {"accepted", accepted},
                                        {"proved_again", verdict.kind == tuner::Verdict::Kind::kProvedAgain},
                                        {"gap", verdict.gap},
                                        {"text", verdict.text()},
                                        {"legal", legal},
                                        {"violations", legality.violations},
                                        {"kernels_not_checked", not_checked}};
    print_result(out.dump(2) + "\n");
  } else {
    print_result(fmt::format("{}: {}\n{} units, {} rules, tables sha256 {}\n{}\n", path, verdict.text(), plan->map.size(), plan->rules.size(),
                             plan->certificate.tables_sha256, legality_text(*plan, legality, not_checked)));
  }
  return accepted ? 0 : 1;
}

}  // namespace spanwise::cli

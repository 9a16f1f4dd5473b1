// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/plan_claims.h"
#include "cli/plan_report.h"
#include "cli/settings.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "reports/plan_tables.h"

namespace spanwise::cli {
namespace {

std::string settings(Session& session, const CommonOptions& common, const ValidateOptions& options, const tuner::Plan& plan,
                     const std::filesystem::path& output) {
  Settings all(common);
  all.add("plan", options.plan, "given");
  all.add_option("device", "--device", options.device);
  all.add("runner", device_command(options.device), options.device == "cpu" || options.device == "cuda" ? "beside the program" : "given");
  for (const auto& claim : plan_claims(plan)) all.add("case", claim.rule + " in " + claim.workload, options.plan);
  all.add_option("output", "--output", output.string(), "default: beside the plan");
  all.add_common(session);
  return all.print("validate");
}

std::string shown(const Validated& validated, const CommonOptions& common, const std::string& json) {
  if (common.json) return json;
  const auto table = reports::check_table(checked_cases(validated));
  if (common.markdown) return reports::render_markdown(table);
  auto text = reports::render_terminal(table, terminal_columns(), wants_color());
  // A narrow terminal has no column for the reasons.
  for (const auto& checked : validated.cases) {
    const auto& m = checked.measurement;
    if (!m.message.empty()) text += fmt::format("{} in {}: {}: {}\n", checked.claim.rule, checked.claim.workload, measure::name(m.status), m.message);
  }
  return text;
}

}  // namespace

core::Result<int> run_validate(const CommonOptions& common, const ValidateOptions& options) {
  auto session = Session::open(common);
  if (!session) return session.error();
  const auto plan = tuner::read_plan(options.plan);
  if (!plan) return plan.error();
  const auto path = options.output.empty() ? std::filesystem::path(options.plan).parent_path() / "validation.json"
                                           : std::filesystem::path(options.output);
  if (common.dry_run) {
    print_result(settings(**session, common, options, *plan, path));
    return 0;
  }
  const auto validated = validate_plan(**session, *plan, options.device);
  if (!validated) return validated.error();
  const auto json = validation_json(*validated, *plan);
  if (auto done = core::write_file_atomically(path, json); !done) return done.error();
  if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted", "what was checked is kept in " + path.string());
  print_result(shown(*validated, common, json));
  if (!common.json && !common.markdown) print_result(fmt::format("\nwritten {}\n", path.string()));
  return validated->wrong() || validated->unfinished() ? 1 : 0;
}

}  // namespace spanwise::cli

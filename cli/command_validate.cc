// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/plan_claims.h"
#include "core/file.h"
#include "core/interrupt.h"

namespace spanwise::cli {
namespace {

std::string table(const Validated& validated) {
  std::string text = fmt::format("{:<12} {:<24} {:<12} {:>9} {:>12} {:>12} {:>6}  {}\n", "workload", "rule", "status", "error",
                                 "predicted", "measured", "ratio", "as run");
  for (const auto& checked : validated.cases) {
    const auto& m = checked.measurement;
    const double predicted = checked.predicted.time.value * 1e3;
    text += fmt::format("{:<12} {:<24} {:<12} {:>9} {:>12} {:>12} {:>6}  {}\n", checked.claim.workload, checked.claim.rule,
                        measure::name(m.status), m.relative_error ? fmt::format("{:.1e}", *m.relative_error) : "-",
                        predicted > 0 ? fmt::format("{:.3g} ms", predicted) : "-",
                        m.median_ms ? fmt::format("{:.3g} ms", *m.median_ms) : "-",
                        m.median_ms && predicted > 0 ? fmt::format("{:.2f}", predicted / *m.median_ms) : "-", checked.note);
    if (!m.message.empty()) text += fmt::format("             {}\n", m.message);
  }
  return text;
}

}  // namespace

core::Result<int> run_validate(const CommonOptions& common, const ValidateOptions& options) {
  auto session = Session::open(common);
  if (!session) return session.error();
  const auto plan = tuner::read_plan(options.plan);
  if (!plan) return plan.error();
  const auto validated = validate_plan(**session, *plan, options.device);
  if (!validated) return validated.error();
  const auto json = validation_json(*validated, *plan);
  const auto path = options.output.empty() ? std::filesystem::path(options.plan).parent_path() / "validation.json"
                                           : std::filesystem::path(options.output);
  if (auto done = core::write_file_atomically(path, json); !done) return done.error();
  if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted", "what was checked is kept in " + path.string());
  print_result(common.json ? json : table(*validated) + fmt::format("written {}\n", path.string()));
  return validated->wrong() || validated->unfinished() ? 1 : 0;
}

}  // namespace spanwise::cli

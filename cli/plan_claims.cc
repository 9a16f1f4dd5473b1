// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_claims.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/progress.h"

namespace spanwise::cli {
namespace {

using nlohmann::ordered_json;

ordered_json case_json(const measure::Checked& checked) {
  const auto& m = checked.measurement;
  ordered_json out = {{"rule", checked.claim.rule},
                      {"workload", checked.claim.workload},
                      {"case", ordered_json::parse(patterns::to_json(checked.run))},
                      {"note", checked.note},
                      {"status", std::string(measure::name(m.status))}};
  if (!checked.q_tiles.empty()) out["q_tiles"] = checked.q_tiles;
  if (!m.message.empty()) out["message"] = m.message;
  if (m.relative_error) out["relative_error"] = *m.relative_error;
  if (m.max_error) out["max_error"] = *m.max_error;
  if (m.checked_rows > 0) out["checked_rows"] = m.checked_rows;
  if (checked.predicted.time.value > 0) {
    out["predicted_ms"] = {{"time", checked.predicted.time.value * 1e3},
                           {"low", checked.predicted.low.value * 1e3},
                           {"high", checked.predicted.high.value * 1e3},
                           {"basis", std::string(core::name(checked.predicted.basis))}};
  }
  if (m.median_ms && m.p05_ms && m.p95_ms) {
    out["measured_ms"] = {{"median", *m.median_ms}, {"p05", *m.p05_ms}, {"p95", *m.p95_ms}, {"samples", m.samples}};
    out["predicted_over_measured"] = checked.predicted.time.value * 1e3 / *m.median_ms;
  }
  return out;
}

}  // namespace

std::vector<measure::Claim> plan_claims(const tuner::Plan& plan) {
  std::vector<measure::Claim> claims;
  for (const auto& workload : plan.task.workloads) {
    for (const auto& rule : plan.rules) {
      auto shape = plan.task.shape(workload, rule, plan.task.attention.kv_heads);
      if (!shape.kv_lens.empty()) {  // runners take equal sequences: the longest stands for a ragged batch
        shape.batch = 1;
        shape.q_lens.clear();
        shape.kv_lens.clear();
      }
      claims.push_back({patterns::short_name(rule), workload.name, std::move(shape)});
    }
  }
  return claims;
}

bool Validated::wrong() const {
  return std::any_of(cases.begin(), cases.end(),
                     [](const measure::Checked& c) { return c.measurement.status == measure::CaseStatus::kWrong; });
}

bool Validated::unfinished() const {
  using measure::CaseStatus;
  return cases.size() < claims || std::any_of(cases.begin(), cases.end(), [](const measure::Checked& c) {
           const auto status = c.measurement.status;
           return status == CaseStatus::kCrashed || status == CaseStatus::kTimeout || status == CaseStatus::kError;
         });
}

core::Result<Validated> validate_plan(Session& session, const tuner::Plan& plan, const std::string& device_name) {
  auto device = session.device(device_name);
  if (!device) return device.error();
  const auto claims = plan_claims(plan);
  Validated validated;
  validated.device = device->runner.hello();
  validated.machine_note = device->note;
  validated.claims = claims.size();
  Progress progress("checking kernels");
  auto cases = measure::validate(device->runner, claims, session.pricing(device->machine),
                                 [&](std::size_t done, const measure::Claim& next) {
                                   progress.step(done, claims.size(), next.rule + " in " + next.workload);
                                 });
  if (!cases) return cases.error();
  validated.cases = std::move(*cases);
  return validated;
}

std::string validation_json(const Validated& validated, const tuner::Plan& plan) {
  ordered_json out = {{"schema", "spanwise/validation"},
                      {"schema_version", 1},
                      {"created", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
                      {"model", plan.model},
                      {"tables_sha256", plan.certificate.tables_sha256},
                      {"device",
                       {{"runner", validated.device.runner},
                        {"version", validated.device.version},
                        {"build", validated.device.build},
                        {"name", validated.device.device_name},
                        {"kind", validated.device.device_kind},
                        {"isa", validated.device.isa},
                        {"processors", validated.device.processors},
                        {"figures", validated.machine_note}}},
                      {"claims", validated.claims},
                      {"cases", ordered_json::array()}};
  for (const auto& checked : validated.cases) out["cases"].push_back(case_json(checked));
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace spanwise::cli

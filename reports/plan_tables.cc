// SPDX-License-Identifier: Apache-2.0
#include "reports/plan_tables.h"

#include <fmt/format.h>

#include <cmath>

#include "reports/ladder_words.h"
#include "reports/numbers.h"
#include "reports/summary.h"
#include "reports/verdict.h"

namespace spanwise::reports {
namespace {

TimeScale scale_of(const std::vector<Workload>& workloads) {
  std::vector<double> times;
  for (const auto& workload : workloads) {
    times.push_back(workload.dense_seconds);
    if (workload.plan) times.push_back(workload.plan->attention_seconds);
  }
  return time_scale(times);
}

}  // namespace

Table workload_table(const std::vector<Workload>& workloads) {
  const auto scale = scale_of(workloads);
  Table table;
  table.columns = {{"workload", {"workload", "", false}},
                   {"dense", {fmt::format("dense {}", scale.unit)}},
                   {"plan", {fmt::format("plan {}", scale.unit)}},
                   {"range", {"90 % range", "90 %", true, 2}},
                   {"attention", {"attention", "attn"}},
                   {"model", {"model", "", true, 1}},
                   {"tile_bound", {"tile bound", "tiles", true, 4}},
                   {"basis", {"basis", "", false, 3}}};
  std::vector<double> attention, model;
  for (const auto& workload : workloads) {
    attention.push_back(attention_speedup(workload).value_or(INFINITY));
    model.push_back(model_speedup(workload).value_or(INFINITY));
  }
  for (const auto& workload : workloads) {
    const auto& plan = workload.plan;
    table.rows.push_back({workload.name, scale.text(workload.dense_seconds), plan ? scale.text(plan->attention_seconds) : "-",
                          plan ? scale.range(plan->attention_range) : "-",
                          speedup_text(attention_speedup(workload), speedup_decimals(attention)),
                          speedup_text(model_speedup(workload), speedup_decimals(model)), speedup_text(workload.tile_bound, 1),
                          std::string(core::name(workload.basis))});
  }
  return table;
}

Table ladder_table(const Ladder& ladder) {
  std::vector<double> seconds = {ladder.reference_seconds};
  for (const auto& rung : ladder.rungs) seconds.push_back(rung.seconds);
  const auto scale = time_scale(seconds);
  Table table;
  table.columns = {{"rung", {"rung", "", false}},
                   {"time", {scale.unit}},
                   {"speedup", {"speedup"}},
                   {"why", {.header = "what it loses and why", .numeric = false, .sentence = true}}};
  table.rows.push_back({"dense", scale.text(ladder.reference_seconds), speedup_text(1.0),
                        fmt::format("{} ({})", ladder.reference_kernel, core::name(ladder.reference_basis))});
  for (const auto& rung : ladder.rungs) {
    table.rows.push_back({rung.name, scale.text(rung.seconds), speedup_text(speedup(ladder.reference_seconds, rung.seconds)), rung_reason(ladder, rung)});
  }
  return table;
}

Table check_table(const std::vector<CheckedCase>& cases) {
  Table table;
  table.columns = {{"workload", {"workload", "", false}},
                   {"rule", {"rule", "", false}},
                   {"status", {"status", "", false}},
                   {"error", {"error", "", true, 1}},
                   {"predicted", {"predicted"}},
                   {"measured", {"measured"}},
                   {"ratio", {"ratio", "", true, 2}},
                   {"note", {.header = "as run", .numeric = false, .drop_rank = 3, .sentence = true}}};
  for (const auto& checked : cases) {
    const bool timed = checked.measured && checked.measured->median > 0 && checked.predicted_seconds > 0;
    const auto note = checked.message.empty() ? checked.note : checked.note.empty() ? checked.message : checked.note + "; " + checked.message;
    table.rows.push_back({checked.workload, checked.rule, name(checked.status), checked.relative_error ? magnitude(*checked.relative_error) : "-",
                          checked.predicted_seconds > 0 ? time_text(checked.predicted_seconds) : "-",
                          checked.measured ? time_text(checked.measured->median) : "-",
                          timed ? fixed(checked.predicted_seconds / checked.measured->median, 2) : "-", note});
  }
  return table;
}

}  // namespace spanwise::reports

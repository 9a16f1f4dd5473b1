// SPDX-License-Identifier: Apache-2.0
#include "reports/json.h"

#include <nlohmann/json.hpp>

#include "reports/check.h"
#include "reports/json_layout.h"
#include "reports/numbers.h"
#include "reports/plan_sentence.h"
#include "reports/summary.h"
#include "reports/verdict.h"

namespace spanwise::reports {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(double seconds) {
  return seconds * 1e3;
}

std::string basis_name(core::Basis basis) {
  return std::string(core::name(basis));
}

template <class T>
void put(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

template <class Range, class Write>
Json list(const Range& range, Write write) {
  auto array = Json::array();
  for (const auto& item : range) array.push_back(write(item));
  return array;
}

Json note_json(const Note& note) {
  return {{"text", note.text}, {"change", note.change}};
}

Json ladder_json(const Ladder& ladder) {
  Json json = {{"subject", ladder.subject},
               {"reference_kernel", ladder.reference_kernel},
               {"reference_ms", milliseconds(ladder.reference_seconds)},
               {"reference_basis", basis_name(ladder.reference_basis)}};
  json["rungs"] = list(ladder.rungs, [&](const Rung& rung) {
    Json rung_json = {{"name", rung.name}, {"ms", milliseconds(rung.seconds)}};
    put(rung_json, "speedup", speedup(ladder.reference_seconds, rung.seconds));
    rung_json["reason"] = rung.reason;
    return rung_json;
  });
  put(json, "kernel_quality", ladder.kernel_quality);
  put(json, "dense_schedule_loss", ladder.dense_schedule_loss);
  put(json, "natten_worst_tile_speedup", ladder.natten_worst_tile_speedup);
  put(json, "break_even_density", ladder.break_even_density);
  put(json, "break_even_tokens", ladder.break_even_tokens);
  return json;
}

Json operator_json(const OperatorTime& part) {
  return {{"kind", part.kind},
          {"dense_ms", milliseconds(part.dense_seconds)},
          {"plan_ms", milliseconds(part.plan_seconds)},
          {"basis", basis_name(part.basis)}};
}

Json workload_json(const Workload& workload) {
  Json json = {{"name", workload.name},
               {"description", workload.description},
               {"basis", basis_name(workload.basis)},
               {"dense",
                {{"kernel", workload.baseline_kernel},
                 {"attention_ms", milliseconds(workload.dense_seconds)},
                 {"model_ms", milliseconds(workload.dense_model_seconds)}}}};
  if (workload.plan) {
    json["plan"] = {{"attention_ms", milliseconds(workload.plan->attention_seconds)},
                    {"low_ms", milliseconds(workload.plan->attention_range.low)},
                    {"high_ms", milliseconds(workload.plan->attention_range.high)},
                    {"searched_ms", milliseconds(workload.plan->searched_seconds)},
                    {"model_ms", milliseconds(workload.plan->model_seconds)}};
  }
  put(json, "attention_speedup", attention_speedup(workload));
  put(json, "model_speedup", model_speedup(workload));
  put(json, "tile_bound", workload.tile_bound);
  if (workload.ladder) json["ladder"] = ladder_json(*workload.ladder);
  json["operators"] = list(workload.operators, operator_json);
  return json;
}

Json point_json(const FrontPoint& point) {
  return {{"attention_share", point.attention_share}, {"loss", point.loss}};
}

Json front_json(const Front& front) {
  Json json = {{"of", front.of}, {"loss", front.loss}};
  json["samples"] = list(front.samples, [](const FrontSample& sample) {
    Json sample_json = {{"share_limit", sample.share_limit}};
    if (sample.best) sample_json["best"] = point_json(*sample.best);
    if (sample.best_uniform) sample_json["best_uniform"] = point_json(*sample.best_uniform);
    return sample_json;
  });
  json["supported"] = list(front.supported, point_json);
  json["uniform"] = list(front.uniform, point_json);
  if (front.chosen) json["chosen"] = point_json(*front.chosen);
  return json;
}

Json plan_json(const ReportModel& model) {
  const auto& plan = *model.plan;
  Json json = {{"sentence", plan_sentence(plan, heads_word(model.header))}};
  put(json, "break_even_tokens", plan.break_even_tokens);
  json["rules"] = list(plan.rules, [](const PlanRule& rule) {
    return Json{{"name", rule.name},   {"words", words_of(rule)}, {"pattern", read_small_json(rule.pattern)},
                {"dense", rule.dense}, {"density", rule.density}, {"head_share", rule.head_share}};
  });
  // One row a layer, one rule index a KV head.
  auto rows = Json::array();
  for (std::int64_t layer = 0; layer < plan.map.layers; ++layer) {
    const auto* cells = plan.map.rule.data() + layer * plan.map.kv_heads;
    rows.push_back(std::vector<std::int32_t>(cells, cells + plan.map.kv_heads));
  }
  json["map"] = std::move(rows);
  return json;
}

Json proof_json(const Proof& proof) {
  Json json = {{"status", name(proof.status)}};
  if (proof.status != Proof::Status::kInfeasible) {
    json["proof"] = name(proof.kind);
    json["gap"] = proof.gap;
  } else {
    json["tightest_limit"] = proof.tightest_limit;
    put(json, "limit", proof.limit_value);
    put(json, "nearest_feasible", proof.nearest_feasible);
  }
  json["tables_sha256"] = proof.tables_sha256;
  return json;
}

Json provenance_json(const ProvenanceRow& row) {
  return {
      {"figure", row.figure}, {"value", row.value}, {"basis", basis_name(row.basis)}, {"source", row.source}};
}

}  // namespace

core::Result<std::string> render_json(const ReportModel& model) {
  if (const auto status = check(model); !status) return status.error();
  const auto& header = model.header;
  Json json = {
      {"schema", kReportSchema}, {"schema_version", kReportSchemaVersion}, {"spanwise", model.version}};
  json["model"] = {{"name", header.model},
                   {"layers", header.layers},
                   {"q_heads", header.q_heads},
                   {"kv_heads", header.kv_heads}};
  json["hardware"] = {{"name", header.hardware}, {"defaulted", header.hardware_defaulted}};
  json["assumptions"] = list(header.assumptions, note_json);
  json["defaults"] = list(header.defaults, note_json);
  json["workloads"] = list(model.workloads, workload_json);
  if (model.front) json["front"] = front_json(*model.front);
  if (model.plan) json["plan"] = plan_json(model);
  json["proof"] = proof_json(model.proof);
  json["provenance"] = list(model.provenance, provenance_json);
  return lay_out(json);
}

}  // namespace spanwise::reports

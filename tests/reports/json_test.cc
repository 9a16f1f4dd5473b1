// SPDX-License-Identifier: Apache-2.0
#include "reports/json.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/reports/sample_models.h"

using namespace spanwise::reports;  // NOLINT: a test
using nlohmann::ordered_json;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

ordered_json rendered(const ReportModel& model) {
  return ordered_json::parse(*render_json(model));
}

// Every number, everywhere, is finite; nulls are not used.
bool is_sound(const ordered_json& json) {
  if (json.is_null()) return false;
  if (!json.is_structured()) return true;
  for (const auto& item : json) {
    if (!is_sound(item)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("report.json holds the model's figures under stable names") {
  const auto json = rendered(samples::language_model());
  CHECK(json.begin().key() == "schema");
  CHECK(json["schema"] == "spanwise/report");
  CHECK(json["schema_version"] == 1);
  CHECK(json["model"] ==
        ordered_json::parse(R"({"name":"llama-3.1-8b","layers":32,"q_heads":32,"kv_heads":8})"));
  CHECK(json["hardware"]["defaulted"] == true);
  CHECK(json["assumptions"].size() == 2);  // also those that the first screen only counts
  const auto& prefill = json["workloads"][0];
  CHECK(prefill["dense"]["attention_ms"].get<double>() == doctest::Approx(412));
  CHECK(prefill["plan"]["high_ms"].get<double>() == doctest::Approx(224));
  CHECK(prefill["plan"]["searched_ms"].get<double>() == doctest::Approx(205.1));
  CHECK(prefill["attention_speedup"].get<double>() == doctest::Approx(2));
  CHECK(prefill["ladder"]["rungs"].size() == 9);
  CHECK(prefill["ladder"]["rungs"][2]["speedup"].get<double>() == doctest::Approx(412 / 36.1));
  CHECK(json["front"]["samples"][3].contains("best"));
  CHECK_FALSE(json["front"]["samples"][3].contains("best_uniform"));
  CHECK(json["plan"]["rules"][1]["pattern"]["sliding_window"]["window"] == 4096);
  CHECK(json["plan"]["rules"][0]["pattern"] == "dense");
  CHECK(json["plan"]["map"].size() == 32);
  CHECK(json["plan"]["map"][1] == std::vector<int>(8, 0));
  CHECK(json["plan"]["map"][2] == std::vector<int>(8, 1));
  CHECK(json["proof"]["proof"] == "dual");
  CHECK(json["provenance"][3]["basis"] == "assumed");
}

TEST_CASE("every sample is sound JSON") {
  for (const auto& model : {samples::video_model(), samples::large(80, 64, 40), samples::least(),
                            samples::infeasible(), samples::hostile(), ReportModel{}}) {
    CHECK(is_sound(rendered(model)));
  }
  const auto infeasible = rendered(samples::infeasible());
  CHECK_FALSE(infeasible.contains("plan"));
  CHECK_FALSE(infeasible["workloads"][0].contains("plan"));
  CHECK(infeasible["proof"]["nearest_feasible"] == 0.2313);
}

TEST_CASE("what a run measured, and where, stays out of report.json") {
  const auto model = samples::language_model();
  auto other = model;
  other.validation->cases[0].measured->median = 9.9;
  other.validation->where = "elsewhere";
  other.not_checked.clear();
  other.proof.verify_command = "spanwise verify /elsewhere/plan.yaml";
  other.command_line = "spanwise plan -o /elsewhere";
  CHECK(*render_json(model) == *render_json(other));
  other.validation.reset();
  CHECK(*render_json(model) == *render_json(other));
}

TEST_CASE("hostile text comes back as it went in, where UTF-8 can hold it") {
  auto model = samples::hostile();
  const std::string good = "<script>\"'\\ \n\x01 caf\xc3\xa9";
  model.header.model = good;
  model.workloads[0].name =
      "a\xff"
      "b";
  model.plan->rules[0].pattern = std::string(100000, '[');
  model.plan->rules[1].pattern = "{not json";
  const auto json = rendered(model);
  CHECK(json["model"]["name"] == good);
  CHECK(json["workloads"][0]["name"] ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(json["plan"]["rules"][0]["pattern"] == std::string(100000, '['));
  CHECK(json["plan"]["rules"][1]["pattern"] == "{not json");
}

TEST_CASE("a number that is not finite, a falling ladder or a broken map is refused by name") {
  struct Broken {
    const char* named;
    std::function<void(ReportModel&)> breaks;
  };
  const std::vector<Broken> cases = {
      {"workloads[0].dense_seconds", [](auto& model) { model.workloads[0].dense_seconds = kNan; }},
      {"workloads[1].dense_model_seconds", [](auto& model) { model.workloads[1].dense_model_seconds = -1; }},
      {"workloads[0].tile_bound", [](auto& model) { model.workloads[0].tile_bound = kInfinity; }},
      {"plan.attention_seconds", [](auto& model) { model.workloads[0].plan->attention_seconds = kInfinity; }},
      {"plan.attention_range.low", [](auto& model) { model.workloads[0].plan->attention_range.low = kNan; }},
      {"plan.attention_range.high",
       [](auto& model) { model.workloads[0].plan->attention_range.high = kNan; }},
      {"plan.searched_seconds", [](auto& model) { model.workloads[0].plan->searched_seconds = kNan; }},
      {"ladder.reference_seconds", [](auto& model) { model.workloads[0].ladder->reference_seconds = kNan; }},
      {"ladder.tiles", [](auto& model) { model.workloads[0].ladder->rungs[2].seconds = 0.0001; }},
      {"ladder.kernel_quality", [](auto& model) { model.workloads[0].ladder->kernel_quality = kNan; }},
      {"ladder.dense_schedule_loss",
       [](auto& model) { model.workloads[0].ladder->dense_schedule_loss = kNan; }},
      {"ladder.natten_worst_tile_speedup",
       [](auto& model) { model.workloads[0].ladder->natten_worst_tile_speedup = kInfinity; }},
      {"ladder.break_even_density",
       [](auto& model) { model.workloads[0].ladder->break_even_density = kNan; }},
      {"operators.FFN", [](auto& model) { model.workloads[0].operators[2].plan_seconds = kNan; }},
      {"front.samples.share_limit", [](auto& model) { model.front->samples[0].share_limit = kNan; }},
      {"front.samples.best", [](auto& model) { model.front->samples[0].best->loss = kNan; }},
      {"front.samples.best_uniform", [](auto& model) { model.front->samples[0].best_uniform->loss = kNan; }},
      {"front.supported", [](auto& model) { model.front->supported[5].loss = kInfinity; }},
      {"front.supported", [](auto& model) { model.front->supported[5].attention_share = 0; }},
      {"front.uniform", [](auto& model) { model.front->uniform[0].attention_share = kNan; }},
      {"front.chosen", [](auto& model) { model.front->chosen->loss = kNan; }},
      {"plan.rules.density", [](auto& model) { model.plan->rules[0].density.pop_back(); }},
      {"plan.rules.density", [](auto& model) { model.plan->rules[0].density[0] = kNan; }},
      {"plan.rules.head_share", [](auto& model) { model.plan->rules[1].head_share = kNan; }},
      {"plan.map.rule", [](auto& model) { model.plan->map.rule[7] = 2; }},
      {"plan.map.rule", [](auto& model) { model.plan->map.rule[7] = -1; }},
      {"plan.map.rule", [](auto& model) { model.plan->map.rule.pop_back(); }},
      {"plan.map", [](auto& model) { model.plan->map.layers = 0; }},
      {"proof.gap", [](auto& model) { model.proof.gap = kNan; }},
      {"proof.limit_value", [](auto& model) { model.proof.limit_value = kNan; }},
      {"proof.nearest_feasible", [](auto& model) { model.proof.nearest_feasible = kNan; }},
      {"validation.relative_error", [](auto& model) { model.validation->cases[0].relative_error = kNan; }},
      {"validation.predicted_seconds",
       [](auto& model) { model.validation->cases[0].predicted_seconds = -1; }},
      {"validation.measured.p95", [](auto& model) { model.validation->cases[1].measured->p95 = kNan; }},
  };
  for (const auto& broken : cases) {
    CAPTURE(broken.named);
    auto model = samples::language_model();
    broken.breaks(model);
    const auto result = render_json(model);
    REQUIRE_FALSE(result);
    CHECK(result.error().front().message.find(broken.named) != std::string::npos);
    CHECK(spanwise::core::exit_code(result.error()) == 70);
  }
}

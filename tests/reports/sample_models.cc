// SPDX-License-Identifier: Apache-2.0
#include "tests/reports/sample_models.h"

#include <fmt/format.h>

#include <string>

#include "core/random.h"

namespace spanwise::reports::samples {
namespace {

using core::Basis;

Ladder prefill_ladder() {
  Ladder ladder;
  ladder.subject = "window 4096 + 64 sinks on every head, kernel sm90-window, burst at 1.83 GHz";
  ladder.reference_kernel = "flash-attention-3";
  ladder.reference_seconds = 0.412;
  ladder.reference_basis = Basis::kFitted;
  ladder.rungs = {
      {"roof", 0.0171, "kept FLOPs at the measured matrix peak; HBM would allow 0.9 ms"},
      {"flops", 0.0284, "23.4 % of the causal pairs are kept, at the kernel's own dense rate"},
      {"tiles", 0.0361, "tiles of 128 x 128 visit 1.27 times the kept pairs"},
      {"pipeline", 0.0402, "3.1 % partial tiles, prologue and epilogue of 33 tiles a row"},
      {"memory", 0.0402, "no memory floor above the work"},
      {"schedule", 0.0431, "last wave 61 % full; longest row 1.00 of the mean"},
      {"selection", 0.0431, "static pattern, nothing to select"},
      {"launch", 0.0432, "32 launches of 2.4 us"},
      {"clock", 0.0455, "1.74 GHz under this load"},
  };
  ladder.kernel_quality = 0.93;
  ladder.dense_schedule_loss = 1.02;
  ladder.natten_worst_tile_speedup = 7.8;
  ladder.break_even_density = 0.91;
  ladder.break_even_tokens = 6144;
  return ladder;
}

Ladder decode_ladder() {
  Ladder ladder;
  ladder.subject = "window 4096 + 64 sinks on every head, kernel sm90-window-decode, burst at 1.83 GHz";
  ladder.reference_kernel = "flash-decoding";
  ladder.reference_seconds = 0.0091;
  ladder.reference_basis = Basis::kMeasured;
  ladder.rungs = {{"roof", 0.00029, "4160 keys a head from HBM at 4.6 TB/s"},
                  {"flops", 0.00029, "memory bound"},
                  {"tiles", 0.00038, "33 of 1024 tiles"},
                  {"launch", 0.00052, "64 launches: split and combine"},
                  {"clock", 0.00052, "memory bound: the clock does not matter"}};
  return ladder;
}

Front language_front() {
  Front front;
  front.of = "attention";
  front.loss = "loss";
  const auto best = [](double share) { return FrontPoint{share, 0.37333333 * (1 - share) * (1 - share)}; };
  for (int i = 0; i <= 160; ++i) front.supported.push_back(best(0.2 + 0.005 * i));
  front.samples = {{1.0, best(1.0), FrontPoint{1.0, 0.0}},
                   {0.75, best(0.75), FrontPoint{0.71, 0.047}},
                   {0.5, best(0.5), FrontPoint{0.47, 0.13}},
                   {0.25, best(0.25), std::nullopt}};
  front.uniform = {{1.0, 0.0}, {0.71, 0.047}, {0.47, 0.13}, {0.31, 0.29}};
  front.chosen = best(0.5);
  return front;
}

Plan language_plan() {
  Plan plan;
  plan.rules = {{"dense", "dense", "\"dense\"", true, {1.0, 1.0}, 2.0 / 32},
                {"window4096+64",
                 "window 4096 + 64 sinks",
                 R"({"sliding_window":{"window":4096,"sinks":64}})",
                 false,
                 {0.234, 0.0317},
                 30.0 / 32}};
  plan.map = {32, 8, std::vector<std::int32_t>(32 * 8, 1)};
  for (int i = 0; i < 16; ++i) plan.map.rule[i] = 0;
  plan.break_even_tokens = 6144;
  return plan;
}

std::vector<OperatorTime> operators(double attention, double planned, double projections, double ffn,
                                    double other) {
  return {{"attention", attention, planned, Basis::kFitted},
          {"projections", projections, projections, Basis::kAssumed},
          {"FFN", ffn, ffn, Basis::kAssumed},
          {"other", other, other, Basis::kAssumed}};
}

Validation language_validation() {
  Validation validation;
  validation.where = "this CPU";
  validation.device = "Example CPU 8375C, 2 processors, avx2";
  using Status = CheckedCase::Status;
  validation.cases = {
      {"dense", "prefill 32k, b1", "q 32768 x kv 32768, 4 of 512 query tiles", Status::kOk, "", 3.1e-7,
       0.2304, CheckedCase::Timing{0.24, 0.236, 0.262}, "true length, sampled tiles"},
      {"window4096+64", "prefill 32k, b1", "q 32768 x kv 32768, 4 of 512 query tiles", Status::kOk, "",
       2.8e-7, 0.0631, CheckedCase::Timing{0.059, 0.0581, 0.0643}, "true length, sampled tiles"}};
  return validation;
}

}  // namespace

ReportModel language_model() {
  ReportModel model;
  model.header = {"llama-3.1-8b", 32, 32, 8, "h200-sxm", true, "other: --hardware local|FILE", {}, {}};
  model.header.assumptions = {
      {"losses ASSUMED: shows where time can go, not that quality holds", "give:  --profile FILE"},
      {"GEMMs at 0.8 of the matrix peak", "", false}};
  model.header.defaults = {{"target attention at most 50 % of its dense time", "other: --limit NAME=VALUE"}};
  Workload prefill;
  prefill.name = "prefill 32k, b1";
  prefill.description = "batch 1, 32768 queries on 32768 keys, causal, bf16";
  prefill.baseline_kernel = "flash-attention-3";
  prefill.dense_seconds = 0.412;
  prefill.dense_model_seconds = 0.894;
  prefill.plan = PlannedTime{0.206, {0.190, 0.224}, 0.2051, 0.688};
  prefill.tile_bound = 11.4;
  prefill.basis = Basis::kFitted;
  prefill.ladder = prefill_ladder();
  prefill.operators = operators(0.412, 0.206, 0.141, 0.322, 0.019);
  Workload decode;
  decode.name = "decode 128k, b8";
  decode.description = "batch 8, 1 query on 131072 keys, causal, bf16";
  decode.baseline_kernel = "flash-decoding";
  decode.dense_seconds = 0.0091;
  decode.dense_model_seconds = 0.0132;
  decode.plan = PlannedTime{0.0044, {0.0040, 0.0049}, 0.0044, 0.0085};
  decode.tile_bound = 24.0;
  decode.basis = Basis::kFitted;
  decode.ladder = decode_ladder();
  decode.operators = operators(0.0091, 0.0044, 0.0012, 0.0026, 0.0003);
  model.workloads = {prefill, decode};
  model.front = language_front();
  model.plan = language_plan();
  model.proof.status = Proof::Status::kOptimal;
  model.proof.kind = Proof::Kind::kDual;
  model.proof.gap = 2e-7;
  model.proof.tables_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  model.proof.verify_command = "spanwise verify out/llama-3.1-8b@h200-sxm/plan.yaml";
  model.validation = language_validation();
  model.not_checked = {
      {"times on h200-sxm; quality",
       "spanwise validate out/llama-3.1-8b@h200-sxm/plan.yaml --device \"ssh gpu spanwise-cuda\""}};
  model.provenance = {
      {"matrix peak, bf16", "989 TFLOP/s", Basis::kDatasheet, "vendor data sheet"},
      {"HBM bandwidth", "4.8 TB/s", Basis::kDatasheet, "vendor data sheet"},
      {"dense attention, head dim 128", "661 TFLOP/s", Basis::kFitted, "fit to 214 published timings"},
      {"losses", "distance of the kept mass", Basis::kAssumed, "no profile was given"}};
  model.command_line = "spanwise plan configs/models/llama-3.1-8b.yaml";
  model.version = "0.1.0";
  return model;
}

ReportModel video_model() {
  auto model = language_model();
  model.header = {"hunyuan-video",      60, 24, 24, "h200-sxm", false, "", model.header.assumptions,
                  model.header.defaults};
  auto& workload = model.workloads[0];
  workload.name = "step 30x48x80 + 256 text";
  workload.description = "batch 1, grid 30x48x80 with 256 text tokens beside the video, not causal, bf16";
  workload.dense_seconds = 11.82;
  workload.dense_model_seconds = 15.1;
  workload.plan = PlannedTime{5.86, {5.2, 6.6}, 5.71, 9.14};
  workload.operators = operators(11.82, 5.86, 1.1, 2.0, 0.18);
  workload.ladder->rungs.back().seconds = 0.52;  // slower than dense
  model.workloads.resize(1);
  model.plan->rules = {{"dense", "dense", "\"dense\"", true, {1.0}, 0.2},
                       {"na18x24x24",
                        "neighborhood 18x24x24, stride 16x8x8",
                        R"({"neighborhood":{"window":[18,24,24]}})",
                        false,
                        {0.09},
                        0.5},
                       {"na12x24x24",
                        "neighborhood 12x24x24",
                        R"({"neighborhood":{"window":[12,24,24]}})",
                        false,
                        {0.06},
                        0.2},
                       {"na6x12x12",
                        "neighborhood 6x12x12",
                        R"({"neighborhood":{"window":[6,12,12]}})",
                        false,
                        {0.0075},
                        0.1}};
  model.plan->map = {60, 24, {}};
  for (int cell = 0; cell < 60 * 24; ++cell) {
    const auto bits = core::random_unit(core::random_bits(1, 1, cell));
    const int layer = cell / 24;
    model.plan->map.rule.push_back(layer < 4 ? 0 : bits < 0.15 ? 0 : bits < 0.65 ? 1 : bits < 0.9 ? 2 : 3);
  }
  model.plan->break_even_tokens.reset();
  return model;
}

ReportModel large(std::int64_t layers, std::int64_t kv_heads, int rules) {
  auto model = language_model();
  model.header.layers = layers;
  model.header.q_heads = kv_heads;
  model.header.kv_heads = kv_heads;
  model.plan->rules.clear();
  for (int rule = 0; rule < rules; ++rule) {
    const auto window = 128 * (rule + 1);
    model.plan->rules.push_back({fmt::format("window{}+64", window),
                                 fmt::format("window {} + 64 sinks", window),
                                 fmt::format(R"({{"sliding_window":{{"window":{},"sinks":64}}}})", window),
                                 false,
                                 {window / 32768.0, window / 131072.0},
                                 1.0 / rules});
  }
  model.plan->map = {layers, kv_heads, {}};
  for (std::int64_t cell = 0; cell < layers * kv_heads; ++cell) {
    model.plan->map.rule.push_back(static_cast<std::int32_t>(core::random_bits(2, 1, cell) % rules));
  }
  model.front->supported.clear();
  for (int i = 0; i < 3000; ++i) {
    const double share = 0.05 + 0.95 * i / 2999;
    model.front->supported.push_back({share, 0.5 * (1 - share) * (1 - share)});
  }
  return model;
}

ReportModel least() {
  ReportModel model;
  model.header = {"one", 1, 1, 1, "local", false, "", {}, {}};
  Workload workload;
  workload.name = "prefill";
  workload.dense_seconds = 2.5e-5;
  workload.dense_model_seconds = 2.5e-5;
  workload.plan = PlannedTime{2.5e-5, {2.5e-5, 2.5e-5}, 2.5e-5, 2.5e-5};
  model.workloads = {workload};
  model.plan = Plan{{{"dense", "", "\"dense\"", true, {1.0}, 1.0}}, {1, 1, {0}}, std::nullopt};
  model.proof.status = Proof::Status::kOptimal;
  model.proof.kind = Proof::Kind::kExhausted;
  return model;
}

ReportModel infeasible() {
  auto model = language_model();
  model.plan.reset();
  model.validation.reset();
  model.front->chosen.reset();
  for (auto& workload : model.workloads) workload.plan.reset();
  model.proof = {};
  model.proof.status = Proof::Status::kInfeasible;
  model.proof.tightest_limit = "prefill_32k";
  model.proof.limit_value = 0.2;
  model.proof.nearest_feasible = 0.2313;
  return model;
}

ReportModel hostile() {
  const std::string bait =
      "<script>alert(1)</script>\"' onload='x' </style></title>--> &lt; \x1b[31m\x07\x01\x7f "
      "\xff\xc3(\xed\xa0\x80 "
      "\xe2\x80\xa8\xef\xbf\xbf caf\xc3\xa9 ]]> ${x} %s {} " +
      std::string(300, 'w');
  auto model = language_model();
  auto& header = model.header;
  header.model = header.hardware = header.hardware_change = bait;
  for (auto* notes : {&header.assumptions, &header.defaults}) {
    for (auto& note : *notes) note.text = note.change = bait;
  }
  for (auto& workload : model.workloads) {
    workload.name = workload.description = workload.baseline_kernel = bait;
    workload.ladder->subject = workload.ladder->reference_kernel = bait;
    for (auto& rung : workload.ladder->rungs) rung.name = rung.reason = bait;
    for (auto& part : workload.operators) part.kind = bait;
  }
  model.front->of = model.front->loss = bait;
  for (auto& rule : model.plan->rules) rule.name = rule.words = rule.pattern = bait;
  model.proof.tables_sha256 = model.proof.verify_command = model.proof.tightest_limit = bait;
  auto& validation = *model.validation;
  validation.where = validation.device = bait;
  for (auto& checked : validation.cases) {
    checked.workload = checked.shape = checked.message = checked.note = bait;
  }
  validation.cases[0].status = CheckedCase::Status::kWrong;
  validation.cases[0].relative_error = 3e-3;
  validation.cases[1].status = CheckedCase::Status::kUnsupported;
  validation.cases[1].measured.reset();
  for (auto& missing : model.not_checked) missing.what = missing.command = bait;
  for (auto& row : model.provenance) row.figure = row.value = row.source = bait;
  model.command_line = model.version = bait;
  return model;
}

}  // namespace spanwise::reports::samples

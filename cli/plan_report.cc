// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "cli/show_data.h"
#include "sim/break_even.h"
#include "sim/model_notes.h"

namespace spanwise::cli {
namespace {

using core::to_double;

struct KindName {
  sim::OperatorKind kind;
  const char* name;
};
constexpr std::array<KindName, 4> kKinds = {{{sim::OperatorKind::kAttention, "attention"},
                                             {sim::OperatorKind::kProjection, "projections"},
                                             {sim::OperatorKind::kFeedForward, "FFN"},
                                             {sim::OperatorKind::kOther, "other"}}};

double seconds_of(const sim::ModelTime& time, sim::OperatorKind kind) {
  const auto part = time.parts.find(kind);
  return part == time.parts.end() ? 0.0 : part->second.value;
}

// The offered rule with the least attention time over all workloads, each against dense.
std::size_t sparsest_rule(const tuner::RulePrices& prices) {
  std::size_t best = prices.dense_rule();
  double least = 1e300;
  for (std::size_t rule = 0; rule < prices.rules().size(); ++rule) {
    double share = 0;
    for (std::size_t w = 0; w < prices.task().workloads.size(); ++w) {
      share += prices.choice(rule, w).estimate.time / prices.choice(prices.dense_rule(), w).estimate.time;
    }
    if (share < least) {
      least = share;
      best = rule;
    }
  }
  return best;
}

// The rule that the ladder explains: the plan's most used sparse rule, else the sparsest one offered.
std::size_t explained_rule(const ReportInput& input) {
  const auto& prices = *input.prices;
  std::vector<std::size_t> uses(prices.rules().size(), 0);
  if (input.made->plan) {
    const auto& plan = *input.made->plan;
    for (const auto rule : plan.map) {
      const auto found = std::find(prices.rules().begin(), prices.rules().end(), plan.rules[static_cast<std::size_t>(rule)]);
      ++uses[static_cast<std::size_t>(found - prices.rules().begin())];
    }
  }
  uses[prices.dense_rule()] = 0;
  const auto most = std::max_element(uses.begin(), uses.end());
  return most == uses.end() || *most == 0 ? sparsest_rule(prices) : static_cast<std::size_t>(most - uses.begin());
}

double density(const tuner::RulePrices& prices, std::size_t rule, std::size_t workload) {
  const auto& sparse = *prices.choice(rule, workload).priced.work.counts;
  const auto& dense = *prices.choice(prices.dense_rule(), workload).priced.work.counts;
  return to_double(sparse.pairs) / to_double(dense.pairs);
}

std::optional<std::int64_t> break_even(const ReportInput& input, std::size_t rule, std::size_t workload) {
  const auto& prices = *input.prices;
  if (rule == prices.dense_rule()) return std::nullopt;
  const auto& shape = prices.choice(rule, workload).shape;
  return sim::break_even_tokens(shape, prices.rules()[prices.dense_rule()], prices.pricing(), shape.kv_len);
}

core::Result<reports::Workload> workload_of(const ReportInput& input, std::size_t w, std::size_t rule, std::size_t sparsest) {
  const auto& prices = *input.prices;
  const auto& workload = prices.task().workloads[w];
  const auto& dense = prices.choice(prices.dense_rule(), w);
  reports::Workload out;
  out.name = workload.label();
  out.description = fmt::format("{}: batch {}, {} queries, {} keys{}, {}; attention times are of all {} layers in one pass",
                                workload.name, workload.batch, workload.q_len, workload.kv_len,
                                workload.tokens.empty() ? "" : fmt::format(" (grid {})", fmt::join(workload.tokens, "x")),
                                core::name(prices.task().dtype), prices.task().layers);
  if (workload.steps > 1) {
    out.description += fmt::format("; model times are of {} steps, {} of them dense", workload.steps, workload.dense_steps);
  }
  out.baseline_kernel = dense.estimate.kernel;
  out.dense_seconds = prices.dense_total(w).value;
  out.basis = dense.estimate.basis;
  const auto ladder = sim::make_ladder(prices.choice(rule, w), dense, prices.pricing());
  if (!ladder) return ladder.error();
  out.ladder = report_ladder(*ladder, fmt::format("{} on all heads of a layer, {}", rule_words(prices.rules()[rule]),
                                                  prices.choice(rule, w).estimate.kernel),
                             dense.estimate.basis);
  out.ladder->break_even_tokens = break_even(input, rule, w);
  if (rule != prices.dense_rule()) out.ladder->break_even_density = sim::break_even_density(prices.choice(rule, w), dense, prices.pricing());
  const auto bound = sim::make_ladder(prices.choice(sparsest, w), dense, prices.pricing());
  if (!bound) return bound.error();
  out.tile_bound = bound->tile_bound();
  if (!input.made->plan) return out;

  const auto& time = input.made->plan->times[w];
  out.basis = time.basis;
  out.dense_model_seconds = time.dense_model.value;
  out.plan = reports::PlannedTime{time.planned.value, {time.low.value, time.high.value}, time.searched.value, time.planned_model.value};
  for (const auto& [kind, kind_name] : kKinds) {
    const bool attention = kind == sim::OperatorKind::kAttention;
    out.operators.push_back({kind_name, seconds_of(input.made->dense_pass[w], kind),
                             seconds_of(input.made->planned_pass[w], kind), attention ? time.basis : core::Basis::kAssumed});
  }
  return out;
}

reports::Front front_of(const ReportInput& input) {
  const auto& made = *input.made;
  reports::Front front;
  front.of = input.prices->task().workloads.size() == 1 ? "attention" : "attention, mean over the workloads";
  front.loss = fmt::format("loss ({})", core::name(input.profile->from.basis));
  for (std::size_t i = 0; i < input.front_at.size(); ++i) {
    reports::FrontSample sample;
    sample.share_limit = input.front_at[i];
    if (made.at[i]) sample.best = reports::FrontPoint{made.at[i]->share, made.at[i]->loss};
    for (const auto& point : made.uniform) {
      if (point.share > sample.share_limit * (1 + 1e-12)) continue;
      if (!sample.best_uniform || point.loss < sample.best_uniform->loss) sample.best_uniform = {point.share, point.loss};
    }
    // A uniform plan fills whole launches, which tables priced for mixed layers do not see.
    if (sample.best_uniform && (!sample.best || sample.best_uniform->loss < sample.best->loss)) sample.best = sample.best_uniform;
    front.samples.push_back(sample);
  }
  for (const auto& point : made.supported) front.supported.push_back({point.share, point.loss});
  for (const auto& point : made.uniform) front.uniform.push_back({point.share, point.loss});
  if (made.plan) {
    reports::FrontPoint chosen{0, made.plan->loss};
    const auto workloads = static_cast<double>(made.plan->times.size());
    for (const auto& time : made.plan->times) chosen.attention_share += time.searched / time.dense / workloads;
    front.chosen = chosen;
  }
  return front;
}

reports::Plan plan_of(const ReportInput& input, std::size_t explained) {
  const auto& plan = *input.made->plan;
  const auto& prices = *input.prices;
  reports::Plan out;
  for (std::size_t r = 0; r < plan.rules.size(); ++r) {
    const auto index = static_cast<std::size_t>(
        std::find(prices.rules().begin(), prices.rules().end(), plan.rules[r]) - prices.rules().begin());
    reports::PlanRule rule;
    rule.name = patterns::short_name(plan.rules[r]);
    rule.words = rule_words(plan.rules[r]);
    rule.pattern = patterns::to_json(plan.rules[r]);
    rule.dense = index == prices.dense_rule();
    for (std::size_t w = 0; w < plan.times.size(); ++w) rule.density.push_back(density(prices, index, w));
    rule.head_share = static_cast<double>(std::count(plan.map.begin(), plan.map.end(), static_cast<std::int32_t>(r))) /
                      static_cast<double>(plan.map.size());
    out.rules.push_back(std::move(rule));
  }
  out.map = {plan.task.layers, plan.task.attention.kv_heads, plan.map};
  // The first workload whose length decides: prefill before decode, as listed.
  for (std::size_t w = 0; w < plan.times.size() && !out.break_even_tokens; ++w) out.break_even_tokens = break_even(input, explained, w);
  return out;
}

reports::Proof proof_of(const ReportInput& input) {
  const auto& solution = input.made->solution;
  reports::Proof proof;
  proof.status = static_cast<reports::Proof::Status>(solution.status);
  proof.kind = static_cast<reports::Proof::Kind>(solution.proof);
  proof.gap = solution.proof == tuner::Proof::kNone ? solution.gap : solution.certificate.gap;
  proof.proved_again = input.made->proved_again;
  proof.tables_sha256 = solution.certificate.tables_sha256;
  proof.verify_command = "spanwise verify " + input.plan_path;
  if (solution.status == tuner::Status::kInfeasible) {
    if (const auto* limit = input.made->tightest()) {
      proof.tightest_limit = limit->words;
      proof.limit_value = limit->max;
    }
    proof.nearest_feasible = solution.nearest_feasible;
  }
  return proof;
}

reports::Header header_of(const ReportInput& input) {
  const auto& task = input.prices->task();
  reports::Header header;
  header.model = input.model->name;
  header.layers = task.layers;
  header.q_heads = task.attention.q_heads;
  header.kv_heads = task.attention.kv_heads;
  header.hardware = input.prices->pricing().machine->name;
  header.hardware_defaulted = input.hardware_defaulted;
  header.hardware_change = "other: --hardware local|FILE";
  if (input.profile->from.basis == core::Basis::kAssumed) {
    header.assumptions.push_back({"losses ASSUMED: shows where time can go, not that quality holds", "give:  --profile FILE", true});
  }
  header.assumptions.push_back({"operators around attention by a roofline (assumed)", "", false});
  for (const auto& note : sim::model_notes(*input.model, *input.prices->pricing().machine)) header.assumptions.push_back({note.text, "", note.weighty});
  if (!input.limit_note.empty()) header.assumptions.push_back({input.limit_note, "", true});
  if (!input.dtype_note.empty()) header.assumptions.push_back({input.dtype_note, "", true});
  for (const auto& dropped : input.prices->dropped()) header.assumptions.push_back({"left out: " + dropped, "", false});
  const auto& target = input.made->target;
  const auto words = target.minimize == "loss" ? "target " + target.words() : fmt::format("target least {} with {}", target.minimize, target.words());
  if (target.defaulted) {
    header.defaults.push_back({words, "other: --limit NAME=VALUE", true});
  } else {
    header.assumptions.push_back({words, "", true});
  }
  return header;
}

std::vector<reports::ProvenanceRow> provenance_of(const ReportInput& input) {
  auto rows = machine_figures(*input.prices->pricing().machine, input.prices->task().dtype);
  rows.push_back({"losses", input.profile->name, input.profile->from.basis, input.profile->from.source});
  return rows;
}

reports::CheckedCase checked_case(const measure::Checked& checked) {
  using measure::CaseStatus;
  const auto& m = checked.measurement;
  reports::CheckedCase out;
  out.rule = checked.claim.rule;
  out.workload = checked.claim.workload;
  out.shape = fmt::format("{} queries x {} keys, {} heads", checked.run.q_len, checked.run.kv_len, checked.run.q_heads);
  out.status = m.status == CaseStatus::kOk            ? reports::CheckedCase::Status::kOk
               : m.status == CaseStatus::kWrong       ? reports::CheckedCase::Status::kWrong
               : m.status == CaseStatus::kUnsupported ? reports::CheckedCase::Status::kUnsupported
                                                      : reports::CheckedCase::Status::kError;
  out.message = m.message;
  out.relative_error = m.relative_error;
  out.predicted_seconds = checked.predicted.time.value;
  if (m.median_ms && m.p05_ms && m.p95_ms) {
    out.measured = reports::CheckedCase::Timing{*m.median_ms * 1e-3, *m.p05_ms * 1e-3, *m.p95_ms * 1e-3};
  }
  out.note = checked.note;
  return out;
}

}  // namespace

std::string rule_words(const patterns::Pattern& rule) {
  if (const auto* window = std::get_if<patterns::SlidingWindow>(&rule)) {
    return fmt::format("window {}{}", window->window, window->sinks > 0 ? fmt::format(" + {} sinks", window->sinks) : "");
  }
  if (const auto* hood = std::get_if<patterns::Neighborhood>(&rule)) {
    auto words = fmt::format("neighborhood {}", fmt::join(hood->window, "x"));
    if (patterns::volume(hood->stride) > 1) words += fmt::format(" stride {}", fmt::join(hood->stride, "x"));
    if (patterns::volume(hood->dilation) > 1) words += fmt::format(" dilation {}", fmt::join(hood->dilation, "x"));
    return words;
  }
  return patterns::short_name(rule);
}

reports::Ladder report_ladder(const sim::Ladder& ladder, std::string subject, core::Basis reference_basis) {
  reports::Ladder out;
  out.subject = std::move(subject);
  out.reference_kernel = ladder.reference_kernel;
  out.reference_seconds = ladder.reference.value;
  out.reference_basis = reference_basis;
  for (const auto& rung : ladder.rungs) out.rungs.push_back({rung.name, rung.time.value, rung.reason});
  out.kernel_quality = ladder.kernel_quality;
  out.dense_schedule_loss = ladder.dense_schedule_loss;
  out.natten_worst_tile_speedup = ladder.natten_worst_tile;
  return out;
}

core::Result<reports::ReportModel> plan_report(const ReportInput& input) {
  reports::ReportModel report;
  report.header = header_of(input);
  const auto explained = explained_rule(input);
  const auto sparsest = sparsest_rule(*input.prices);
  for (std::size_t w = 0; w < input.prices->task().workloads.size(); ++w) {
    auto workload = workload_of(input, w, explained, sparsest);
    if (!workload) return workload.error();
    report.workloads.push_back(std::move(*workload));
  }
  report.front = front_of(input);
  if (input.made->plan) report.plan = plan_of(input, explained);
  report.proof = proof_of(input);
  report.provenance = provenance_of(input);
  report.command_line = input.command_line;
  report.version = SPANWISE_VERSION;
  return report;
}

std::vector<reports::CheckedCase> checked_cases(const Validated& validated) {
  std::vector<reports::CheckedCase> cases;
  for (const auto& checked : validated.cases) cases.push_back(checked_case(checked));
  return cases;
}

void add_validation(reports::ReportModel& report, const Validated& validated) {
  reports::Validation out;
  out.where = validated.device.device_kind == "cpu" ? "this CPU" : validated.device.device_name;
  out.device = fmt::format("{}, {} processors, {}", validated.device.device_name, validated.device.processors, validated.device.isa);
  out.cases = checked_cases(validated);
  report.validation = std::move(out);
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
#include "tuner/make_plan.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/hash.h"
#include "tuner/checker.h"

namespace spanwise::tuner {
namespace {

// Prices of the tables and of the whole plan may differ by this much before the search is run again.
constexpr double kMismatch = 0.02;
constexpr int kMaxRounds = 4;

// For every (layer, rule): how many KV heads use it.
class HeadCounts {
 public:
  HeadCounts(const AttentionTask& task, std::size_t rules, const std::vector<std::int32_t>& map)
      : layers_(static_cast<std::size_t>(task.layers)), rules_(rules), counts_(layers_ * rules, 0) {
    const auto heads = static_cast<std::size_t>(task.attention.kv_heads);
    for (std::size_t cell = 0; cell < map.size(); ++cell) {
      ++counts_[cell / heads * rules_ + static_cast<std::size_t>(map[cell])];
    }
  }
  std::int64_t at(std::size_t layer, std::size_t rule) const { return counts_[layer * rules_ + rule]; }

  // The mean number of heads in a launch of the rule; `fallback` for rules that nobody uses.
  std::int64_t mean(std::size_t rule, std::int64_t fallback) const {
    std::int64_t heads = 0, launches = 0;
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      heads += at(layer, rule);
      launches += at(layer, rule) > 0 ? 1 : 0;
    }
    return launches == 0 ? fallback : std::max<std::int64_t>(1, (heads + launches / 2) / launches);
  }

 private:
  std::size_t layers_, rules_;
  std::vector<std::int64_t> counts_;
};

// Rules of the solution as indices into the priced rules, in cell order.
std::vector<std::int32_t> priced_map(const RulePrices& prices, const Solution& solution) {
  std::map<std::string, std::int32_t> index;
  for (std::size_t rule = 0; rule < prices.rules().size(); ++rule) {
    index[patterns::short_name(prices.rules()[rule])] = static_cast<std::int32_t>(rule);
  }
  std::vector<std::int32_t> map;
  for (const auto& choice : solution.assignment) map.push_back(index.at(choice.rule));
  return map;
}

// Every launch of the plan priced by sim; one layer after another.
struct WholePrice {
  std::vector<core::Seconds> layers;
  core::Seconds total, low, high;
  core::Basis basis = core::Basis::kMeasured;
};

core::Result<WholePrice> price_workload(const RulePrices& prices, const HeadCounts& counts, std::size_t workload) {
  WholePrice whole;
  const auto rules = prices.rules().size();
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(prices.task().layers); ++layer) {
    core::Seconds time;
    for (std::size_t rule = 0; rule < rules; ++rule) {
      if (counts.at(layer, rule) == 0) continue;
      const auto launch = prices.estimate(rule, workload, counts.at(layer, rule));
      if (!launch) return launch.error();
      time = time + launch->time;
      whole.low = whole.low + launch->low;
      whole.high = whole.high + launch->high;
      whole.basis = core::weaker(whole.basis, launch->basis);
    }
    whole.layers.push_back(time);
    whole.total = whole.total + time;
  }
  return whole;
}

// One round: search with the tables of an occupancy, then price the result.
struct Round {
  std::string problem_json;
  Problem problem;
  Solution solution;
  std::vector<std::int32_t> map;
  std::vector<WholePrice> prices;
  double worst_mismatch = 0;
};

core::Result<Round> search(const PlanInput& input, const Target& target, const Occupancy& occupancy) {
  Round round;
  const auto& prices = *input.prices;
  auto problem = plan_problem(prices, *input.profile, target, occupancy);
  if (!problem) return problem.error();
  round.problem = std::move(*problem);
  round.problem_json = to_json(round.problem);
  auto solution = solve(round.problem, core::sha256(round.problem_json));
  if (!solution) return solution.error();
  round.solution = std::move(*solution);
  if (round.solution.status == Status::kInfeasible) return round;
  round.map = priced_map(prices, round.solution);
  const HeadCounts counts(prices.task(), prices.rules().size(), round.map);
  for (std::size_t w = 0; w < prices.task().workloads.size(); ++w) {
    auto whole = price_workload(prices, counts, w);
    if (!whole) return whole.error();
    const double searched = round.solution.cost[w].value * 1e-3;
    round.worst_mismatch = std::max(round.worst_mismatch, std::abs(whole->total.value / searched - 1));
    round.prices.push_back(std::move(*whole));
  }
  return round;
}

core::Result<Round> search_until_prices_agree(const PlanInput& input, const Target& target) {
  const auto& prices = *input.prices;
  auto occupancy = full_occupancy(prices);
  auto round = search(input, target, occupancy);
  for (int again = 1; round && again < kMaxRounds && round->worst_mismatch > kMismatch; ++again) {
    const HeadCounts counts(prices.task(), prices.rules().size(), round->map);
    const auto workloads = prices.task().workloads.size();
    for (std::size_t entry = 0; entry < occupancy.size(); ++entry) {
      occupancy[entry] = counts.mean(entry / workloads, occupancy[entry]);
    }
    auto next = search(input, target, occupancy);
    if (!next) return next.error();
    // Keep the round whose prices agree best; a cycle between two plans ends at the round limit.
    if (next->solution.status == Status::kInfeasible || next->worst_mismatch >= round->worst_mismatch) break;
    round = std::move(next);
  }
  return round;
}

// Rules that the round uses, as indices into the priced rules: dense first, then by name.
std::vector<std::int32_t> rules_in_use(const RulePrices& prices, std::vector<std::int32_t> used) {
  std::sort(used.begin(), used.end(), [&](std::int32_t a, std::int32_t b) {
    const auto key = [&](std::int32_t rule) {
      const auto& pattern = prices.rules()[static_cast<std::size_t>(rule)];
      return std::make_pair(!std::holds_alternative<patterns::Dense>(pattern), patterns::short_name(pattern));
    };
    return key(a) < key(b);
  });
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

// The whole model under workload w, dense and as planned.
core::Status price_model(const PlanInput& input, const Round& round, std::size_t w, MadePlan& made) {
  const auto& prices = *input.prices;
  const auto& workload = input.model->workloads[w];
  const auto& machine = *prices.pricing().machine;
  const auto unplanned = sim::unplanned_attention(*input.model, workload, prices.pricing());
  if (!unplanned) return unplanned.error();
  auto dense = *unplanned, planned = *unplanned;
  std::size_t next = 0;
  for (const auto layer : input.model->planned_layers()) {
    dense[layer] = dense[layer] + prices.choice(prices.dense_rule(), w).estimate.time;
    planned[layer] = planned[layer] + round.prices[w].layers[next++];
  }
  made.dense_pass.push_back(sim::model_time(*input.model, workload, machine, dense));
  made.planned_pass.push_back(sim::model_time(*input.model, workload, machine, planned));
  return core::Done{};
}

Plan make(const PlanInput& input, const Round& round, const MadePlan& made) {
  const auto& prices = *input.prices;
  const auto& target = made.target;
  Plan plan;
  plan.model = input.model->name;
  plan.hardware = prices.pricing().machine->name;
  plan.task = prices.task();
  const auto planned = input.model->planned_layers();
  if (planned.size() < input.model->layers.size()) plan.layer_numbers.assign(planned.begin(), planned.end());
  plan.minimize = target.minimize;
  plan.limit = target.words();
  plan.losses = input.profile->from;
  plan.problem_file = "problem.json";
  plan.certificate = round.solution.certificate;
  for (const auto& loss : round.solution.loss) plan.loss += loss.value;

  const auto used = rules_in_use(prices, round.map);
  for (const auto rule : used) plan.rules.push_back(prices.rules()[static_cast<std::size_t>(rule)]);
  for (const auto rule : round.map) {
    plan.map.push_back(static_cast<std::int32_t>(std::find(used.begin(), used.end(), rule) - used.begin()));
  }

  for (std::size_t w = 0; w < plan.task.workloads.size(); ++w) {
    const auto& workload = plan.task.workloads[w];
    const auto& whole = round.prices[w];
    const auto& dense = prices.choice(prices.dense_rule(), w).estimate;
    PlannedTime time;
    time.dense = prices.dense_total(w);
    time.planned = whole.total;
    time.low = whole.low;
    time.high = whole.high;
    time.searched = {round.solution.cost[w].value * 1e-3};
    time.basis = core::weaker(whole.basis, dense.basis);
    time.dense_kernel = dense.kernel;
    const auto dense_pass = made.dense_pass[w].total;
    const auto planned_pass = made.planned_pass[w].total;
    const auto dense_steps = static_cast<double>(workload.dense_steps);
    const auto sparse_steps = static_cast<double>(workload.steps - workload.dense_steps);
    time.dense_model = dense_pass * static_cast<double>(workload.steps);
    time.planned_model = dense_pass * dense_steps + planned_pass * sparse_steps;
    for (const auto rule : used) time.kernels.push_back(prices.choice(static_cast<std::size_t>(rule), w).estimate.kernel);
    plan.times.push_back(std::move(time));
  }
  return plan;
}

// One rule everywhere, as whole launches cost; rules that some head forbids are left out.
std::vector<SharePoint> uniform_plans(const PlanInput& input, const Problem& problem) {
  const auto& prices = *input.prices;
  const auto workloads = prices.task().workloads.size();
  std::vector<SharePoint> points;
  for (std::size_t rule = 0; rule < problem.rules.size(); ++rule) {
    SharePoint point;
    bool everywhere = true;
    for (const auto& head : problem.heads) {
      const auto found = std::find(head.rule.begin(), head.rule.end(), static_cast<std::uint32_t>(rule));
      everywhere = everywhere && found != head.rule.end();
      if (!everywhere) break;
      point.loss += problem.loss(head, static_cast<std::size_t>(found - head.rule.begin()), 0);
    }
    for (std::size_t w = 0; w < workloads; ++w) {
      point.share += prices.choice(rule, w).estimate.time / prices.choice(prices.dense_rule(), w).estimate.time /
                     static_cast<double>(workloads);
    }
    if (everywhere) points.push_back(point);
  }
  return points;
}

// A front of loss over attention share on the tables of the last round.
core::Result<Front> front_of(const Round& round, const Mix& attention, FrontMode mode, const std::vector<double>& at) {
  Problem problem = round.problem;
  problem.limits.clear();
  problem.minimize = {{Mix{{"loss", 1.0}}, false, {}}};
  problem.front = FrontRequest{attention, Mix{{"loss", 1.0}}, mode, at, {}};
  auto solution = solve(problem, round.solution.certificate.tables_sha256);
  if (!solution) return solution.error();
  return std::move(*solution->front);
}

}  // namespace

const TargetLimit* MadePlan::tightest() const {
  const auto is_it = [&](const TargetLimit& limit) { return mix_name(limit.of) == solution.tightest_limit; };
  const auto found = std::find_if(target.limits.begin(), target.limits.end(), is_it);
  return found == target.limits.end() ? nullptr : &*found;
}

core::Result<MadePlan> make_plan(const PlanInput& input) {
  MadePlan made;
  auto target = make_target(input.limits, input.minimize, *input.prices);
  if (!target) return target.error();
  made.target = std::move(*target);
  auto round = search_until_prices_agree(input, made.target);
  if (!round) return round.error();

  const auto attention = named_mix("attention", *input.prices);
  if (!attention) return attention.error();
  made.uniform = uniform_plans(input, round->problem);
  const auto supported = front_of(*round, *attention, FrontMode::kSupported, {});
  if (!supported) return supported.error();
  for (const auto& point : supported->points) made.supported.push_back({point.limited, point.minimized});
  const auto at = front_of(*round, *attention, FrontMode::kAt, input.front_at);
  if (!at) return at.error();
  for (const auto& point : at->points) {
    made.at.push_back(point.status == Status::kInfeasible ? std::nullopt
                                                          : std::optional(SharePoint{point.limited, point.minimized}));
  }
  if (round->solution.status != Status::kInfeasible) {
    for (std::size_t w = 0; w < input.prices->task().workloads.size(); ++w) {
      if (auto done = price_model(input, *round, w, made); !done) return done.error();
    }
    made.plan = make(input, *round, made);
    made.worst_mismatch = round->worst_mismatch;
    const auto verdict = check(round->problem, round->solution.certificate.tables_sha256, claim_of(round->solution));
    core::ensure(verdict.kind != Verdict::Kind::kRejected, "make_plan: the checker rejects the search's own solution");
    made.proved_again = verdict.kind == Verdict::Kind::kProvedAgain;
  }
  made.problem_json = std::move(round->problem_json);
  made.solution = std::move(round->solution);
  return made;
}

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
// The ladder of a plan's rules, or of one pattern given on the command line.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/plan_report.h"
#include "cli/settings.h"
#include "reports/markdown.h"
#include "reports/terminal.h"
#include "sim/break_even.h"
#include "tuner/plan.h"

namespace spanwise::cli {
namespace {

using nlohmann::ordered_json;

struct Bounded {
  std::string name;
  patterns::Case shape;
  sim::Ladder ladder;
  core::Basis basis = core::Basis::kAssumed;
  std::string kernel;
  std::optional<double> break_even_density;
  std::optional<std::int64_t> break_even_tokens;
};

core::Result<Bounded> bound_case(std::string name, patterns::Case shape, const BoundOptions& options, const sim::Pricing& pricing) {
  shape.kernel = options.kernel;
  const auto sparse = sim::choose_kernel(shape, pricing);
  if (!sparse) return sparse.error();
  auto reference = shape;
  reference.pattern = patterns::Dense{shape.causal};
  reference.kernel = options.baseline;
  // A rival in another number format, such as dense attention in fp8.
  if (const auto rival = pricing.kernels->find(options.baseline); rival != pricing.kernels->end()) {
    const auto& dtypes = rival->second.dtypes;
    if (std::find(dtypes.begin(), dtypes.end(), reference.dtype) == dtypes.end()) reference.dtype = reference.kv_dtype = dtypes.front();
  }
  const auto dense = sim::choose_kernel(reference, pricing);
  if (!dense) return dense.error();
  auto ladder = sim::make_ladder(*sparse, *dense, pricing);
  if (!ladder) return ladder.error();
  auto searched = shape;
  searched.q_tile.clear();
  searched.kv_tile.clear();
  const bool free = options.kernel.empty() && options.baseline.empty();  // the search takes the fastest kernels at each length
  return Bounded{std::move(name), sparse->shape, std::move(*ladder), core::weaker(sparse->estimate.basis, dense->estimate.basis),
                 sparse->estimate.kernel, sim::break_even_density(*sparse, *dense, pricing),
                 free ? sim::break_even_tokens(searched, reference.pattern, pricing, shape.kv_len) : std::nullopt};
}

// The case of --pattern and its companions.
core::Result<patterns::Case> case_from_options(const BoundOptions& options) {
  const auto lengths = layout_of(options);
  if (!lengths) return lengths.error();
  const auto tokens = patterns::volume(*lengths);
  if (options.extra_tokens > patterns::kMaxLength - tokens) {
    return core::fail(core::Fault::kInput, fmt::format("--tokens {} and --extra-tokens {} are out of range", options.tokens, options.extra_tokens),
                      "allowed: 2^40 tokens");
  }
  const auto dtype = std::find(core::dtype_names().begin(), core::dtype_names().end(), options.dtype);
  if (dtype == core::dtype_names().end()) {
    return core::fail(core::Fault::kInput, fmt::format("--dtype cannot be '{}'", options.dtype));
  }
  auto pattern = patterns::parse_pattern(options.pattern, options.causal);
  if (!pattern) return pattern.error();
  ordered_json json = {{"phase", options.phase},       {"batch", options.batch},
                       {"q_heads", options.heads},     {"kv_heads", options.kv_heads > 0 ? options.kv_heads : options.heads},
                       {"head_dim", options.head_dim}, {"dtype", options.dtype},
                       {"causal", options.causal},     {"regime", "sustained"}};
  const auto keys = tokens + options.extra_tokens;
  json["kv_len"] = keys;
  json["q_len"] = options.phase == "decode" ? 1 : keys;
  if (lengths->size() > 1 || options.extra_tokens > 0) json["tokens"] = *lengths;
  json["pattern"] = ordered_json::parse(patterns::to_json(*pattern));
  // read_case() makes every check that a case needs.
  return patterns::parse_case(json.dump(), "command line");
}

core::Result<std::vector<Bounded>> bounds(Session& session, const BoundOptions& options, hwmodels::Machine& machine) {
  std::vector<Bounded> all;
  std::optional<tuner::Plan> plan;
  if (!options.plan.empty()) {
    auto read = tuner::read_plan(options.plan);
    if (!read) return read.error();
    plan = std::move(*read);
  }
  auto found = session.machine(!options.hardware.empty() ? options.hardware : plan ? plan->hardware : "h200-sxm");
  if (!found) return found.error();
  machine = std::move(*found);
  const auto pricing = session.pricing(machine);
  if (!plan) {
    auto shape = case_from_options(options);
    if (!shape) return shape.error();
    auto bounded = bound_case(rule_words(shape->pattern), *shape, options, pricing);
    if (!bounded) return bounded.error();
    all.push_back(std::move(*bounded));
    return all;
  }
  for (const auto& workload : plan->task.workloads) {
    for (const auto& rule : plan->rules) {
      if (std::holds_alternative<patterns::Dense>(rule) && plan->rules.size() > 1) continue;
      auto bounded = bound_case(fmt::format("{}, {}", workload.label(), rule_words(rule)),
                                plan->task.shape(workload, rule, plan->task.attention.kv_heads), options, pricing);
      if (!bounded) return bounded.error();
      all.push_back(std::move(*bounded));
    }
  }
  return all;
}

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json to_json(const Bounded& bounded) {
  ordered_json rungs = ordered_json::array();
  for (const auto& rung : bounded.ladder.rungs) {
    rungs.push_back({{"rung", rung.name}, {"ms", rung.time.value * 1e3}, {"speedup", rung.speedup}, {"reason", rung.reason}});
  }
  return {{"name", bounded.name},
          {"case", ordered_json::parse(patterns::to_json(bounded.shape))},
          {"kernel", bounded.kernel},
          {"reference_kernel", bounded.ladder.reference_kernel},
          {"reference_ms", bounded.ladder.reference.value * 1e3},
          {"basis", std::string(core::name(bounded.basis))},
          {"rungs", rungs},
          {"kernel_quality", bounded.ladder.kernel_quality},
          {"dense_schedule_loss", bounded.ladder.dense_schedule_loss},
          {"natten_worst_tile", bounded.ladder.natten_worst_tile},
          {"tile_bound", or_null(bounded.ladder.tile_bound())},
          {"memory_bound", bounded.ladder.memory_bound},
          {"break_even_density", or_null(bounded.break_even_density)},
          {"break_even_tokens", or_null(bounded.break_even_tokens)}};
}

// The shape of the one pattern, or of each rule and workload of the plan, with the kernels that were chosen.
std::string settings(Session& session, const CommonOptions& common, const BoundOptions& options, const hwmodels::Machine& machine,
                     const std::vector<Bounded>& all) {
  Settings out(common);
  const auto fallback = options.plan.empty() ? "default" : place_of(options.plan, "hardware", options.plan);
  out.add_option("hardware", "--hardware", machine.name, fallback);
  for (const auto& bounded : all) {
    const auto& shape = bounded.shape;
    const auto origin = [&](const char* otherwise) { return options.plan.empty() ? otherwise : options.plan; };
    out.add_option("pattern", "--pattern", bounded.name, options.plan);
    out.add_option("tokens", "--tokens", fmt::format("{} queries, {} keys", shape.q_len, shape.kv_len), options.plan);
    out.add_option("phase", "--phase", shape.phase == patterns::Phase::kPrefill ? "prefill" : "decode", origin("default"));
    out.add_option("heads", "--heads", fmt::format("{}", shape.q_heads), origin("default"));
    out.add_option("KV heads", "--kv-heads", fmt::format("{}", shape.kv_heads), origin("default: as --heads"));
    out.add_option("head dim", "--head-dim", fmt::format("{}", shape.head_dim), origin("default"));
    out.add_option("batch", "--batch", fmt::format("{}", shape.batch), origin("default"));
    out.add_option("dtype", "--dtype", std::string(core::name(shape.dtype)), origin("default"));
    out.add_option("kernel", "--kernel", bounded.kernel, "default: the fastest");
    out.add_option("baseline", "--baseline", bounded.ladder.reference_kernel, "default: the fastest");
  }
  out.add_common(session);
  return out.print("bound");
}

}  // namespace

core::Result<int> run_bound(const CommonOptions& common, const BoundOptions& options) {
  if (options.sweep) return run_sweep(common, options);
  if (options.plan.empty() == options.pattern.empty()) {
    return core::fail(core::Fault::kInput, "bound needs either a plan or --pattern with --tokens",
                      "for example: spanwise bound --pattern '{\"sliding_window\": {\"window\": 4096}}' --tokens 32768 --causal");
  }
  auto session = Session::open(common);
  if (!session) return session.error();
  hwmodels::Machine machine;
  const auto all = bounds(**session, options, machine);
  if (!all) return all.error();
  if (common.dry_run) {
    print_result(settings(**session, common, options, machine, *all));
    return 0;
  }
  if (common.json) {
    ordered_json out = {{"schema", "spanwise/bound"}, {"schema_version", 1}, {"hardware", machine.name}, {"bounds", ordered_json::array()}};
    for (const auto& bounded : *all) out["bounds"].push_back(to_json(bounded));
    print_result(out.dump(2) + "\n");
    return 0;
  }
  for (const auto& bounded : *all) {
    auto ladder = report_ladder(bounded.ladder, fmt::format("{} on {}, {}", bounded.name, machine.name, bounded.kernel), bounded.basis);
    ladder.break_even_density = bounded.break_even_density;
    ladder.break_even_tokens = bounded.break_even_tokens;
    const auto text = common.markdown ? reports::render_markdown(ladder) : reports::render_terminal(ladder, terminal_columns(), wants_color());
    if (!text) return text.error();
    print_result(*text + "\n");
  }
  return 0;
}

}  // namespace spanwise::cli

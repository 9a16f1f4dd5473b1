// SPDX-License-Identifier: Apache-2.0
#include "cli/show_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/model_words.h"
#include "cli/plan_report.h"
#include "cli/show_data.h"
#include "core/documents/json_text.h"
#include "reports/numbers.h"
#include "tuner/plan.h"
#include "tuner/problem.h"

namespace spanwise::cli {
namespace {

using documents::Kind;
using documents::Node;

const Node* value_of(const Node& root, std::string_view key) {
  const auto found = std::find_if(root.entries.begin(), root.entries.end(), [&](const documents::Entry& e) { return e.key == key; });
  return found == root.entries.end() ? nullptr : &found->value;
}

// A key that only files of that kind have.
struct Mark {
  const char* key;
  const char* kind;
};
constexpr std::array kMarks = {Mark{"certificate", "plan"},    Mark{"processors", "hardware"}, Mark{"tiles", "kernel"},
                               Mark{"workloads", "model"},     Mark{"num_hidden_layers", "model"}, Mark{"text_config", "model"},
                               Mark{"resources", "problem"},   Mark{"minimize", "problem"},    Mark{"loss", "profile"}};

// Which layers use the rule, such as "0-6, 9".
std::string layers_with(const tuner::Plan& plan, std::int32_t rule) {
  std::string words;
  const auto uses = [&](std::int64_t layer) {
    const auto begin = plan.map.begin() + layer * plan.task.attention.kv_heads;
    return std::find(begin, begin + plan.task.attention.kv_heads, rule) != begin + plan.task.attention.kv_heads;
  };
  for (std::int64_t first = 0; first < plan.task.layers; ++first) {
    if (!uses(first)) continue;
    auto last = first;
    while (last + 1 < plan.task.layers && uses(last + 1)) ++last;
    words += fmt::format("{}{}", words.empty() ? "" : ", ", first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last));
    first = last;
  }
  return words;
}

core::Result<Shown> show_plan(const std::filesystem::path& path) {
  const auto plan = tuner::read_plan(path);
  if (!plan) return plan.error();
  Shown shown{.kind = "plan", .title = fmt::format("plan for {} on {}: {} layers, heads {}", plan->model, plan->hardware, plan->task.layers, attention_words(plan->task.attention))};
  shown.facts = {{"minimizes", plan->minimize},
                 {"limit", plan->limit},
                 {"loss", fmt::format("{:.4g} ({})", plan->loss, core::name(plan->losses.basis))},
                 {"tables", fmt::format("{}, sha256 {}", plan->problem_file, plan->certificate.tables_sha256)},
                 {"check", fmt::format("spanwise verify {}", path.string())}};
  reports::Table rules;
  rules.columns = {{"rule", {"rule", "", false}}, {"head_share", {"of heads"}}, {"layers", {.header = "layers", .numeric = false, .sentence = true}}};
  for (std::size_t r = 0; r < plan->rules.size(); ++r) {
    const auto rule = static_cast<std::int32_t>(r);
    const double share = static_cast<double>(std::count(plan->map.begin(), plan->map.end(), rule)) / static_cast<double>(plan->map.size());
    rules.rows.push_back({rule_words(plan->rules[r]), {reports::percent(share), share}, layers_with(*plan, rule)});
  }
  reports::Table times;
  times.columns = {{"workload", {"workload", "", false}}, {"dense_ms", {"dense ms"}}, {"planned_ms", {"plan ms"}}, {"attention_speedup", {"attention"}},
                   {"model_speedup", {"model"}},          {"basis", {"basis", "", false}}};
  for (std::size_t w = 0; w < plan->times.size(); ++w) {
    const auto& time = plan->times[w];
    const auto ratio = [](double value) { return reports::Cell(fmt::format("{:.3g}x", value), value); };
    times.rows.push_back({plan->task.workloads[w].label(), {fmt::format("{:.4g}", time.dense.value * 1e3), time.dense.value * 1e3},
                          {fmt::format("{:.4g}", time.planned.value * 1e3), time.planned.value * 1e3}, ratio(time.dense / time.planned),
                          ratio(time.dense_model / time.planned_model), std::string(core::name(time.basis))});
  }
  shown.tables = {{"rules", std::move(rules)}, {"times", std::move(times)}};
  return shown;
}

core::Result<Shown> show_problem(const documents::Document& document) {
  const auto problem = tuner::read_problem(document);
  if (!problem) return problem.error();
  const auto* limits = value_of(document.root, "limits");
  Shown shown{.kind = "problem", .title = fmt::format("{}: tables of a search", document.file)};
  shown.facts = {{"heads", fmt::format("{}", value_of(document.root, "heads")->items.size())},
                 {"limits", limits == nullptr ? "none" : documents::to_json(*limits)},
                 {"minimizes", documents::to_json(*value_of(document.root, "minimize"))},
                 {"solve", fmt::format("spanwise solve {}", document.file)}};
  return shown;
}

std::string in_short(const Node& value) {
  switch (value.kind) {
    case Kind::kScalar:
      return value.text;
    case Kind::kList:
      return fmt::format("a list of {}", value.items.size());
    case Kind::kMap:
      return fmt::format("a map of {}", value.entries.size());
    case Kind::kNull:
      return "nothing";
  }
  return {};
}

// What can be said without knowing the kind: scalars as they are, the rest by its size.
Shown show_tree(const documents::Document& document, const std::string& kind) {
  Shown shown{.kind = kind, .title = fmt::format("{}: {}", document.file, kind)};
  for (const auto& entry : document.root.entries) {
    shown.facts.push_back({entry.key, in_short(entry.value)});
    for (const auto& inner : entry.value.entries) shown.facts.push_back({"- " + inner.key, in_short(inner.value)});
  }
  return shown;
}

}  // namespace

std::string file_kind(const Node& root) {
  constexpr std::string_view kOurs = "spanwise/";
  const auto* schema = value_of(root, "schema");
  if (schema != nullptr && schema->kind == Kind::kScalar && schema->text.starts_with(kOurs)) return schema->text.substr(kOurs.size());
  for (const auto& mark : kMarks) {
    if (value_of(root, mark.key) != nullptr) return mark.kind;
  }
  return "file";
}

core::Result<Shown> show_file(Session& session, const std::filesystem::path& path) {
  const auto document = documents::read_document(path, documents::kTableLimits);
  if (!document) return document.error();
  const auto kind = file_kind(document->root);
  if (kind == "model") return show_model(path);
  if (kind == "hardware") return show_machine(path);
  if (kind == "kernel") return show_kernel(path, session.folders());
  auto shown = kind == "plan" ? show_plan(path) : kind == "problem" ? show_problem(*document) : core::Result<Shown>(show_tree(*document, kind));
  if (shown) shown->content = documents::to_json(document->root);
  return shown;
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/documents/map_reader.h"
#include "core/suggest.h"
#include "tuner/plan.h"

namespace spanwise::tuner {
namespace {

using documents::Context;
using documents::Entry;
using documents::MapReader;
using documents::Node;

constexpr std::int64_t kMaxLayers = 4096;
constexpr std::int64_t kMaxHeads = 1 << 16;

struct Range {
  std::int64_t first = 0, last = 0;
};

// "4" or "2-31" within [0, count).
std::optional<Range> read_range(std::string_view text, std::uint32_t line, std::uint32_t column, Context& context,
                                std::string_view what, std::int64_t count) {
  Range range;
  const auto* end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, range.first);
  range.last = range.first;
  if (parsed.ec == std::errc{} && parsed.ptr != end && *parsed.ptr == '-') {
    parsed = std::from_chars(parsed.ptr + 1, end, range.last);
  }
  if (parsed.ec == std::errc{} && parsed.ptr == end && range.first >= 0 && range.first <= range.last && range.last < count) {
    return range;
  }
  context.error(line, column, fmt::format("'{}' cannot be '{}'", what, text),
                fmt::format("allowed: a number or a range such as 2-5, from 0 to {}", count - 1));
  return std::nullopt;
}

class RuleMap {
 public:
  RuleMap(Plan& plan, Context& context) : plan_(plan), context_(context) {
    for (const auto& rule : plan.rules) names_.push_back(patterns::short_name(rule));
    plan.map.assign(static_cast<std::size_t>(plan.task.layers * plan.task.attention.kv_heads), -1);
  }

  void set(Range layers, Range heads, const Node& rule_node) {
    const auto rule = documents::read_choice(rule_node, context_, "rule", names_);
    if (!rule) return;
    areas_.push_back({layers, heads, &rule_node});
    for (auto layer = layers.first; layer <= layers.last; ++layer) {
      for (auto head = heads.first; head <= heads.last; ++head) {
        auto& cell = plan_.map[static_cast<std::size_t>(layer * plan_.task.attention.kv_heads + head)];
        if (cell >= 0) {
          context_.contradiction(rule_node, fmt::format("layer {} head {} is given a second rule", layer, head), "", given(layer, head),
                                 "its first rule");
          return;
        }
        cell = static_cast<std::int32_t>(*rule);
      }
    }
  }

  void check_complete(const Node& at) {
    for (std::size_t cell = 0; cell < plan_.map.size(); ++cell) {
      if (plan_.map[cell] >= 0) continue;
      const auto heads = static_cast<std::size_t>(plan_.task.attention.kv_heads);
      context_.error(at, fmt::format("layer {} head {} has no rule", cell / heads, cell % heads));
      return;
    }
  }

 private:
  struct Area {
    Range layers, heads;
    const Node* rule;
  };
  // The first rule of a head.
  const Node* given(std::int64_t layer, std::int64_t head) const {
    const auto in = [](Range range, std::int64_t i) { return range.first <= i && i <= range.last; };
    const auto area = std::find_if(areas_.begin(), areas_.end(), [&](const Area& a) { return in(a.layers, layer) && in(a.heads, head); });
    return area == areas_.end() ? nullptr : area->rule;
  }

  Plan& plan_;
  Context& context_;
  std::vector<std::string> names_;
  std::vector<Area> areas_;
};

void read_layer(const Node& node, Context& context, RuleMap& rules, const Plan& plan) {
  MapReader map(node, context, "layers");
  const auto* where = map.need("layers");
  if (where == nullptr) return;
  const auto layers = read_range(where->text, where->line, where->column, context, "layers", plan.task.layers);
  const Range all{0, plan.task.attention.kv_heads - 1};
  const auto* rule = map.find("rule");
  const auto* heads = map.find("heads");
  map.finish();
  if ((rule == nullptr) == (heads == nullptr)) {
    context.contradiction(heads == nullptr ? node : *heads, "a layer needs either 'rule' or 'heads'", "", rule, "'rule' is given here");
    return;
  }
  if (!layers) return;
  if (rule != nullptr) return rules.set(*layers, all, *rule);
  if (heads->kind != documents::Kind::kMap) return context.error(*heads, "'heads' must be a map from ranges of KV heads to rules");
  for (const Entry& entry : heads->entries) {
    const auto range = read_range(entry.key, entry.line, entry.column, context, "heads", all.last + 1);
    if (range) rules.set(*layers, *range, entry.value);
  }
}

// A planned workload is a workload with its times beside it.
void read_times(const Node& node, Context& context, Plan& plan) {
  static const std::vector<std::string> kTimeKeys = {"dense_ms",       "planned_ms", "low_ms",       "high_ms", "searched_ms",
                                                     "dense_model_ms", "planned_model_ms", "basis", "dense_kernel", "kernels"};
  Node shape = node;
  std::erase_if(shape.entries, [](const Entry& entry) {
    return std::find(kTimeKeys.begin(), kTimeKeys.end(), entry.key) != kTimeKeys.end();
  });
  plan.task.workloads.push_back(sim::read_workload(shape, context));
  Node rest = node;
  std::erase_if(rest.entries, [](const Entry& entry) {
    return std::find(kTimeKeys.begin(), kTimeKeys.end(), entry.key) == kTimeKeys.end();
  });
  MapReader map(rest, context, "workloads");
  const auto seconds = [&](std::string_view key) { return core::Seconds{map.number(key, {0, 1e15}) * 1e-3}; };
  PlannedTime time;
  time.dense = seconds("dense_ms");
  time.planned = seconds("planned_ms");
  time.low = seconds("low_ms");
  time.high = seconds("high_ms");
  time.searched = seconds("searched_ms");
  time.dense_model = seconds("dense_model_ms");
  time.planned_model = seconds("planned_model_ms");
  time.basis = static_cast<core::Basis>(map.choice("basis", core::basis_names()));
  time.dense_kernel = map.text("dense_kernel");
  for (const auto& kernel : map.list("kernels")) {
    time.kernels.push_back(documents::read_text(kernel, context, "workloads.kernels").value_or(""));
  }
  plan.times.push_back(std::move(time));
}

void read_attention(MapReader& parent, Plan& plan) {
  const auto* node = parent.need("attention");
  if (node == nullptr) return;
  MapReader map(*node, parent.context(), "attention");
  auto& a = plan.task.attention;
  plan.task.layers = map.integer("layers", {1, kMaxLayers});
  a.q_heads = map.integer("q_heads", {1, kMaxHeads});
  a.kv_heads = map.integer("kv_heads", {1, kMaxHeads});
  a.head_dim = map.integer("head_dim", {1, 1024});
  a.head_dim_v = map.integer("head_dim_v", {1, 1024});
  a.latent.width = map.integer_or("latent_width", {1, 1 << 14}, 0);
  a.latent.rope = map.integer_or("latent_rope", {0, 1 << 10}, 0);
  a.causal = map.boolean_or("causal", false);
  plan.task.dtype = map.dtype_or("dtype", core::DType::kBf16);
  map.finish();
  if (a.q_heads % a.kv_heads != 0 && map.find("kv_heads") != nullptr) {
    parent.context().contradiction(*map.find("kv_heads"), fmt::format("kv_heads ({}) must divide q_heads ({})", a.kv_heads, a.q_heads), "",
                                   map.find("q_heads"), "q_heads is given here");
  }
}

void read_layer_numbers(MapReader& map, Plan& plan) {
  for (const auto& node : map.list("layer_numbers")) {
    const auto least = plan.layer_numbers.empty() ? 0 : plan.layer_numbers.back() + 1;
    plan.layer_numbers.push_back(documents::read_integer(node, map.context(), "layer_numbers", {least, kMaxLayers}).value_or(least));
  }
  const auto* list = map.find("layer_numbers");
  if (list != nullptr && map.context().ok() && static_cast<std::int64_t>(plan.layer_numbers.size()) != plan.task.layers) {
    map.context().error(*list, fmt::format("'layer_numbers' has {} numbers for {} layers", plan.layer_numbers.size(), plan.task.layers));
  }
}

void read_rules(const Node& node, Context& context, Plan& plan) {
  if (node.kind != documents::Kind::kMap || node.entries.empty()) {
    return context.error(node, "'plan.rules' must be a map from names to patterns");
  }
  for (const Entry& entry : node.entries) {
    plan.rules.push_back(patterns::read_pattern(entry.value, context, plan.task.attention.causal));
    if (context.ok() && patterns::short_name(plan.rules.back()) != entry.key) {
      context.error(entry.line, entry.column,
                    fmt::format("rule '{}' does not name its pattern", entry.key),
                    fmt::format("the name of this pattern is '{}'", patterns::short_name(plan.rules.back())));
    }
  }
}

}  // namespace

core::Result<Plan> read_plan(const std::filesystem::path& path) {
  auto document = documents::read_document(path);
  if (!document) return document.error();
  Context context(document->file);
  MapReader map(document->root, context, "plan");
  map.integer("version", {1, 1});
  Plan plan;
  plan.model = map.text("model");
  plan.hardware = map.text("hardware");
  read_attention(map, plan);
  read_layer_numbers(map, plan);
  plan.minimize = map.text("minimize");
  plan.limit = map.text("limit");
  if (const auto* node = map.need("losses")) {
    MapReader losses(*node, context, "losses");
    plan.losses.basis = static_cast<core::Basis>(losses.choice("basis", core::basis_names()));
    plan.losses.source = losses.text("source");
    losses.finish();
  }
  plan.loss = map.number("loss", {});
  if (const auto* node = map.need("rules")) read_rules(*node, context, plan);
  const auto* layers = map.need("layers");
  for (const auto& node : map.list("workloads")) read_times(node, context, plan);
  plan.problem_file = map.text("problem");
  if (const auto* node = map.need("certificate")) plan.certificate = read_certificate(*node, context);
  map.finish();
  if (layers != nullptr && context.ok()) {
    RuleMap rules(plan, context);
    for (const auto& node : layers->items) read_layer(node, context, rules, plan);
    if (context.ok()) rules.check_complete(*layers);
  }
  if (context.ok() && plan.times.empty()) context.error(document->root, "'plan.workloads' must list at least one workload");
  if (!context.ok()) return context.take();
  return plan;
}

}  // namespace spanwise::tuner

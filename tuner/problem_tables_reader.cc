// SPDX-License-Identifier: Apache-2.0
#include "tuner/problem_tables_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spanwise::tuner {

using documents::Kind;
using documents::MapReader;
using documents::Node;

namespace {

bool has_null(const Node& node, std::string_view key) {
  return std::any_of(node.entries.begin(), node.entries.end(),
                     [&](const auto& entry) { return entry.key == key && entry.value.kind == Kind::kNull; });
}

}  // namespace

std::span<const Node> list_items(const Node& node, documents::Context& context, std::string_view what) {
  if (node.kind != Kind::kList) context.error(node, fmt::format("'{}' must be a list", what));
  return node.items;
}

void TablesReader::resource(const Node& node) {
  static const std::array<std::string, 3> kCombine{"sum", "max_in_kv_group", "makespan"};
  MapReader map(node, context_, "resource");
  Resource resource;
  resource.name = map.text("name");
  resource.combine = static_cast<Combine>(map.choice_or("combine", kCombine, 0));
  resource.mark = mark_of(node);
  for (const auto& entry : node.entries) {
    if (entry.key == "combine" && resource.combine != Combine::kSum) resource.mark = mark_of(entry.value);
  }
  map.finish();
  problem_.resources.push_back(std::move(resource));
}

// One number for each resource, none missing and none unknown.
std::vector<double> TablesReader::read_cost(const Node& node) {
  MapReader map(node, context_, "cost");
  std::vector<double> cost;
  if (!map.is_map()) return cost;
  for (const auto& resource : problem_.resources) cost.push_back(map.number(resource.name, kCostRange));
  map.finish();
  return cost;
}

std::uint32_t TablesReader::rule_index(const std::string& name) {
  const auto [found, added] =
      rule_index_.try_emplace(name, static_cast<std::uint32_t>(problem_.rules.size()));
  if (added) problem_.rules.push_back({name, std::nullopt, {}});
  return found->second;
}

void TablesReader::rule(const Node& node) {
  MapReader map(node, context_, "rule");
  const auto name = map.text("rule");
  const auto before = problem_.rules.size();
  auto& entry = problem_.rules[rule_index(name)];
  if (problem_.rules.size() == before && !name.empty()) {
    Node first;
    first.line = entry.mark.line;
    first.column = entry.mark.column;
    context_.contradiction(node, fmt::format("rule '{}' is given twice", name), "", entry.mark.line > 0 ? &first : nullptr, "first given here");
  }
  entry.mark = mark_of(node);
  if (const Node* cost = map.find("cost")) entry.cost = read_cost(*cost);
  map.finish();
  table_rules_ = problem_.rules.size();
}

// A loss is one number, called "loss", or a map of names and numbers; the same names everywhere.
void TablesReader::read_loss(const Node& node, std::vector<double>& out) {
  std::vector<std::string> names;
  if (node.kind == Kind::kMap) {
    for (const auto& entry : node.entries) names.push_back(entry.key);
    std::sort(names.begin(), names.end());
  } else {
    names = {"loss"};
  }
  if (problem_.losses.empty()) {
    problem_.losses = names;
  } else if (names != problem_.losses) {
    context_.error(node, fmt::format("this loss has the names {}, earlier ones have {}",
                                     fmt::join(names, ", "), fmt::join(problem_.losses, ", ")));
    return;
  }
  if (node.kind != Kind::kMap) {
    out.push_back(documents::read_number(node, context_, "loss", kAnyNumber).value_or(0.0));
    return;
  }
  if (names.empty()) context_.error(node, "a loss needs at least one number");
  MapReader map(node, context_, "loss");
  for (const auto& name : names) out.push_back(map.number(name, kAnyNumber));
}

void TablesReader::head(const Node& node) {
  MapReader map(node, context_, "head");
  Head head;
  head.mark = mark_of(node);
  head.layer = static_cast<int>(map.integer("layer", kIndexRange));
  head.head = static_cast<int>(map.integer("head", kIndexRange));
  if (const Node* group = map.find("kv_group")) {
    head.kv_group =
        static_cast<int>(documents::read_integer(*group, context_, "head.kv_group", kIndexRange).value_or(0));
  }
  const Node* candidates = map.find("candidates");
  const Node* loss = map.find("loss");
  if ((candidates == nullptr) == (loss == nullptr)) {
    context_.error(node, "a head needs either 'candidates' or 'loss' (one for each rule of 'rules')");
  } else if (loss != nullptr) {
    read_compact(*loss, head);
  } else {
    read_candidates(*candidates, head);
  }
  map.finish();
  head.rule.shrink_to_fit();
  head.loss.shrink_to_fit();
  problem_.heads.push_back(std::move(head));
}

void TablesReader::read_compact(const Node& node, Head& head) {
  const auto losses = list_items(node, context_, "head.loss");
  if (node.kind == Kind::kList && losses.size() != table_rules_) {
    context_.error(node, fmt::format("{} losses for {} rules", losses.size(), table_rules_),
                   "give one loss, or null where a rule is forbidden, for each entry of 'rules'");
    return;
  }
  for (std::size_t r = 0; r < losses.size(); ++r) {
    if (losses[r].kind == Kind::kNull) continue;
    if (!has_shared_cost(r)) {
      context_.error(losses[r], fmt::format("rule '{}' has no cost in 'rules'", problem_.rules[r].name));
    }
    head.rule.push_back(static_cast<std::uint32_t>(r));
    read_loss(losses[r], head.loss);
  }
}

bool TablesReader::has_shared_cost(std::size_t rule) const {
  return problem_.rules[rule].cost.has_value() || problem_.resources.empty();
}

void TablesReader::read_candidates(const Node& node, Head& head) {
  bool own_costs = false;
  std::vector<std::vector<double>> costs;
  seen_.clear();
  for (const auto& item : list_items(node, context_, "head.candidates")) {
    MapReader map(item, context_, "candidate");
    const auto name = map.text("rule");
    const auto rule = rule_index(name);
    const auto [first, added] = seen_.emplace(rule, &item);
    if (!added && !name.empty()) {
      context_.contradiction(item, fmt::format("rule '{}' is given twice for this head", name), "", first->second, "first given here");
    }
    const Node* loss = map.find("loss");
    const bool forbidden = loss == nullptr && has_null(item, "loss");
    if (loss == nullptr && !forbidden)
      context_.error(item, "'candidate' needs the key 'loss', or null for a forbidden rule");
    const Node* cost = map.find("cost");
    auto numbers = cost == nullptr ? std::vector<double>{} : read_cost(*cost);
    map.finish();
    if (loss == nullptr) continue;
    if (cost == nullptr && !has_shared_cost(rule)) {
      context_.error(item, "a candidate needs a 'cost', its own or one in 'rules'");
    }
    own_costs = own_costs || cost != nullptr;
    if (cost == nullptr && problem_.rules[rule].cost) numbers = *problem_.rules[rule].cost;
    head.rule.push_back(rule);
    read_loss(*loss, head.loss);
    costs.push_back(std::move(numbers));
  }
  if (!own_costs) return;
  for (const auto& numbers : costs) head.cost.insert(head.cost.end(), numbers.begin(), numbers.end());
}

}  // namespace spanwise::tuner

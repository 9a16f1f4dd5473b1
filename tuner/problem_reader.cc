// SPDX-License-Identifier: Apache-2.0
// Reading a problem: grammar, types and names, each mistake at its exact place. What the parts mean together is
// checked by check_problem().
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "core/documents/map_reader.h"
#include "core/suggest.h"
#include "tuner/problem.h"

namespace spanwise::tuner {
namespace {

using documents::Kind;
using documents::MapReader;
using documents::Node;

constexpr documents::IntegerRange kIndex{0, 1'000'000};
constexpr documents::NumberRange kAny{};
constexpr documents::NumberRange kCost{0.0, kAny.high};

Mark mark_of(const Node& node) { return {node.line, node.column}; }

class Reader {
 public:
  explicit Reader(const documents::Document& document) : document_(document), context_(document.file) {
    problem_.file = document.file;
    problem_.losses.clear();
  }

  core::Result<Problem> run() {
    MapReader map(document_.root, context_, "problem");
    read_schema(map);
    for (const auto& node : map.list("resources")) read_resource(node);
    for (const auto& node : map.list("rules")) read_rule(node);
    shared_rules_ = problem_.rules.size();
    if (map.need("heads") != nullptr) {
      for (const auto& node : map.list("heads")) read_head(node);
    }
    if (problem_.losses.empty()) problem_.losses = {"loss"};
    names_ = problem_.losses;
    for (const auto& resource : problem_.resources) names_.push_back(resource.name);
    for (const auto& node : map.list("limits")) read_limit(node);
    if (map.need("minimize") != nullptr) {
      for (const auto& node : map.list("minimize")) read_objective(node);
    }
    for (const auto& node : map.list("layers")) read_layer(node);
    if (const Node* node = map.find("front")) read_front(*node);
    for (const char* word : {"reuse", "pairs", "set_losses"}) refuse(map, word);
    map.finish();
    if (!context_.ok()) return context_.take();
    if (auto status = check_problem(problem_); !status) return status.error();
    return std::move(problem_);
  }

 private:
  void refuse(MapReader& map, const char* word) {
    if (const Node* node = map.find(word)) {
      context_.error(*node, fmt::format("'{}' is not supported yet", map.path(word)));
    }
  }

  void read_schema(MapReader& map) {
    static const std::array<std::string, 1> kSchema{"problem"};
    map.choice_or("schema", kSchema, 0);
    map.integer_or("schema_version", {1, 1}, 1);
  }

  void read_resource(const Node& node) {
    static const std::array<std::string, 3> kCombine{"sum", "max_in_kv_group", "makespan"};
    MapReader map(node, context_, "resource");
    Resource resource;
    resource.name = map.text("name");
    resource.combine = static_cast<Combine>(map.choice_or("combine", kCombine, 0));
    const Node* combine = map.find("combine");
    resource.mark = mark_of(combine == nullptr ? node : *combine);
    map.finish();
    problem_.resources.push_back(std::move(resource));
  }

  // One number for each resource, none missing and none unknown.
  std::vector<double> read_cost(const Node& node) {
    MapReader map(node, context_, "cost");
    std::vector<double> cost;
    if (!map.is_map()) return cost;
    for (const auto& resource : problem_.resources) cost.push_back(map.number(resource.name, kCost));
    map.finish();
    return cost;
  }

  std::uint32_t rule_index(const std::string& name) {
    const auto [found, added] = rule_index_.try_emplace(name, static_cast<std::uint32_t>(problem_.rules.size()));
    if (added) problem_.rules.push_back({name, std::nullopt, {}});
    return found->second;
  }

  void read_rule(const Node& node) {
    MapReader map(node, context_, "rule");
    const auto name = map.text("rule");
    const auto before = problem_.rules.size();
    auto& entry = problem_.rules[rule_index(name)];
    if (problem_.rules.size() == before && !name.empty()) {
      context_.error(node, fmt::format("rule '{}' is given twice", name),
                     fmt::format("first given in line {}", entry.mark.line));
    }
    entry.mark = mark_of(node);
    if (const Node* cost = map.find("cost")) entry.cost = read_cost(*cost);
    map.finish();
  }

  // A loss is one number, called "loss", or a map of names and numbers; the same names everywhere.
  void read_loss(const Node& node, std::vector<double>& out) {
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
      context_.error(node, fmt::format("this loss has the names {}, earlier ones have {}", fmt::join(names, ", "),
                                       fmt::join(problem_.losses, ", ")));
      return;
    }
    if (node.kind != Kind::kMap) {
      out.push_back(documents::read_number(node, context_, "loss", kAny).value_or(0.0));
      return;
    }
    if (names.empty()) context_.error(node, "a loss needs at least one number");
    MapReader map(node, context_, "loss");
    for (const auto& name : names) out.push_back(map.number(name, kAny));
  }

  void read_head(const Node& node) {
    MapReader map(node, context_, "head");
    Head head;
    head.mark = mark_of(node);
    head.layer = static_cast<int>(map.integer("layer", kIndex));
    head.head = static_cast<int>(map.integer("head", kIndex));
    if (const Node* group = map.find("kv_group")) {
      head.kv_group = static_cast<int>(documents::read_integer(*group, context_, "head.kv_group", kIndex).value_or(0));
    }
    const Node* candidates = map.find("candidates");
    const Node* loss = map.find("loss");
    if ((candidates == nullptr) == (loss == nullptr)) {
      context_.error(node, "a head needs either 'candidates' or 'loss' (one for each rule of 'rules')");
    } else if (loss != nullptr) {
      read_compact(map.list("loss"), *loss, head);
    } else {
      read_candidates(map.list("candidates"), head);
    }
    map.finish();
    problem_.heads.push_back(std::move(head));
  }

  void read_compact(std::span<const Node> losses, const Node& at, Head& head) {
    if (at.kind == Kind::kList && losses.size() != shared_rules_) {
      context_.error(at, fmt::format("{} losses for {} rules", losses.size(), shared_rules_),
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

  bool has_shared_cost(std::size_t rule) const {
    return problem_.rules[rule].cost.has_value() || problem_.resources.empty();
  }

  void read_candidates(std::span<const Node> candidates, Head& head) {
    bool own_costs = false;
    std::vector<std::vector<double>> costs;
    seen_.clear();
    for (const auto& node : candidates) {
      MapReader map(node, context_, "candidate");
      const auto name = map.text("rule");
      const auto rule = rule_index(name);
      if (!seen_.insert(rule).second && !name.empty()) {
        context_.error(node, fmt::format("rule '{}' is given twice for this head", name));
      }
      const Node* loss = map.find("loss");
      const bool forbidden = loss == nullptr && has_null(node, "loss");
      if (loss == nullptr && !forbidden) map.need("loss");
      const Node* cost = map.find("cost");
      auto numbers = cost == nullptr ? std::vector<double>{} : read_cost(*cost);
      map.finish();
      if (loss == nullptr) continue;
      if (cost == nullptr && !has_shared_cost(rule)) {
        context_.error(node, "a candidate needs a 'cost', its own or one in 'rules'");
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

  static bool has_null(const Node& node, std::string_view key) {
    return std::any_of(node.entries.begin(), node.entries.end(),
                       [&](const auto& entry) { return entry.key == key && entry.value.kind == Kind::kNull; });
  }

  void check_name(const std::string& name, std::uint32_t line, std::uint32_t column) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) return;
    context_.error(line, column, fmt::format("'{}' is neither a resource nor a loss", name),
                   core::suggestion(name, names_));
  }

  Mix read_mix(const Node& node, const char* what) {
    MapReader map(node, context_, what);
    Mix mix;
    for (const auto& entry : node.entries) {
      check_name(entry.key, entry.line, entry.column);
      const auto weight = documents::read_number(entry.value, context_, map.path(entry.key), kAny);
      mix[entry.key] = weight.value_or(0.0);
    }
    if (map.is_map() && mix.empty()) context_.error(node, fmt::format("'{}' names nothing", what));
    return mix;
  }

  void read_limit(const Node& node) {
    MapReader map(node, context_, "limit");
    Limit limit;
    limit.mark = mark_of(node);
    if (const Node* of = map.need("of")) limit.of = read_mix(*of, "limit.of");
    if (const Node* max = map.find("max")) limit.max = documents::read_number(*max, context_, "limit.max", kAny);
    if (const Node* min = map.find("min")) {
      limit.min = documents::read_number(*min, context_, "limit.min", kAny);
      limit.mark = mark_of(*min);
    }
    map.finish();
    problem_.limits.push_back(std::move(limit));
  }

  void read_objective(const Node& node) {
    Objective objective;
    objective.mark = mark_of(node);
    const bool bottleneck = node.entries.size() == 1 && node.entries[0].key == "max";
    if (bottleneck) {
      const auto& name = node.entries[0].value;
      check_name(name.text, name.line, name.column);
      objective.bottleneck = true;
      objective.of = {{name.text, 1.0}};
    } else {
      objective.of = read_mix(node, "minimize");
    }
    problem_.minimize.push_back(std::move(objective));
  }

  // What one more rule in the layer costs; a resource that is not named costs nothing.
  std::map<std::string, double> read_launch(const Node& node) {
    MapReader map(node, context_, "launch");
    std::map<std::string, double> launch;
    for (const auto& resource : problem_.resources) {
      if (map.find(resource.name) != nullptr) launch[resource.name] = map.number(resource.name, kCost);
    }
    map.finish();
    return launch;
  }

  void read_layer(const Node& node) {
    MapReader map(node, context_, "layer");
    Layer layer;
    layer.layer = static_cast<int>(map.integer("layer", kIndex));
    layer.mark = mark_of(node);
    if (const Node* rules = map.find("max_rules")) {
      layer.max_rules = static_cast<int>(
          documents::read_integer(*rules, context_, "layer.max_rules", {1, kIndex.high}).value_or(1));
      layer.mark = mark_of(*rules);
    }
    if (const Node* launch = map.find("launch")) {
      layer.launch = read_launch(*launch);
      layer.mark = mark_of(*launch);
    }
    refuse(map, "workers");
    map.finish();
    problem_.layers.push_back(std::move(layer));
  }

  Mix read_axis(const Node& node) {
    if (node.kind != Kind::kScalar) return read_mix(node, "front.of");
    check_name(node.text, node.line, node.column);
    return {{node.text, 1.0}};
  }

  void read_front(const Node& node) {
    static const std::array<std::string, 3> kModes{"supported", "all", "at"};
    MapReader map(node, context_, "front");
    FrontRequest front;
    front.mark = mark_of(node);
    front.mode = static_cast<FrontMode>(map.choice_or("mode", kModes, 0));
    if (const Node* of = map.find("of")) {
      const auto axes = map.list("of");
      if (axes.size() != 2) {
        context_.error(*of, "'front.of' must be a list of two: what is limited, and what is minimized");
      } else {
        front.limited = read_axis(axes[0]);
        front.minimized = read_axis(axes[1]);
      }
    }
    for (const auto& at : map.list("at")) {
      front.at.push_back(documents::read_number(at, context_, "front.at", kAny).value_or(0.0));
    }
    map.finish();
    problem_.front = std::move(front);
  }

  const documents::Document& document_;
  documents::Context context_;
  Problem problem_;
  std::size_t shared_rules_ = 0;
  std::unordered_map<std::string, std::uint32_t> rule_index_;
  std::set<std::uint32_t> seen_;
  std::vector<std::string> names_;
};

}  // namespace

core::Result<Problem> read_problem(const documents::Document& document) { return Reader(document).run(); }

}  // namespace spanwise::tuner

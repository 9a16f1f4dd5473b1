// SPDX-License-Identifier: Apache-2.0
// Reading a problem: grammar, types and names, each mistake at its exact place. What the parts mean together
// is checked by check_problem().
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "core/documents/map_reader.h"
#include "core/documents/streamed_json.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/suggest.h"
#include "tuner/problem.h"
#include "tuner/problem_file.h"
#include "tuner/problem_tables_reader.h"

namespace spanwise::tuner {
namespace {

using documents::Kind;
using documents::MapReader;
using documents::Node;

class Reader {
 public:
  using ForEachHead = std::function<void(const std::function<void(const Node&)>&)>;

  // `streamed` hands out the heads when they do not stand in the tree.
  Reader(const Node& root, const std::string& file, ForEachHead streamed = {})
      : root_(root), context_(file), streamed_(std::move(streamed)) {
    problem_.file = file;
    problem_.losses.clear();
  }

  core::Result<Problem> run() {
    MapReader map(root_, context_, "problem");
    read_schema(map);
    TablesReader tables(problem_, context_);
    for (const auto& node : map.list("resources")) tables.resource(node);
    for (const auto& node : map.list("rules")) tables.rule(node);
    const auto heads = needed_list(map, "heads");
    if (streamed_) streamed_([&](const Node& node) { tables.head(node); });
    for (const auto& node : heads) tables.head(node);
    if (problem_.losses.empty()) problem_.losses = {"loss"};
    names_ = problem_.losses;
    for (const auto& resource : problem_.resources) names_.push_back(resource.name);
    for (const auto& node : map.list("limits")) read_limit(node);
    for (const auto& node : needed_list(map, "minimize")) read_objective(node);
    for (const auto& node : map.list("layers")) read_layer(node);
    if (const Node* node = map.find("front")) read_front(*node);
    for (const char* word : {"reuse", "pairs", "set_losses"}) refuse(map, word);
    map.finish();
    if (!context_.ok()) return context_.take();
    if (auto status = check_problem(problem_); !status) return status.error();
    return std::move(problem_);
  }

 private:
  std::span<const Node> needed_list(MapReader& map, const char* key) {
    const Node* node = map.need(key);
    return node == nullptr ? std::span<const Node>{} : list_items(*node, context_, map.path(key));
  }

  void refuse(MapReader& map, const char* word) {
    if (const Node* node = map.find(word)) {
      context_.error(*node, fmt::format("'{}' is not supported yet", map.path(word)));
    }
  }

  void read_schema(MapReader& map) {
    static const std::array<std::string, 1> kSchema{"spanwise/problem"};
    map.choice_or("schema", kSchema, 0);
    map.integer_or("schema_version", {1, 1}, 1);
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
      const auto weight = documents::read_number(entry.value, context_, map.path(entry.key), kAnyNumber);
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
    if (const Node* max = map.find("max"))
      limit.max = documents::read_number(*max, context_, "limit.max", kAnyNumber);
    if (const Node* min = map.find("min"))
      limit.min = documents::read_number(*min, context_, "limit.min", kAnyNumber);
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
      if (map.find(resource.name) != nullptr) launch[resource.name] = map.number(resource.name, kCostRange);
    }
    map.finish();
    return launch;
  }

  void read_layer(const Node& node) {
    MapReader map(node, context_, "layer");
    Layer layer;
    layer.layer = static_cast<int>(map.integer("layer", kIndexRange));
    layer.mark = mark_of(node);
    if (const Node* rules = map.find("max_rules")) {
      layer.max_rules = static_cast<int>(
          documents::read_integer(*rules, context_, "layer.max_rules", {1, kIndexRange.high}).value_or(1));
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
      const auto axes = list_items(*of, context_, "front.of");
      if (axes.size() == 2) {
        front.limited = read_axis(axes[0]);
        front.minimized = read_axis(axes[1]);
      } else if (of->kind == Kind::kList) {
        context_.error(*of, "'front.of' must name two things: what is limited, and what is minimized");
      }
    }
    for (const auto& at : map.list("at")) {
      front.at.push_back(documents::read_number(at, context_, "front.at", kAnyNumber).value_or(0.0));
    }
    map.finish();
    problem_.front = std::move(front);
  }

  const Node& root_;
  documents::Context context_;
  ForEachHead streamed_;
  Problem problem_;
  std::vector<std::string> names_;
};

}  // namespace

core::Result<Problem> read_problem(const documents::Document& document) {
  return Reader(document.root, document.file).run();
}

core::Result<Problem> read_problem(const documents::StreamedJson& json) {
  return Reader(json.root(), json.file(), [&](const auto& take) { json.for_each_item(take); }).run();
}

core::Result<ProblemFile> read_problem_file(const std::filesystem::path& path) {
  // Only one head is kept as a tree at a time, so values may be many.
  constexpr documents::Limits kLimits{documents::kTableLimits.max_bytes, 1'000'000'000, 64, 64u << 10};
  const auto finish = [](core::Result<Problem> problem, std::string_view text) -> core::Result<ProblemFile> {
    if (!problem) return problem.error();
    return ProblemFile{std::move(*problem), core::sha256(text)};
  };
  if (path.extension() != ".json") {
    const auto document = documents::read_document(path, documents::kTableLimits);
    if (!document) return document.error();
    return finish(read_problem(*document), document->source);
  }
  auto text = core::read_file(path, kLimits.max_bytes);
  if (!text) return text.error();
  const auto json = documents::StreamedJson::parse(std::move(*text), path.string(), "heads", kLimits);
  if (!json) return json.error();
  return finish(read_problem(*json), json->text());
}

}  // namespace spanwise::tuner

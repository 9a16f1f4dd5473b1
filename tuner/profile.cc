// SPDX-License-Identifier: Apache-2.0
#include "tuner/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/documents/map_reader.h"

namespace spanwise::tuner {
namespace {

using documents::Context;
using documents::Kind;
using documents::MapReader;
using documents::Node;

std::vector<patterns::Pattern> read_rules(MapReader& map, const sim::Model& model) {
  std::vector<patterns::Pattern> rules;
  std::map<std::string, const Node*> names;
  bool dense = false;
  for (const auto& node : map.list("rules")) {
    auto rule = patterns::read_pattern(node, map.context(), model.attention().causal);
    const auto [first, added] = names.try_emplace(patterns::short_name(rule), &node);
    if (!added) map.context().contradiction(node, fmt::format("rule '{}' is given twice", first->first), "", first->second, "first given here");
    for (const auto& workload : model.planned_workloads()) {
      if (const auto fits = patterns::check_fits(rule, workload.grid()); !fits) {
        map.context().error(node, fmt::format("{} (workload {})", fits.error().front().message, workload.name),
                            fits.error().front().hint);
      }
    }
    dense = dense || std::holds_alternative<patterns::Dense>(rule);
    rules.push_back(std::move(rule));
  }
  if (!dense && map.context().ok()) map.context().error(map.node(), "'profile.rules' must contain dense");
  return rules;
}

// The items of a list that must have `count` of them.
std::span<const Node> items(const Node& node, Context& context, std::size_t count, std::string_view what) {
  if (node.kind == Kind::kList && node.items.size() == count) return node.items;
  context.error(node, fmt::format("'profile.loss' needs a list of {} {} here{}", count, what,
                                  node.kind == Kind::kList ? fmt::format(", not {}", node.items.size()) : ""));
  return {};
}

void read_losses(const Node& node, Context& context, const sim::Model& model, Profile& profile) {
  const auto heads = static_cast<std::size_t>(model.attention().q_heads);
  const auto layers = model.planned_layers().size();
  profile.losses.reserve(layers * heads * profile.rules.size());
  for (const auto& layer : items(node, context, layers, "layers (those with full attention)")) {
    for (const auto& head : items(layer, context, heads, "query heads")) {
      for (const auto& loss : items(head, context, profile.rules.size(), "losses, one a rule")) {
        const bool forbidden = loss.kind == Kind::kNull;
        profile.losses.push_back(forbidden ? std::numeric_limits<double>::quiet_NaN()
                                           : documents::read_number(loss, context, "profile.loss", {}).value_or(0.0));
      }
    }
  }
}

}  // namespace

core::Result<Profile> read_profile(const std::filesystem::path& path, const sim::Model& model) {
  auto document = documents::read_document(path, documents::kTableLimits);
  if (!document) return document.error();
  Context context(document->file);
  MapReader map(document->root, context, "profile");
  map.integer("version", {1, 1});
  Profile profile;
  profile.name = map.text("name");
  if (const auto* node = map.need("model")) {
    const auto name = documents::read_text(*node, context, "profile.model").value_or("");
    if (!name.empty() && name != model.name) {
      context.error(*node, fmt::format("this profile is of model '{}', not of '{}'", name, model.name));
    }
  }
  profile.from.basis = static_cast<core::Basis>(map.choice("basis", core::basis_names()));
  profile.from.source = map.text("source");
  profile.one_rule_per_layer = map.boolean_or("one_rule_per_layer", false);
  profile.rules = read_rules(map, model);
  const auto* losses = map.need("loss");
  map.finish();
  if (losses != nullptr && context.ok()) read_losses(*losses, context, model, profile);
  if (!context.ok()) return context.take();
  return profile;
}

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
#include "hwmodels/kernel_model.h"

#include <algorithm>
#include <array>
#include <variant>

#include "core/documents/map_reader.h"
#include "hwmodels/correction.h"

namespace spanwise::hwmodels {
namespace {

using documents::MapReader;

const std::array<std::string, 2> kPhases = {"prefill", "decode"};
const std::array<std::string, 3> kTilings = {"static", "dynamic", "flat"};  // in the order of patterns::Tiling
const std::array<std::string, 2> kMasks = {"partial_tiles", "whole_problem"};
const std::array<std::string, 3> kPackGroup = {"never", "always", "short"};
const std::array<std::string, 3> kSplitRules = {"best", "fullest_waves", "even_shares"};
const std::array<std::string, 2> kSchedules = {"waves", "longest_first"};

// A list of words as indices into `allowed`.
std::vector<std::size_t> read_words(MapReader& map, std::string_view key, std::span<const std::string> allowed) {
  std::vector<std::size_t> words;
  for (const auto& node : map.list(key)) {
    if (const auto index = documents::read_choice(node, map.context(), map.path(key), allowed)) words.push_back(*index);
  }
  if (words.empty() && map.context().ok()) {
    map.context().error(map.node(), "'" + map.path(key) + "' must list at least one of its words");
  }
  return words;
}

KernelTile read_tile(const documents::Node& node, documents::Context& context) {
  MapReader map(node, context, "tiles");
  KernelTile tile;
  tile.max_head_dim = map.integer("max_head_dim", {1, 1024});
  const auto read = [&](std::string_view key) {
    const auto* value = map.need(key);
    if (value == nullptr) return patterns::Lengths{1};
    return documents::read_lengths(*value, context, map.path(key), 3, {1, 4096}).value_or(patterns::Lengths{1});
  };
  tile.q_tile = read("q_tile");
  tile.kv_tile = read("kv_tile");
  const auto* kv_tile = map.find("kv_tile");
  if (kv_tile != nullptr && tile.q_tile.size() != tile.kv_tile.size()) {
    context.contradiction(*kv_tile, "q_tile and kv_tile need the same number of axes", "", map.find("q_tile"), "q_tile is given here");
  }
  map.finish();
  return tile;
}

}  // namespace

std::string pattern_kind(const patterns::Pattern& pattern) { return std::string(patterns::kind_name(pattern)); }

bool KernelModel::runs(const patterns::Case& shape) const {
  const std::string kind(patterns::kind_name(shape.pattern));
  const auto has = [](const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (!has(patterns, kind) || !has(phases, shape.phase) || !has(dtypes, shape.dtype)) return false;
  const auto* window = std::get_if<patterns::SlidingWindow>(&shape.pattern);
  if (window != nullptr && window->sinks > 0 && !sinks) return false;
  if (shared_kv && (shape.kv_heads != 1 || shape.head_dim_v >= shape.head_dim)) return false;
  const auto axes = shape.grid().size();
  return std::any_of(tiles.begin(), tiles.end(), [&](const KernelTile& tile) {
    const bool fits = tiling == patterns::Tiling::kFlat || tile.q_tile.size() == axes;
    return fits && std::max(shape.head_dim, shape.head_dim_v) <= tile.max_head_dim;
  });
}

core::Result<KernelModel> read_kernel_model(const std::filesystem::path& path) {
  auto document = documents::read_document(path);
  if (!document) return document.error();
  documents::Context context(document->file);
  MapReader map(document->root, context, "kernel");
  map.integer("version", {1, 1});
  KernelModel kernel;
  kernel.name = map.text("name");
  kernel.summary = map.text("summary");
  kernel.source = map.text("source");
  for (const auto index : read_words(map, "patterns", patterns::kind_names())) {
    kernel.patterns.push_back(patterns::kind_names()[index]);
  }
  for (const auto index : read_words(map, "phases", kPhases)) kernel.phases.push_back(static_cast<patterns::Phase>(index));
  for (const auto index : read_words(map, "dtypes", core::dtype_names())) {
    kernel.dtypes.push_back(static_cast<core::DType>(index));
  }
  kernel.tiling = static_cast<patterns::Tiling>(map.choice("tiling", kTilings));
  for (const auto& node : map.list("tiles")) kernel.tiles.push_back(read_tile(node, context));
  if (kernel.tiles.empty() && context.ok()) context.error(document->root, "'kernel.tiles' must list at least one tile");
  kernel.row_step = map.integer_or("row_step", {1, 4096}, 0);
  kernel.pack_group = static_cast<PackGroup>(map.choice("pack_group", kPackGroup));
  kernel.sinks = map.boolean_or("sinks", true);
  kernel.split_kv = map.boolean_or("split_kv", false);
  kernel.split_slots = map.integer_or("split_slots", {1, 32}, 1);
  if (map.find("split_rule") != nullptr) kernel.split_rule = static_cast<SplitRule>(map.choice("split_rule", kSplitRules));
  kernel.swaps_groups = map.boolean_or("swaps_groups", false);
  kernel.shared_kv = map.boolean_or("shared_kv", false);
  kernel.reorders_tokens = map.boolean_or("reorders_tokens", false);
  kernel.mask = static_cast<MaskPolicy>(map.choice("mask", kMasks));
  kernel.schedule = static_cast<Schedule>(map.choice("schedule", kSchedules));
  map.finish();
  if (!context.ok()) return context.take();
  return kernel;
}

}  // namespace spanwise::hwmodels

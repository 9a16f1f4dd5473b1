// SPDX-License-Identifier: Apache-2.0
// bound --sweep: every stride (and dilation) of a neighborhood under the tiles that kernels ship with.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/documents/map_reader.h"
#include "patterns/sweep.h"
#include "reports/numbers.h"
#include "reports/text_table.h"

namespace spanwise::cli {
namespace {

using nlohmann::ordered_json;
using patterns::Lengths;
using patterns::Neighborhood;
using patterns::SweepPoint;

struct KernelSweep {
  patterns::TilePairs tiles;
  std::vector<SweepPoint> points;  // pruned for each pair of tiles and dilation
};

core::Result<std::vector<patterns::TilePairs>> tile_lists(const Session& session, const BoundOptions& options, std::size_t axes) {
  std::vector<patterns::TilePairs> lists;
  if (!options.tiles.empty()) {
    auto given = patterns::parse_tile_pairs(options.tiles);
    if (!given) return given.error();
    lists.push_back(std::move(*given));
  } else {
    for (const auto& name : hwmodels::data_names("configs/tiles", session.folders())) {
      if (!options.kernel.empty() && name != options.kernel) continue;
      const auto path = hwmodels::find_data(name, "tile list", "configs/tiles", session.folders());
      if (!path) return path.error();
      auto list = patterns::read_tile_pairs(*path);
      if (!list) return list.error();
      lists.push_back(std::move(*list));
    }
  }
  for (auto& list : lists) {
    // A wider row of the table serves narrower heads only where there is no narrower row.
    std::int64_t width = 0;
    for (const auto& pair : list.pairs) {
      if (pair.max_head_dim >= options.head_dim && (width == 0 || pair.max_head_dim < width)) width = pair.max_head_dim;
    }
    const bool flat = list.tiling == patterns::Tiling::kFlat;
    std::erase_if(list.pairs, [&](const patterns::TilePair& pair) {
      return (!flat && pair.q_tile.size() != axes) || (pair.max_head_dim != 0 && pair.max_head_dim != width);
    });
  }
  std::erase_if(lists, [](const patterns::TilePairs& list) { return list.pairs.empty(); });
  if (lists.empty()) {
    return core::fail(core::Fault::kInput, fmt::format("no tiles for {} axes and head dim {}", axes, options.head_dim),
                      "give them with --tiles, for instance 4x8x8/2x8x8, or a list of configs/tiles with --kernel");
  }
  return lists;
}

// Every dilation with which the window fits, or the pattern's own.
core::Result<std::vector<Lengths>> dilations_of(const Neighborhood& pattern, const Lengths& tokens, bool all) {
  if (!all) return std::vector<Lengths>{pattern.dilation};
  std::vector<Lengths> dilations{{}};
  for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
    std::vector<Lengths> longer;
    for (const auto& known : dilations) {
      for (std::int64_t dilation = 1; dilation <= tokens[axis] / pattern.window[axis]; ++dilation) {
        constexpr std::size_t kMost = 1024;
        if (longer.size() == kMost) return core::fail(core::Fault::kInput, "more than 1024 dilations fit this window", "leave out --dilations");
        longer.push_back(known);
        longer.back().push_back(dilation);
      }
    }
    dilations = std::move(longer);
  }
  return dilations;
}

core::Result<std::vector<KernelSweep>> sweep_all(const std::vector<patterns::TilePairs>& lists, const Neighborhood& pattern,
                                                 const Lengths& tokens, const std::vector<Lengths>& dilations) {
  std::vector<KernelSweep> all;
  for (const auto& list : lists) {
    KernelSweep kernel{list, {}};
    for (const auto& pair : list.pairs) {
      for (const auto& dilation : dilations) {
        Neighborhood rule = pattern;
        rule.dilation = dilation;
        auto points = patterns::sweep_strides(tokens, rule, list.tiling, pair);
        if (!points) return points.error();
        auto kept = patterns::prune(std::move(*points));
        kernel.points.insert(kernel.points.end(), kept.begin(), kept.end());
      }
    }
    all.push_back(std::move(kernel));
  }
  return all;
}

std::string box(const Lengths& lengths) {
  return fmt::format("{}", fmt::join(lengths, "x"));
}

std::string yes(std::optional<bool> value) {
  return !value ? "-" : *value ? "yes" : "no";
}

ordered_json json_of(const SweepPoint& point) {
  const auto flag = [](std::optional<bool> value) { return value ? ordered_json(*value) : ordered_json(nullptr); };
  return {{"stride", point.stride},
          {"dilation", point.dilation},
          {"q_tile", point.tiles.q_tile},
          {"kv_tile", point.tiles.kv_tile},
          {"flop_speedup", point.flop_speedup},
          {"tile_speedup_worst", point.worst_speedup},
          {"tile_speedup", point.total_speedup},
          {"keys", point.keys},
          {"block_sparse", flag(point.block_sparse)},
          {"natten_block_sparse", flag(point.natten_block_sparse)}};
}

struct ShapedBox {
  patterns::Tiling tiling;
  SweepPoint point;
};

// The best KV boxes for the query tiles of the lists, whatever kernels offer.
core::Result<std::vector<ShapedBox>> shaped_boxes(const std::vector<KernelSweep>& all, const Neighborhood& pattern, const Lengths& tokens) {
  std::vector<ShapedBox> boxes;
  std::vector<std::pair<patterns::Tiling, Lengths>> seen;
  for (const auto& kernel : all) {
    const auto tiling = kernel.tiles.tiling;
    for (const auto& pair : kernel.tiles.pairs) {
      const std::pair key(tiling, pair.q_tile);
      constexpr std::int64_t kLargestShaped = 1 << 16;  // tokens; kernels have a few hundred
      if (tiling == patterns::Tiling::kFlat || patterns::volume(pair.kv_tile) > kLargestShaped || std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
      seen.push_back(key);
      const auto best = patterns::best_kv_box(tokens, pattern, tiling, pair.q_tile, patterns::volume(pair.kv_tile));
      if (!best) return best.error();
      const auto swept = patterns::sweep_strides(tokens, pattern, tiling, *best);
      if (!swept) return swept.error();
      const auto own = std::find_if(swept->begin(), swept->end(), [&](const SweepPoint& p) { return p.stride == pattern.stride; });
      if (own != swept->end()) boxes.push_back({tiling, *own});
    }
  }
  std::stable_sort(boxes.begin(), boxes.end(), [](const ShapedBox& a, const ShapedBox& b) {
    return std::pair(a.tiling, a.point.keys) < std::pair(b.tiling, b.point.keys);
  });
  return boxes;
}

std::vector<std::string> cells(const std::string& kernel, const SweepPoint& point) {
  auto stride = box(point.stride);
  if (patterns::volume(point.dilation) > 1) stride += "@" + box(point.dilation);
  return {kernel,
          box(point.tiles.q_tile),
          box(point.tiles.kv_tile),
          stride,
          reports::speedup_text(point.worst_speedup, 2),
          reports::speedup_text(point.total_speedup, 2),
          reports::fixed(point.keys, 0),
          yes(point.block_sparse),
          yes(point.natten_block_sparse)};
}

std::string table(const std::vector<KernelSweep>& all, const std::vector<ShapedBox>& shaped, std::size_t width) {
  const std::vector<reports::TextColumn> columns = {{"kernel", "", false},
                                                    {"query tile", "q tile", false},
                                                    {"KV tile", "", false},
                                                    {"stride", "", false},
                                                    {"worst", ""},
                                                    {"total", ""},
                                                    {"keys", "", true, 2},
                                                    {"block-sparse", "sparse", false},
                                                    {"NATTEN's test", "natten", false, 1}};
  std::vector<std::vector<std::string>> rows;
  for (const auto& kernel : all) {
    for (const auto& point : patterns::prune(kernel.points)) rows.push_back(cells(kernel.tiles.name, point));
  }
  for (const auto tiling : {patterns::Tiling::kStatic, patterns::Tiling::kDynamic}) {
    int shown = 0;
    for (const auto& box : shaped) {
      constexpr int kShown = 2;
      if (box.tiling != tiling || shown++ == kShown) continue;
      rows.push_back(cells(fmt::format("any, {}", patterns::name(tiling)), box.point));
    }
  }
  std::string text;
  for (const auto& line : reports::render_table(columns, rows, width)) text += line + "\n";
  return text;
}

}  // namespace

core::Result<Lengths> layout_of(const BoundOptions& options) {
  documents::Context context("--tokens");
  documents::Node node;
  node.kind = documents::Kind::kScalar;
  node.line = node.column = 1;
  node.text = options.tokens;
  auto lengths = documents::read_lengths(node, context, "--tokens", 3, {1, std::int64_t{1} << 40});
  if (!lengths) return context.take();
  core::Count tokens = 1;
  for (const auto length : *lengths) tokens = core::saturating_multiply(tokens, static_cast<core::Count>(length));
  if (tokens > static_cast<core::Count>(patterns::kMaxLength)) {
    return core::fail(core::Fault::kInput, fmt::format("--tokens {} is out of range", options.tokens), "allowed: 2^40 tokens");
  }
  return *lengths;
}

core::Result<int> run_sweep(const CommonOptions& common, const BoundOptions& options) {
  constexpr const char* kExample = "for instance bound --sweep --pattern neighborhood:window=18x24x24 --tokens 30x48x80";
  if (!options.plan.empty()) return core::fail(core::Fault::kInput, "--sweep takes a pattern, not a plan", kExample);
  if (options.pattern.empty()) return core::fail(core::Fault::kInput, "--sweep needs --pattern and --tokens", kExample);
  if (options.tokens.empty()) return core::fail(core::Fault::kInput, "--sweep needs --tokens", kExample);
  auto session = Session::open(common);
  if (!session) return session.error();
  const auto tokens = layout_of(options);
  if (!tokens) return tokens.error();
  const auto pattern = patterns::parse_pattern(options.pattern, options.causal);
  if (!pattern) return pattern.error();
  const auto* rule = std::get_if<Neighborhood>(&*pattern);
  if (rule == nullptr) {
    return core::fail(core::Fault::kInput, fmt::format("--sweep needs a neighborhood, not {}", patterns::kind_name(*pattern)),
                      "for instance --pattern neighborhood:window=18x24x24 --tokens 30x48x80");
  }
  if (auto fine = patterns::check_fits(*rule, *tokens); !fine) return fine.error();
  const auto lists = tile_lists(**session, options, tokens->size());
  if (!lists) return lists.error();
  const auto dilations = dilations_of(*rule, *tokens, options.dilations);
  if (!dilations) return dilations.error();
  const auto all = sweep_all(*lists, *rule, *tokens, *dilations);
  if (!all) return all.error();
  const auto shaped = shaped_boxes(*all, *rule, *tokens);
  if (!shaped) return shaped.error();
  const double flops = all->front().points.front().flop_speedup;
  if (common.json) {
    ordered_json out = {{"schema", "spanwise/sweep"}, {"schema_version", 1}, {"tokens", *tokens},
                        {"pattern", ordered_json::parse(patterns::to_json(*pattern))}, {"flop_speedup", flops},
                        {"kernels", ordered_json::array()}, {"any_kv_box", ordered_json::array()}};
    for (const auto& kernel : *all) {
      ordered_json points = ordered_json::array();
      for (const auto& point : kernel.points) points.push_back(json_of(point));
      out["kernels"].push_back({{"tiles", kernel.tiles.name}, {"source", kernel.tiles.source},
                                {"tiling", patterns::name(kernel.tiles.tiling)}, {"points", points}});
    }
    for (const auto& box : *shaped) {
      out["any_kv_box"].push_back(json_of(box.point));
      out["any_kv_box"].back()["tiling"] = patterns::name(box.tiling);
    }
    print_result(out.dump(2) + "\n");
    return 0;
  }
  print_result(fmt::format("{} over {}: {} fewer pairs than dense attention\n\n", patterns::short_name(*pattern), box(*tokens),
                           reports::speedup_text(flops)));
  print_result(table(*all, *shaped, static_cast<std::size_t>(terminal_columns())));
  print_result(
      "\nworst: the KV tiles of dense attention over those of the heaviest query tile;\n"
      "total: over those of all. keys: visited by a query tile on average, with its KV\n"
      "tiles. sparse: no tile needs a mask. natten: NATTEN's own test says so; where it\n"
      "says no, stock NATTEN masks every tile. any: the KV box of as many tokens that is\n"
      "shaped best to the window, in static tiling and in dynamic.\n");
  return 0;
}

}  // namespace spanwise::cli

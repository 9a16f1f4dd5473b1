// SPDX-License-Identifier: Apache-2.0
#include "patterns/count_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "core/documents/json_text.h"
#include "core/documents/map_reader.h"
#include "patterns/case.h"
#include "patterns/json_object.h"
#include "patterns/pattern_readers.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {
namespace {

using core::Count;
using documents::Context;
using documents::IntegerRange;
using documents::MapReader;
using documents::Node;

// 1 to 3 lengths whose product is at most kMaxLength; empty after an error.
Lengths lengths_of(const Node& node, MapReader& map, std::string_view key, IntegerRange range) {
  const auto lengths = documents::read_lengths(node, map.context(), map.path(key), 3, range);
  if (!lengths) return {};
  Count product = 1;
  for (const auto length : *lengths) product = core::saturating_multiply(product, static_cast<Count>(length));
  if (product <= static_cast<Count>(kMaxLength)) return *lengths;
  map.context().error(node, fmt::format("the product of '{}' exceeds {}", map.path(key), kMaxLength));
  return {};
}

Lengths need_lengths(MapReader& map, std::string_view key) {
  const Node* node = map.need(key);
  return node == nullptr ? Lengths{} : lengths_of(*node, map, key, kPositive);
}

Lengths find_lengths(MapReader& map, std::string_view key, IntegerRange range) {
  const Node* node = map.find(key);
  return node == nullptr ? Lengths{} : lengths_of(*node, map, key, range);
}

// What the query heads of a KV group keep together when their rows share tiles: the union of their patterns.
Pattern read_group(const Node& node, const Node* pattern, MapReader& map) {
  if (pattern != nullptr) {
    map.context().contradiction(node, "'line.pattern' and 'line.group_patterns' exclude each other", "keep one of them", pattern,
                                "'pattern' is given here");
  }
  if (node.kind != documents::Kind::kList || node.items.empty()) {
    map.context().error(node, "'line.group_patterns' must be a list of patterns, one a query head");
    return Dense{};
  }
  Union heads;
  for (const auto& item : node.items) heads.parts.push_back(part(read_pattern(item, map.context(), false)));
  return heads;
}

CountRequest read_request(MapReader& map) {
  CountRequest request;
  request.tokens = need_lengths(map, "tokens");
  request.pattern = Dense{};
  const Node* pattern = map.find("pattern");
  if (pattern != nullptr) request.pattern = read_pattern(*pattern, map.context(), false);
  if (const Node* group = map.find("group_patterns")) request.pattern = read_group(*group, pattern, map);
  request.q_tile = need_lengths(map, "q_tile");
  request.kv_tile = need_lengths(map, "kv_tile");
  request.tiling =
      static_cast<Tiling>(map.choice_or("tiling", tiling_names(), static_cast<std::size_t>(request.tiling)));
  request.q_tokens = find_lengths(map, "q_tokens", kPositive);
  request.q_offset = find_lengths(map, "q_offset", {0, kMaxLength});
  request.extra_kv_tokens = map.integer_or("extra_kv_tokens", {0, kMaxLength}, 0);
  request.extra_q_tokens = map.integer_or("extra_q_tokens", {0, kMaxLength}, 0);
  request.group_heads = map.integer_or("group_heads", {1, std::int64_t{1} << 20}, 1);
  request.histogram = map.boolean_or("histogram", false);
  return request;
}

// All that is wrong, with columns where they are known: the line is the reader's own.
std::string reasons(const core::Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) {
    if (!text.empty()) text += "; ";
    if (diagnostic.place.line > 0) text += fmt::format("column {}: ", diagnostic.place.column);
    text += diagnostic.message;
    if (!diagnostic.hint.empty()) text += fmt::format(" ({})", diagnostic.hint);
    for (const auto& note : diagnostic.notes) text += fmt::format("; column {}: {}", note.place.column, note.message);
  }
  return text;
}

CountLine bad_line(std::string_view id, const core::Diagnostics& diagnostics) {
  return {fmt::format(R"({{"id":{},"error":{}}})", id, documents::quote_json(reasons(diagnostics))), false};
}

constexpr std::size_t kMaxHistogram = std::size_t{1} << 18;  // entries of a line: about 15 MB

// Query tiles by what each of them visits: [{"kv_tiles","full_tiles","q_tiles"}], ascending by the first two.
std::string histogram_text(const TileCounts& counts) {
  auto rows = counts.rows;
  std::sort(rows.begin(), rows.end(), [](const TileRow& a, const TileRow& b) {
    return std::pair(a.full + a.partial, a.full) < std::pair(b.full + b.partial, b.full);
  });
  std::string text = "[";
  auto out = std::back_inserter(text);
  for (const auto& row : rows) {
    fmt::format_to(out, R"({}{{"kv_tiles":{},"full_tiles":)", text.size() == 1 ? "" : ",", row.full + row.partial);
    counts.full_tiles ? void(fmt::format_to(out, "{}", row.full)) : void(text += "null");
    fmt::format_to(out, R"(,"q_tiles":{}}})", row.q_tiles);
  }
  return text + "]";
}

std::string answer(std::string_view id, const TileCounts& counts, bool histogram) {
  JsonObject text;
  text.raw("id", id);
  text.number("pairs", counts.pairs);
  text.number("dense_kv_tiles", counts.dense_kv_tiles);
  text.number("q_tiles", counts.q_tiles);
  text.number("q_tiles_launched", counts.q_tiles_launched);
  text.number("kv_tiles", counts.kv_tiles);
  text.number("kv_tiles_max", counts.kv_tiles_max);
  text.number("kv_tiles_min", counts.kv_tiles_min);
  text.number("kernel_kv_tiles", counts.kernel_kv_tiles);
  text.number_or_null("full_tiles", counts.full_tiles);
  text.number_or_null("partial_tiles", counts.partial_tiles);
  text.real("flop_speedup", counts.flop_speedup());
  text.real("tile_speedup", counts.tile_speedup());
  text.real("tile_speedup_worst", counts.tile_speedup_worst());
  text.flag_or_null("block_sparse", counts.block_sparse);
  text.flag_or_null("natten_block_sparse", counts.natten_block_sparse);
  if (counts.kv_tiles_worst) text.number("kv_tiles_worst", *counts.kv_tiles_worst);
  if (counts.empty_chance) text.real("empty_chance", *counts.empty_chance);
  if (counts.stated) {
    text.text("basis", core::name(counts.stated->basis));
    if (!counts.stated->source.empty()) text.text("source", counts.stated->source);
  }
  if (histogram) text.raw("histogram", histogram_text(counts));
  return text.take();
}

}  // namespace

CountLine count_line(std::string_view line) {
  const auto document = documents::parse_json(line, "line");
  if (!document) return bad_line("null", document.error());
  Context context(document->file);
  MapReader map(document->root, context, "line");
  const Node* id_node = map.find("id");
  const std::string id = id_node == nullptr ? "null" : documents::to_json(*id_node);
  const auto request = read_request(map);
  map.finish();
  if (!context.ok()) return bad_line(id, context.take());
  const auto counts = count_tiles(request);
  if (!counts) return bad_line(id, counts.error());
  if (request.histogram && counts->rows.size() > kMaxHistogram) {
    return bad_line(id, core::fail(core::Fault::kInput, fmt::format("the histogram has {} entries, more than {}", counts->rows.size(), kMaxHistogram),
                                   "take larger query tiles, or leave 'histogram' out"));
  }
  return {answer(id, *counts, request.histogram), true};
}

bool count_lines(std::span<const std::string> lines, core::ThreadPool& pool, std::string& out) {
  constexpr std::size_t kChunk = 64;  // lines that a thread takes at once
  struct Answers {
    std::string text;
    bool good = true;
  };
  std::vector<Answers> chunks((lines.size() + kChunk - 1) / kChunk);
  pool.run(chunks.size(), [&](std::size_t chunk, int) {
    const auto begin = chunk * kChunk;
    for (const auto& line : lines.subspan(begin, std::min(kChunk, lines.size() - begin))) {
      const auto counted = count_line(line);
      chunks[chunk].good = chunks[chunk].good && counted.ok;
      chunks[chunk].text += counted.json;
      chunks[chunk].text += '\n';
    }
  });
  bool good = true;
  for (const auto& chunk : chunks) {
    out += chunk.text;
    good = good && chunk.good;
  }
  return good;
}

core::Result<CountRequest> parse_count_request(std::string_view line) {
  const auto document = documents::parse_json(line, "line");
  if (!document) return document.error();
  Context context(document->file);
  MapReader map(document->root, context, "line");
  map.find("id");
  auto request = read_request(map);
  map.finish();
  if (!context.ok()) return context.take();
  return request;
}

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
// Reading a Case; case_text.cc writes one.
#include "patterns/case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/documents/json_text.h"
#include "core/documents/map_reader.h"
#include "core/int128.h"
#include "patterns/operator_case.h"
#include "patterns/pattern_readers.h"

namespace spanwise::patterns {
namespace {

using core::Count;
using documents::Context;
using documents::IntegerRange;
using documents::Kind;
using documents::MapReader;
using documents::Node;

const std::array<std::string, 2> kPhases = {"prefill", "decode"};
const std::array<std::string, 3> kTilings = {"static", "dynamic", "flat"};
const std::array<std::string, 2> kCaches = {"warm", "cold"};
const std::array<std::string, 2> kRegimes = {"burst", "sustained"};

constexpr IntegerRange kBatch{1, std::int64_t{1} << 20};
constexpr IntegerRange kHeads{1, std::int64_t{1} << 20};
constexpr IntegerRange kHeadDim{1, 1024};
// No tensor of a case may have more elements, so that flat indices fit 64 bits.
constexpr Count kMaxElements = Count{1} << 62;

// The product of the lengths, or nothing after an error when it exceeds kMaxLength.
std::optional<std::int64_t> bounded_volume(const Lengths& lengths, const Node& node, Context& context,
                                           std::string_view what) {
  Count product = 1;
  for (const auto length : lengths) product = core::saturating_multiply(product, static_cast<Count>(length));
  if (product <= static_cast<Count>(kMaxLength)) return static_cast<std::int64_t>(product);
  context.error(
      node, fmt::format("'{}' is {}, the product of which is out of range", what, fmt::join(lengths, "x")),
      fmt::format("allowed: at most {}", kMaxLength));
  return std::nullopt;
}

Lengths read_box(MapReader& map, std::string_view key) {
  const Node* node = map.find(key);
  if (node == nullptr) return {};
  auto lengths = documents::read_lengths(*node, map.context(), map.path(key), 3, kPositive);
  if (!lengths || !bounded_volume(*lengths, *node, map.context(), map.path(key))) return {};
  return *lengths;
}

// One length a sequence of the batch.
std::vector<std::int64_t> read_ragged(MapReader& map, std::string_view key, std::int64_t batch) {
  std::vector<std::int64_t> lengths;
  for (const auto& item : map.list(key)) {
    lengths.push_back(documents::read_integer(item, map.context(), map.path(key), kPositive).value_or(1));
  }
  const Node* node = map.find(key);
  if (node != nullptr && node->kind == Kind::kList && static_cast<std::int64_t>(lengths.size()) != batch) {
    map.context().contradiction(*node, fmt::format("'{}' has {} lengths, but the batch is {}", map.path(key), lengths.size(), batch), "",
                                map.find("batch"), "'batch' is given here");
    return {};
  }
  return lengths;
}

std::int64_t longest(const std::vector<std::int64_t>& lengths) {
  return lengths.empty() ? 1 : *std::max_element(lengths.begin(), lengths.end());
}

// q_len and kv_len follow from each other, from the grid and from ragged lengths where they are absent.
void read_token_lengths(MapReader& map, Case& value) {
  value.q_lens = read_ragged(map, "q_lens", value.batch);
  value.kv_lens = read_ragged(map, "kv_lens", value.batch);
  value.tokens = read_box(map, "tokens");
  const bool has_q = map.find("q_len") != nullptr || map.find("q_lens") != nullptr;
  const bool has_kv =
      map.find("kv_len") != nullptr || map.find("kv_lens") != nullptr || map.find("tokens") != nullptr;
  if (!has_q && !has_kv && value.op == "attention" && map.is_map()) {
    map.context().error(map.node(), "'case' needs 'q_len', 'kv_len' or 'tokens'");
  }
  value.q_len = map.integer_or("q_len", kPositive, longest(value.q_lens));
  const auto keys = value.tokens.empty() ? longest(value.kv_lens) : volume(value.tokens);
  value.kv_len = map.integer_or("kv_len", kPositive, has_kv ? keys : value.q_len);
  if (!has_q && value.phase == Phase::kPrefill) value.q_len = value.kv_len;
}

void read_shape(MapReader& map, Case& value) {
  value.batch = map.integer_or("batch", kBatch, 1);
  read_token_lengths(map, value);
  value.q_heads = map.integer_or("q_heads", kHeads, 1);
  value.kv_heads = map.integer_or("kv_heads", kHeads, value.q_heads);
  value.head_dim = map.integer_or("head_dim", kHeadDim, value.head_dim);
  value.head_dim_v = map.integer_or("head_dim_v", kHeadDim, value.head_dim);
  value.dtype = map.dtype_or("dtype", value.dtype);
  value.kv_dtype = map.dtype_or("kv_dtype", value.dtype);
}

void read_conditions(MapReader& map, Case& value) {
  value.q_tile = read_box(map, "q_tile");
  value.kv_tile = read_box(map, "kv_tile");
  value.tiling =
      static_cast<Tiling>(map.choice_or("tiling", kTilings, static_cast<std::size_t>(value.tiling)));
  value.page = map.integer_or("page", {0, kMaxLength}, 0);
  value.cache = static_cast<Cache>(map.choice_or("cache", kCaches, static_cast<std::size_t>(value.cache)));
  value.regime =
      static_cast<Regime>(map.choice_or("regime", kRegimes, static_cast<std::size_t>(value.regime)));
  value.seed = static_cast<std::uint64_t>(map.integer_or("seed", {0}, 0));
  if (const Node* params = map.find("params")) {
    if (params->kind == Kind::kMap) {
      value.params = documents::to_json(*params);
    } else {
      map.context().error(*params, "'case.params' must be a map of keys and values");
    }
  }
}

void read_pattern_of(MapReader& map, Case& value) {
  const Node* causal = map.find("causal");
  value.causal = map.boolean_or("causal", false);
  value.pattern = Dense{value.causal};
  if (const Node* node = map.find("pattern"))
    value.pattern = read_pattern(*node, map.context(), value.causal);
  if (value.causal && !is_causal(value.pattern)) {
    map.context().contradiction(
        *causal,
        fmt::format("'case.causal' is true, but the pattern {} is not causal", to_json(value.pattern)),
        "say it in the pattern alone", map.find("pattern"), "the pattern is given here");
  }
  value.causal = is_causal(value.pattern);
}

// Places a contradiction at the first of the keys that the document gives, else at the case, and shows the second one.
void contradict(MapReader& map, std::initializer_list<std::string_view> keys, std::string message,
                std::string hint = {}) {
  std::vector<std::pair<const Node*, std::string_view>> given;
  for (const auto key : keys) {
    if (const Node* node = map.find(key)) given.emplace_back(node, key);
  }
  map.context().contradiction(given.empty() ? map.node() : *given.front().first, std::move(message), std::move(hint),
                              given.size() < 2 ? nullptr : given[1].first,
                              given.size() < 2 ? "" : fmt::format("'{}' is given here", given[1].second));
}

void check_lengths(MapReader& map, const Case& value) {
  if (value.q_heads % value.kv_heads != 0) {
    contradict(map, {"kv_heads", "q_heads"},
               fmt::format("'case.kv_heads' is {}, which does not divide the {} query heads", value.kv_heads,
                           value.q_heads));
  }
  if (longest(value.q_lens) > value.q_len) {
    contradict(map, {"q_lens", "q_len"},
               fmt::format("'case.q_lens' holds {}, beyond q_len {}", longest(value.q_lens), value.q_len));
  }
  if (longest(value.kv_lens) > value.kv_len) {
    contradict(
        map, {"kv_lens", "kv_len"},
        fmt::format("'case.kv_lens' holds {}, beyond kv_len {}", longest(value.kv_lens), value.kv_len));
  }
  if (!value.tokens.empty() && volume(value.tokens) > value.kv_len) {
    contradict(map, {"tokens", "kv_len"},
               fmt::format("the layout {} has {} tokens, beyond kv_len {}", fmt::join(value.tokens, "x"),
                           volume(value.tokens), value.kv_len));
  }
  const auto elements = [&](std::int64_t heads, std::int64_t length) {
    const auto rows =
        core::saturating_multiply(static_cast<Count>(value.batch * heads), static_cast<Count>(length));
    return core::saturating_multiply(rows, static_cast<Count>(std::max(value.head_dim, value.head_dim_v)));
  };
  if (std::max(elements(value.q_heads, value.q_len), elements(value.kv_heads, value.kv_len)) > kMaxElements) {
    contradict(map, {"q_len", "kv_len"}, "a tensor of this case has more than 2^62 elements",
               "reduce batch, heads or lengths");
  }
}

void check_layout(MapReader& map, const Case& value) {
  const auto grid = value.grid();
  if (value.tiling != Tiling::kFlat) {
    for (const auto& [key, tile] :
         {std::pair{"q_tile", &value.q_tile}, std::pair{"kv_tile", &value.kv_tile}}) {
      if (tile->empty() || tile->size() == grid.size()) continue;
      contradict(map, {key, "tokens"},
                 fmt::format("'case.{}' has {} axes, but the layout {} has {}", key, tile->size(),
                             fmt::join(grid, "x"), grid.size()),
                 "only flat tiling takes tiles of another number of axes");
    }
  }
  if (grid.size() > 1 && !value.kv_lens.empty()) {
    contradict(map, {"kv_lens", "tokens"}, "'case.kv_lens' needs a layout of one axis", "give a case for each length");
  }
  // A query before the layout sees nothing where the mask is causal and everything where it is dense; other
  // patterns have no meaning there.
  const bool anywhere = std::holds_alternative<Dense>(value.pattern) ||
                        (std::holds_alternative<SlidingWindow>(value.pattern) && value.causal);
  if (value.q_len > value.kv_len && (grid.size() > 1 || !anywhere)) {
    contradict(
        map, {"q_len", "tokens", "kv_len"},
        fmt::format("'case.q_len' is {}, beyond the {} tokens of the layout", value.q_len, value.kv_len));
  }
  if (std::holds_alternative<TokenSubset>(value.pattern) && (value.extra_tokens() > 0 || value.q_len != value.kv_len)) {
    contradict(map, {"pattern", "tokens", "q_len"}, "a token_subset needs as many queries as keys and no extra tokens");
  }
  auto layouts = std::vector<Lengths>{grid};
  for (const auto length : value.kv_lens) layouts.push_back({length});
  for (const auto& layout : layouts) {
    const auto fits = check_fits(value.pattern, layout);
    if (fits) continue;
    const auto& reason = fits.error().front();
    return contradict(map, {"pattern", "tokens", "kv_len"}, reason.message, reason.hint);
  }
}

}  // namespace

std::string_view name(Phase phase) {
  return kPhases.at(static_cast<std::size_t>(phase));
}
std::string_view name(Tiling tiling) {
  return kTilings.at(static_cast<std::size_t>(tiling));
}
std::string_view name(Cache cache) {
  return kCaches.at(static_cast<std::size_t>(cache));
}
std::string_view name(Regime regime) {
  return kRegimes.at(static_cast<std::size_t>(regime));
}

std::span<const std::string> tiling_names() {
  return kTilings;
}

Case read_case(const Node& node, Context& context) {
  MapReader map(node, context, "case");
  const auto errors_before = context.count();
  Case value;
  value.op = map.text_or("op", value.op);
  value.kernel = map.text_or("kernel", "");
  value.phase = static_cast<Phase>(map.choice_or("phase", kPhases, static_cast<std::size_t>(value.phase)));
  read_shape(map, value);
  read_pattern_of(map, value);
  read_conditions(map, value);
  map.finish();
  // Fields that could not be read, or contradict each other, say nothing new about the rest.
  if (context.count() == errors_before) check_lengths(map, value);
  if (context.count() == errors_before) check_layout(map, value);
  if (context.count() == errors_before && operator_of(value.op)) {
    read_operator(value, map.find("params"), node, context);
  }
  return value;
}

core::Result<Case> parse_case(const std::string& json, std::string file) {
  const auto document = documents::parse_json(json, std::move(file));
  if (!document) return document.error();
  Context context(document->file);
  auto value = read_case(document->root, context);
  if (!context.ok()) return context.take();
  return value;
}

}  // namespace spanwise::patterns

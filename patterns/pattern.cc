// SPDX-License-Identifier: Apache-2.0
#include "patterns/pattern.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/documents/map_reader.h"
#include "core/suggest.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::IntegerRange;
using documents::Kind;
using documents::MapReader;
using documents::Node;

constexpr std::size_t kMaxAxes = 3;
constexpr IntegerRange kPositive{1, kMaxLength};

const std::array<std::string, 3> kKinds = {"dense", "sliding_window", "neighborhood"};
// Words of the grammar that this version cannot count or run.
const std::array<std::string, 10> kLaterKinds = {"strided", "power",   "vertical_slash", "block_mask",
                                                 "routed",  "pyramid", "token_subset",   "permuted",
                                                 "union",   "reuse"};

void refuse_kind(const std::string& word, std::uint32_t line, std::uint32_t column, Context& context) {
  if (std::find(kLaterKinds.begin(), kLaterKinds.end(), word) != kLaterKinds.end()) {
    context.error(line, column, fmt::format("pattern kind '{}' is not supported yet", word),
                  fmt::format("supported: {}", fmt::join(kKinds, ", ")));
  } else {
    context.error(line, column, fmt::format("unknown pattern kind '{}'", word),
                  core::suggestion(word, kKinds));
  }
}

Dense read_dense(const Node& node, Context& context, bool default_causal) {
  if (node.kind == Kind::kNull) return {default_causal};
  MapReader map(node, context, "dense");
  const Dense dense{map.boolean_or("causal", default_causal)};
  map.finish();
  return dense;
}

SlidingWindow read_sliding_window(const Node& node, Context& context) {
  MapReader map(node, context, "sliding_window");
  SlidingWindow window;
  window.window = map.integer("window", kPositive);
  window.sinks = map.integer_or("sinks", {0, kMaxLength}, 0);
  window.causal = map.boolean_or("causal", true);
  map.finish();
  return window;
}

// One length an axis; `absent` on every axis when the key is missing.
Lengths read_per_axis(MapReader& map, std::string_view key, std::size_t axes) {
  Lengths absent(axes, 1);
  const Node* node = map.find(key);
  if (node == nullptr) return absent;
  auto lengths = documents::read_lengths(*node, map.context(), map.path(key), kMaxAxes, kPositive);
  if (!lengths) return absent;
  if (lengths->size() != axes) {
    map.context().error(
        *node, fmt::format("'{}' has {} axes, but the window has {}", map.path(key), lengths->size(), axes));
    return absent;
  }
  return *lengths;
}

std::vector<bool> read_causal_axes(MapReader& map, std::size_t axes) {
  std::vector<bool> absent(axes, false);
  const Node* node = map.find("causal");
  if (node == nullptr) return absent;
  std::vector<bool> causal;
  if (node->kind == Kind::kList) {
    for (const auto& item : node->items) {
      causal.push_back(documents::read_bool(item, map.context(), map.path("causal")).value_or(false));
    }
  } else {
    causal.push_back(documents::read_bool(*node, map.context(), map.path("causal")).value_or(false));
  }
  if (causal.size() == axes) return causal;
  map.context().error(
      *node, fmt::format("'neighborhood.causal' has {} axes, but the window has {}", causal.size(), axes));
  return absent;
}

Neighborhood read_neighborhood(const Node& node, Context& context) {
  MapReader map(node, context, "neighborhood");
  Neighborhood pattern{{}, {1}, {1}, {false}};
  if (const Node* window = map.need("window")) {
    pattern.window = documents::read_lengths(*window, context, map.path("window"), kMaxAxes, kPositive)
                         .value_or(Lengths{});
  }
  const std::size_t axes = pattern.window.size();
  if (axes == 0) {  // an unreadable window says nothing about the other axes
    for (const auto* key : {"stride", "dilation", "causal"}) map.find(key);
    pattern.window = {1};
  } else {
    pattern.stride = read_per_axis(map, "stride", axes);
    pattern.dilation = read_per_axis(map, "dilation", axes);
    pattern.causal = read_causal_axes(map, axes);
    for (std::size_t axis = 0; axis < axes; ++axis) {
      if (pattern.stride[axis] <= pattern.window[axis]) continue;
      context.error(*map.find("stride"),
                    fmt::format("'neighborhood.stride' is {} on axis {}, beyond the window of {}",
                                pattern.stride[axis], axis + 1, pattern.window[axis]),
                    "allowed: 1 <= stride <= window");
    }
  }
  map.finish();
  return pattern;
}

std::string causal_flags(const std::vector<bool>& causal) {
  std::string flags;
  for (const bool axis : causal) flags += axis ? '1' : '0';
  return flags;
}

bool all_ones(const Lengths& lengths) {
  return std::all_of(lengths.begin(), lengths.end(), [](std::int64_t length) { return length == 1; });
}

bool any(const std::vector<bool>& flags) {
  return std::find(flags.begin(), flags.end(), true) != flags.end();
}

// Calls the overload that fits the pattern's kind.
template <class... Calls>
struct Overload : Calls... {
  using Calls::operator()...;
};
template <class... Calls>
Overload(Calls...) -> Overload<Calls...>;

core::Status unfit(std::string message, std::string hint = {}) {
  return core::fail(core::Fault::kInput, std::move(message), std::move(hint));
}

core::Status check_window(const SlidingWindow& pattern, const Lengths& tokens) {
  if (tokens.size() != 1) {
    return unfit(fmt::format("a sliding_window needs one axis, but the layout {} has {}",
                             fmt::join(tokens, "x"), tokens.size()),
                 "use neighborhood with a window an axis");
  }
  if (!pattern.causal && pattern.window > tokens[0]) {
    return unfit(fmt::format("the window of {} exceeds the {} tokens", pattern.window, tokens[0]),
                 "a window that is not causal must fit the layout");
  }
  return core::Done{};
}

core::Status check_neighborhood(const Neighborhood& pattern, const Lengths& tokens) {
  if (tokens.size() != pattern.window.size()) {
    return unfit(fmt::format("the neighborhood has {} axes, but the layout {} has {}", pattern.window.size(),
                             fmt::join(tokens, "x"), tokens.size()));
  }
  for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
    if (pattern.window[axis] <= tokens[axis] / pattern.dilation[axis]) continue;
    return unfit(fmt::format("window {} with dilation {} exceeds the {} tokens of axis {}",
                             pattern.window[axis], pattern.dilation[axis], tokens[axis], axis + 1),
                 "allowed: window * dilation <= tokens on every axis");
  }
  return core::Done{};
}

}  // namespace

Pattern read_pattern(const Node& node, Context& context, bool default_causal) {
  const bool word = node.kind == Kind::kScalar;
  if (word && node.text == kKinds[0]) return Dense{default_causal};
  if (word && std::find(kKinds.begin(), kKinds.end(), node.text) != kKinds.end()) {
    context.error(
        node, fmt::format("pattern kind '{}' needs parameters", node.text),
        "for instance {sliding_window: {window: 4096, sinks: 64}} or {neighborhood: {window: [18, 24, 24]}}");
    return Dense{default_causal};
  }
  if (word) {
    refuse_kind(node.text, node.line, node.column, context);
    return Dense{default_causal};
  }
  if (node.kind != Kind::kMap || node.entries.size() != 1) {
    constexpr auto kHint =
        "write dense, {sliding_window: {window: 4096, sinks: 64}} or {neighborhood: {window: [18, 24, 24]}}";
    if (node.kind == Kind::kMap && node.entries.size() > 1) {
      const auto& second = node.entries[1];
      context.error(second.line, second.column, "a pattern names exactly one kind", kHint);
    } else {
      context.error(node, "a pattern must be the word 'dense' or a map that names its kind", kHint);
    }
    return Dense{default_causal};
  }
  const auto& [kind, line, column, value] = node.entries.front();
  if (kind == kKinds[0]) return read_dense(value, context, default_causal);
  if (kind == kKinds[1]) return read_sliding_window(value, context);
  if (kind == kKinds[2]) return read_neighborhood(value, context);
  refuse_kind(kind, line, column, context);
  return Dense{default_causal};
}

core::Result<Pattern> parse_pattern(const std::string& text, bool default_causal) {
  const auto document = documents::parse_yaml(text, "pattern");
  if (!document) return document.error();
  Context context(document->file);
  auto pattern = read_pattern(document->root, context, default_causal);
  if (!context.ok()) return context.take();
  return pattern;
}

std::string to_json(const Pattern& pattern) {
  const auto list = [](const char* key, const Lengths& lengths) {
    return fmt::format(",\"{}\":[{}]", key, fmt::join(lengths, ","));
  };
  return std::visit(
      Overload{[](const Dense& p) { return fmt::format(R"({{"dense":{{"causal":{}}}}})", p.causal); },
               [](const SlidingWindow& p) {
                 return fmt::format(R"({{"sliding_window":{{"window":{}{}{}}}}})", p.window,
                                    p.sinks == 0 ? "" : fmt::format(",\"sinks\":{}", p.sinks),
                                    p.causal ? "" : ",\"causal\":false");
               },
               [&](const Neighborhood& p) {
                 auto text = list("window", p.window).substr(1);
                 if (!all_ones(p.stride)) text += list("stride", p.stride);
                 if (!all_ones(p.dilation)) text += list("dilation", p.dilation);
                 if (any(p.causal)) text += fmt::format(",\"causal\":[{}]", fmt::join(p.causal, ","));
                 return fmt::format(R"({{"neighborhood":{{{}}}}})", text);
               }},
      pattern);
}

std::string short_name(const Pattern& pattern) {
  return std::visit(Overload{[](const Dense&) { return std::string("dense"); },
                             [](const SlidingWindow& p) {
                               return fmt::format("window{}{}{}", p.window,
                                                  p.sinks == 0 ? "" : fmt::format("+{}", p.sinks),
                                                  p.causal ? "" : "-both");
                             },
                             [](const Neighborhood& p) {
                               auto text = fmt::format("na{}", fmt::join(p.window, "x"));
                               if (!all_ones(p.stride)) text += fmt::format("/{}", fmt::join(p.stride, "x"));
                               if (!all_ones(p.dilation))
                                 text += fmt::format("@{}", fmt::join(p.dilation, "x"));
                               if (any(p.causal)) text += fmt::format("-causal{}", causal_flags(p.causal));
                               return text;
                             }},
                    pattern);
}

bool is_causal(const Pattern& pattern) {
  return std::visit(
      Overload{[](const Dense& p) { return p.causal; }, [](const SlidingWindow& p) { return p.causal; },
               [](const Neighborhood& p) {
                 return std::find(p.causal.begin(), p.causal.end(), false) == p.causal.end();
               }},
      pattern);
}

core::Status check_fits(const Pattern& pattern, const Lengths& tokens) {
  return std::visit(Overload{[](const Dense&) -> core::Status { return core::Done{}; },
                             [&](const SlidingWindow& p) { return check_window(p, tokens); },
                             [&](const Neighborhood& p) { return check_neighborhood(p, tokens); }},
                    pattern);
}

}  // namespace spanwise::patterns

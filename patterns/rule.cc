// SPDX-License-Identifier: Apache-2.0
#include "patterns/rule.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "core/documents/json_text.h"
#include "core/documents/map_reader.h"
#include "patterns/short_form.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::Kind;
using documents::Node;

__extension__ typedef __int128 Wide;

constexpr std::int64_t kScale = 1'000'000'000;  // lengths are kept in billionths
constexpr std::int64_t kCheckedAt = std::int64_t{1} << 20;

struct Elastic {
  std::int64_t constant = 0, slope = 0;  // in units of 1 / kScale
};

// A decimal number below 10^9 in billionths, taken from the front of the text.
std::optional<std::int64_t> take_decimal(std::string_view& text) {
  std::int64_t value = 0;
  std::size_t at = 0, digits = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at, ++digits) {
    if (digits == 9) return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  value *= kScale;
  if (at < text.size() && text[at] == '.') {
    std::int64_t place = kScale;
    for (++at; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at, ++digits) {
      place /= 10;
      if (place == 0) return std::nullopt;
      value += place * (text[at] - '0');
    }
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(at);
  return value;
}

// "1024 + 0.25*n" with at least one n; nothing for any other text.
std::optional<Elastic> parse_elastic(const Node& node) {
  if (node.kind != Kind::kScalar || node.text.find('n') == std::string::npos || node.text.size() > 64) return std::nullopt;
  std::string packed = node.text;
  std::erase(packed, ' ');
  std::string_view text = packed;
  Elastic elastic;
  bool found = false;
  for (std::int64_t sign = 1;;) {
    auto factor = take_decimal(text);
    const bool times = factor && text.starts_with("*n");
    const bool alone = !factor && text.starts_with('n');
    if (!factor && !alone) return std::nullopt;
    text.remove_prefix(times ? 2 : alone ? 1 : 0);
    (times || alone ? elastic.slope : elastic.constant) += sign * factor.value_or(kScale);
    found = found || times || alone;
    if (text.empty()) break;
    if (text.front() != '+' && text.front() != '-') return std::nullopt;
    sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
  }
  return found ? std::optional(elastic) : std::nullopt;
}

// In blocks of `block`, rounded down, at least one block.
std::int64_t length_at(const Elastic& elastic, std::int64_t n, std::int64_t block) {
  const Wide value = Wide{elastic.constant} + Wide{elastic.slope} * n;
  const Wide blocks = std::max<Wide>(1, value / (Wide{kScale} * block));
  // Beyond kMaxLength the reader complains.
  return static_cast<std::int64_t>(std::min<Wide>(blocks * block, Wide{kMaxLength} * 4));
}

std::int64_t block_of(const Node& map) {
  for (const auto& entry : map.entries) {
    if (entry.key != "block" || entry.value.kind != Kind::kScalar) continue;
    Context quiet("");
    return documents::read_integer(entry.value, quiet, "block", {1, kMaxLength}).value_or(1);
  }
  return 1;
}

// Replaces elastic lengths; returns whether there were any. `block` is the one that window and sinks are rounded to.
bool settle(Node& node, std::int64_t n, std::int64_t block) {
  if (const auto elastic = parse_elastic(node)) {
    node.text = fmt::format("{}", length_at(*elastic, n, block));
    node.quoted = false;
    return true;
  }
  bool found = false;
  for (auto& item : node.items) found = settle(item, n, 1) || found;
  for (auto& entry : node.entries) {
    if (entry.key == "source" || entry.key == "selector" || entry.key == "file") continue;
    const bool rounded = entry.key == "window" || entry.key == "sinks";
    const std::int64_t inner = entry.key == "sliding_window" ? block_of(entry.value) : rounded ? block : 1;
    found = settle(entry.value, n, inner) || found;
  }
  return found;
}

}  // namespace

Rule::Rule(const Pattern& pattern) {
  node_ = *parse_pattern_node(patterns::to_json(pattern));
}

core::Result<Pattern> Rule::at(std::int64_t n) const {
  Node node = node_;
  settle(node, n, 1);
  Context context(file_);
  auto pattern = read_pattern(node, context, default_causal_);
  if (!context.ok()) return context.take();
  return pattern;
}

std::string Rule::to_json() const {
  if (!elastic_) {
    if (const auto pattern = at(1)) return patterns::to_json(*pattern);
  }
  return documents::to_json(node_);
}

Rule read_rule(const Node& node, Context& context, bool default_causal) {
  Rule rule;
  rule.node_ = node;
  rule.file_ = context.file();
  rule.default_causal_ = default_causal;
  Node sample = node;
  rule.elastic_ = settle(sample, kCheckedAt, 1);
  read_pattern(sample, context, default_causal);
  return rule;
}

core::Result<Rule> parse_rule(const std::string& text, bool default_causal) {
  const auto node = parse_pattern_node(text);
  if (!node) return node.error();
  Context context("pattern");
  auto rule = read_rule(*node, context, default_causal);
  if (!context.ok()) return context.take();
  return rule;
}

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
#include "measure/suite_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/suggest.h"

namespace spanwise::measure {
namespace {

using documents::Context;
using documents::Kind;
using documents::MapReader;
using documents::Node;

enum class Scale { kLinear, kLog, kPowersOfTwo };

Node scalar_at(const Node& place, std::string text) {
  Node node;
  node.kind = Kind::kScalar;
  node.line = place.line;
  node.column = place.column;
  node.text = std::move(text);
  return node;
}

// Whole numbers between whole ends; else four digits, so that a case's name says all of its value.
std::string text_of(double value, bool whole) { return whole ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value); }

double step_value(double from, double to, Scale scale, std::int64_t step, std::int64_t steps) {
  if (scale == Scale::kPowersOfTwo) return std::ldexp(from, static_cast<int>(step));
  const double share = static_cast<double>(step) / static_cast<double>(steps - 1);
  return scale == Scale::kLog ? from * std::pow(to / from, share) : from + (to - from) * share;
}

std::vector<Node> read_range(const Node& node, Context& context, std::size_t limit) {
  static const std::vector<std::string> kScales = {"linear", "log", "powers_of_two"};
  constexpr documents::NumberRange kAny{-1e15, 1e15};
  const auto errors = context.count();
  MapReader map(node, context, "range");
  const double from = map.number("from", kAny), to = map.number("to", kAny);
  const auto scale = static_cast<Scale>(map.choice_or("scale", kScales, 0));
  const bool doubles = scale == Scale::kPowersOfTwo;
  std::int64_t steps = doubles ? map.integer_or("steps", {2, 10'000}, 0) : map.integer("steps", {2, 10'000});
  map.finish();
  if (context.count() > errors) return {};
  if (doubles && steps != 0) context.error(*map.find("steps"), "a range of powers of two has no 'steps'", "it doubles 'from' until 'to'");
  if (!(from < to)) context.error(node, "a range must rise", "give 'from' below 'to'");
  if (scale != Scale::kLinear && from <= 0) context.error(*map.find("from"), "a range on this scale starts above 0", "scale: linear takes any numbers");
  if (context.count() > errors) return {};
  if (doubles) steps = static_cast<std::int64_t>(std::floor(std::log2(to / from) + 1e-9)) + 1;
  const bool whole = from == std::floor(from) && to == std::floor(to);
  std::vector<Node> values;
  for (std::int64_t step = 0; step < std::min(steps, static_cast<std::int64_t>(limit) + 1); ++step) {
    auto text = text_of(step_value(from, to, scale, step, steps), whole);
    if (!values.empty() && values.back().text == text) {
      context.error(node, fmt::format("two steps of the range are {}", text), "fewer steps");
      return {};
    }
    values.push_back(scalar_at(node, std::move(text)));
  }
  return values;
}

std::vector<Node> read_values(const Node& node, Context& context, const std::string& path, std::size_t limit) {
  if (node.kind == Kind::kMap) return read_range(node, context, limit);
  if (node.kind != Kind::kList || node.items.empty()) {
    context.error(node, fmt::format("the axis '{}' needs a list of values or a range", path), "[512, 1024], or {from: 512, to: 8192, scale: powers_of_two}");
    return {};
  }
  for (auto item = node.items.begin(); item != node.items.end(); ++item) {
    if (item->kind != Kind::kScalar) {
      context.error(*item, fmt::format("a value of the axis '{}' must be a number or a text", path), "lengths are written 4x8x8");
    } else if (std::any_of(node.items.begin(), item, [&](const Node& earlier) { return earlier.text == item->text; })) {
      context.error(*item, fmt::format("'{}' stands twice in the axis '{}'", item->text, path));
    }
  }
  return node.items;
}

void shorten_keys(std::vector<Axis>& axes) {
  const auto last_part = [](const Axis& axis) { return axis.path.substr(axis.path.rfind('.') + 1); };
  for (auto& axis : axes) {
    const auto alike = std::count_if(axes.begin(), axes.end(), [&](const Axis& other) { return last_part(other) == last_part(axis); });
    axis.key = alike > 1 ? axis.path : last_part(axis);
  }
}

// Puts `value` at `path`; only the last key may be new.
bool put(Node& shape, const Axis& axis, const Node& value, Context& context) {
  Node* at = &shape;
  for (std::size_t start = 0;;) {
    const auto dot = axis.path.find('.', start);
    const auto key = axis.path.substr(start, dot - start);
    const auto found = std::find_if(at->entries.begin(), at->entries.end(), [&](const documents::Entry& entry) { return entry.key == key; });
    const bool last = dot == std::string::npos;
    if (at->kind == Kind::kMap && last) {
      if (found != at->entries.end()) found->value = value;
      else at->entries.push_back({key, axis.line, axis.column, value});
      return true;
    }
    if (at->kind != Kind::kMap || found == at->entries.end()) {
      std::vector<std::string> keys;
      for (const auto& entry : at->entries) keys.push_back(entry.key);
      auto hint = core::suggestion(key, keys);
      context.error(axis.line, axis.column, fmt::format("the case has no '{}' for the axis '{}'", axis.path.substr(0, dot), axis.path),
                    hint.empty() ? "all but the last key of an axis stand in the case" : hint);
      return false;
    }
    at = &found->value;
    start = dot + 1;
  }
}

}  // namespace

std::vector<Axis> read_axes(const Node& axes, Context& context, std::size_t limit) {
  if (axes.kind != Kind::kMap || axes.entries.empty()) {
    context.error(axes, "'axes' must be a map of keys of the case and their values", "axes: {q_len: [4096, 16384]}");
    return {};
  }
  std::vector<Axis> found;
  std::size_t product = 1;
  for (const auto& entry : axes.entries) {
    Axis axis{entry.key, "", entry.line, entry.column, read_values(entry.value, context, entry.key, limit)};
    if (axis.values.empty()) return {};
    if (axis.values.size() > limit / product) {
      context.error(axes, fmt::format("the axes make more than {} cases", limit), "a suite has no more");
      return {};
    }
    product *= axis.values.size();
    found.push_back(std::move(axis));
  }
  shorten_keys(found);
  return found;
}

std::vector<Combination> combinations(const Node& shape, const std::vector<Axis>& axes, Context& context) {
  std::vector<Combination> made{{{}, "", shape}};
  for (const auto& axis : axes) {
    std::vector<Combination> longer;
    for (const auto& shorter : made) {
      for (const auto& value : axis.values) {
        auto next = shorter;
        if (!put(next.shape, axis, value, context)) return {};
        next.values.emplace_back(axis.key, value.text);
        next.suffix += fmt::format("/{}={}", axis.key, value.text);
        longer.push_back(std::move(next));
      }
    }
    made = std::move(longer);
  }
  return made;
}

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
#include "core/documents/map_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/suggest.h"

namespace spanwise::documents {
namespace {

// At most `bytes` of the text, without a piece of a letter at the end.
std::string first_letters(const std::string& text, std::size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      break;
  }
  const auto shown = node.text.size() > 40 ? first_letters(node.text, 40) + "..." : node.text;
  return node.quoted ? fmt::format("the text '{}'", shown) : fmt::format("'{}'", shown);
}

void mismatch(const Node& node, Context& context, std::string_view what, std::string_view expected, std::string hint) {
  context.error(node, fmt::format("'{}' must be {}, not {}", what, expected, describe(node)), std::move(hint));
}

constexpr const char* kWithoutQuotes = "write it without quotes: what stands in quotes is text";

std::string range_text(IntegerRange range) {
  const bool low = range.low != std::numeric_limits<std::int64_t>::min();
  const bool high = range.high != std::numeric_limits<std::int64_t>::max();
  if (low && high) return fmt::format("from {} to {}", range.low, range.high);
  if (low) return fmt::format("at least {}", range.low);
  return fmt::format("at most {}", range.high);
}

std::string range_text(NumberRange range) {
  const bool low = range.low != -std::numeric_limits<double>::max();
  const bool high = range.high != std::numeric_limits<double>::max();
  if (low && high) return fmt::format("from {} to {}", range.low, range.high);
  if (low) return fmt::format("at least {}", range.low);
  return fmt::format("at most {}", range.high);
}

template <class Range>
std::string allowed_hint(const Range& range) {
  const bool any = range.low == Range{}.low && range.high == Range{}.high;
  return any ? "for example 0, 12 or -3" : fmt::format("allowed: {}", range_text(range));
}

// "010" is 8 to some readers and 10 to others, so a number has no zero before another digit.
bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

bool is_decimal_integer(std::string_view text) {
  if (has_leading_zero(text)) return false;
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "30x48x80" as a list of at most `limit` scalars, each with its own column for messages.
std::vector<Node> split_lengths(const Node& node, std::size_t limit) {
  std::vector<Node> parts;
  for (std::size_t start = 0; start <= node.text.size() && parts.size() < limit;) {
    const auto end = std::min(node.text.find('x', start), node.text.size());
    Node part;
    part.kind = Kind::kScalar;
    part.line = node.line;
    part.column = node.column + static_cast<std::uint32_t>(start) + (node.quoted ? 1 : 0);
    part.text = node.text.substr(start, end - start);
    parts.push_back(std::move(part));
    start = end + 1;
  }
  return parts;
}

}  // namespace

void Context::error(const Node& at, std::string message, std::string hint) {
  error(at.line, at.column, std::move(message), std::move(hint));
}

void Context::error(std::uint32_t line, std::uint32_t column, std::string message, std::string hint) {
  error({core::Fault::kInput, {file_, line, column}, std::move(message), std::move(hint), {}});
}

void Context::contradiction(const Node& at, std::string message, std::string hint, const Node* other, std::string note) {
  core::Diagnostic diagnostic{core::Fault::kInput, {file_, at.line, at.column}, std::move(message), std::move(hint), {}};
  if (other != nullptr) diagnostic.notes.push_back({{file_, other->line, other->column}, std::move(note)});
  error(std::move(diagnostic));
}

void Context::error(core::Diagnostic diagnostic) {
  if (errors_.size() < kMaxErrors) errors_.push_back(std::move(diagnostic));
}

void Context::replace(std::size_t index, core::Diagnostic diagnostic) {
  if (index < errors_.size()) errors_[index] = std::move(diagnostic);
}

std::optional<std::int64_t> read_integer(const Node& node, Context& context, std::string_view what,
                                         IntegerRange range) {
  std::int64_t value = 0;
  if (node.kind != Kind::kScalar || node.quoted || !is_decimal_integer(node.text)) {
    const bool only_quoted = node.quoted && is_decimal_integer(node.text);
    mismatch(node, context, what, "a decimal integer", only_quoted ? kWithoutQuotes : allowed_hint(range));
    return std::nullopt;
  }
  const auto* end = node.text.data() + node.text.size();
  const auto [rest, error] = std::from_chars(node.text.data(), end, value);
  if (error != std::errc{} || rest != end || value < range.low || value > range.high) {
    context.error(node, fmt::format("'{}' is {}, which is out of range", what, node.text),
                  fmt::format("allowed: {}", range_text(range)));
    return std::nullopt;
  }
  return value;
}

std::optional<double> read_number(const Node& node, Context& context, std::string_view what,
                                  NumberRange range) {
  double value = 0;
  const auto* begin = node.text.data();
  const auto* end = begin + node.text.size();
  if (node.kind == Kind::kScalar && !node.quoted && !has_leading_zero(node.text)) {
    const auto [rest, error] = std::from_chars(begin, end, value);
    if (rest == end && error == std::errc::result_out_of_range) {
      context.error(node, fmt::format("'{}' is {}, which is out of range", what, node.text), allowed_hint(range));
      return std::nullopt;
    }
    if (error == std::errc{} && rest == end && std::isfinite(value)) {
      if (value >= range.low && value <= range.high) return value;
      context.error(node, fmt::format("'{}' is {}, which is out of range", what, node.text),
                    fmt::format("allowed: {}", range_text(range)));
      return std::nullopt;
    }
  }
  mismatch(node, context, what, "a finite number", allowed_hint(range));
  return std::nullopt;
}

std::optional<bool> read_bool(const Node& node, Context& context, std::string_view what) {
  if (node.kind == Kind::kScalar && !node.quoted && node.text == "true") return true;
  if (node.kind == Kind::kScalar && !node.quoted && node.text == "false") return false;
  mismatch(node, context, what, "true or false", "allowed: true, false (in lower case and without quotes)");
  return std::nullopt;
}

std::optional<std::string> read_text(const Node& node, Context& context, std::string_view what) {
  if (node.kind == Kind::kScalar && !node.text.empty()) return node.text;
  mismatch(node, context, what, "a text", "write a word, or words in quotes");
  return std::nullopt;
}

std::optional<double> read_quantity(const Node& node, Context& context, std::string_view what,
                                    const core::UnitKind& kind) {
  if (node.kind == Kind::kScalar) {
    if (const auto value = core::parse_quantity(node.text, kind)) return *value;
  }
  std::vector<std::string_view> units;
  for (const auto& suffix : kind.suffixes) units.push_back(suffix.text);
  mismatch(node, context, what, fmt::format("a {} such as '{}'", kind.name, kind.example),
           fmt::format("write a number and its unit; allowed: {}", fmt::join(units, ", ")));
  return std::nullopt;
}

std::optional<std::size_t> read_choice(const Node& node, Context& context, std::string_view what,
                                       std::span<const std::string> allowed) {
  if (node.kind == Kind::kScalar) {
    const auto found = std::find(allowed.begin(), allowed.end(), node.text);
    if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
  }
  context.error(node, fmt::format("'{}' cannot be {}", what, describe(node)),
                core::suggestion(node.text, allowed));
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> read_lengths(const Node& node, Context& context,
                                                      std::string_view what, std::size_t max_axes,
                                                      IntegerRange range) {
  const bool written_out = node.kind == Kind::kScalar;
  const auto split = written_out ? split_lengths(node, max_axes + 1) : std::vector<Node>{};
  const auto& parts = written_out ? split : node.items;
  if (parts.empty() || parts.size() > max_axes) {
    mismatch(node, context, what, fmt::format("lengths such as 4096 or 30x48x80 (1 to {} axes)", max_axes),
             fmt::format("allowed: 1 to {} integers", max_axes));
    return std::nullopt;
  }
  std::vector<std::int64_t> lengths;
  for (const auto& part : parts) {
    const auto value = read_integer(part, context, what, range);
    if (!value) return std::nullopt;
    lengths.push_back(*value);
  }
  return lengths;
}

MapReader::MapReader(const Node& node, Context& context, std::string what)
    : node_(node), context_(context), what_(std::move(what)) {
  if (node_.kind != Kind::kMap) mismatch(node_, context_, what_, "a map of keys and values", "write {key: value}, or a line for each key");
}

const Node* MapReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const auto& entry : node_.entries) {
    if (entry.key == key) return entry.value.kind == Kind::kNull ? nullptr : &entry.value;
  }
  return nullptr;
}

const Node* MapReader::need(std::string_view key) {
  const Node* node = find(key);
  if (node != nullptr || !is_map()) return node;
  for (const auto& entry : node_.entries) {
    if (entry.key != key) continue;
    context_.error(entry.line, entry.column, fmt::format("'{}' has no value", path(key)), "write a value behind the ':'");
    return nullptr;
  }
  missing_.push_back({std::string(key), context_.count()});
  context_.error(node_, fmt::format("'{}' needs the key '{}'", what_, key), fmt::format("add '{}' with its value", key));
  return nullptr;
}

std::string MapReader::path(std::string_view key) const {
  std::string path = what_;
  path += '.';
  return path += key;
}

std::string MapReader::text(std::string_view key) {
  const Node* node = need(key);
  return node == nullptr ? std::string{} : read_text(*node, context_, path(key)).value_or("");
}

std::string MapReader::text_or(std::string_view key, std::string fallback) {
  const Node* node = find(key);
  return node == nullptr ? fallback : read_text(*node, context_, path(key)).value_or(fallback);
}

std::int64_t MapReader::integer(std::string_view key, IntegerRange range) {
  const Node* node = need(key);
  const auto harmless = std::clamp<std::int64_t>(1, range.low, range.high);
  return node == nullptr ? harmless : read_integer(*node, context_, path(key), range).value_or(harmless);
}

std::int64_t MapReader::integer_or(std::string_view key, IntegerRange range, std::int64_t fallback) {
  const Node* node = find(key);
  return node == nullptr ? fallback : read_integer(*node, context_, path(key), range).value_or(fallback);
}

double MapReader::number(std::string_view key, NumberRange range) {
  const Node* node = need(key);
  const double harmless = std::clamp(1.0, range.low, range.high);
  return node == nullptr ? harmless : read_number(*node, context_, path(key), range).value_or(harmless);
}

double MapReader::number_or(std::string_view key, NumberRange range, double fallback) {
  const Node* node = find(key);
  return node == nullptr ? fallback : read_number(*node, context_, path(key), range).value_or(fallback);
}

bool MapReader::boolean_or(std::string_view key, bool fallback) {
  const Node* node = find(key);
  return node == nullptr ? fallback : read_bool(*node, context_, path(key)).value_or(fallback);
}

std::size_t MapReader::choice(std::string_view key, std::span<const std::string> allowed) {
  const Node* node = need(key);
  return node == nullptr ? 0 : read_choice(*node, context_, path(key), allowed).value_or(0);
}

std::size_t MapReader::choice_or(std::string_view key, std::span<const std::string> allowed,
                                 std::size_t fallback) {
  const Node* node = find(key);
  return node == nullptr ? fallback : read_choice(*node, context_, path(key), allowed).value_or(fallback);
}

core::DType MapReader::dtype_or(std::string_view key, core::DType fallback) {
  return static_cast<core::DType>(choice_or(key, core::dtype_names(), static_cast<std::size_t>(fallback)));
}

double MapReader::quantity_of(const Node& node, std::string_view key, const core::UnitKind& kind) {
  return read_quantity(node, context_, path(key), kind).value_or(0.0);
}

std::span<const Node> MapReader::list(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr) return {};
  if (node->kind != Kind::kList) {
    mismatch(*node, context_, path(key), "a list", "write [a, b], or a line with '- ' for each item");
    return {};
  }
  return node->items;
}

void MapReader::finish() {
  for (const auto& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    core::Diagnostic unknown{core::Fault::kInput,
                             {context_.file(), entry.line, entry.column},
                             fmt::format("unknown key '{}' in '{}'", entry.key, what_),
                             core::suggestion(entry.key, known_)};
    const auto near = core::nearest(entry.key, known_);
    const auto missing =
        std::find_if(missing_.begin(), missing_.end(), [&](const Missing& m) { return m.key == near; });
    if (missing == missing_.end()) {
      context_.error(std::move(unknown));
    } else {
      // A needed key that is only misspelled is one mistake, and its place is the misspelling.
      context_.replace(missing->error, std::move(unknown));
      missing_.erase(missing);
    }
  }
}

}  // namespace spanwise::documents

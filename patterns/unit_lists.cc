// SPDX-License-Identifier: Apache-2.0
#include "patterns/unit_lists.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "core/file.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::Kind;
using documents::MapReader;
using documents::Node;

constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 30;
// A range is written in a few letters and may stand for any number of units.
constexpr std::size_t kMaxUnits = std::size_t{1} << 27;
constexpr auto kUnitHint = "a unit is a number from 0 to 1099511627776, a range of units is a-b";

core::Diagnostics bad_unit(const std::string& file, std::size_t line, std::size_t column, std::string message) {
  return {{core::Fault::kInput, {file, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)},
           std::move(message), kUnitHint}};
}

// Reads "12" or "12-15" from the front of the text, which loses it.
bool take_range(std::string_view& text, std::int64_t& low, std::int64_t& high) {
  const auto take = [&text](std::int64_t& value) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0 || value > kMaxLength || text.front() == '-') return false;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    return true;
  };
  if (text.empty() || !take(low)) return false;
  high = low;
  if (!text.starts_with('-')) return true;
  text.remove_prefix(1);
  return !text.empty() && take(high) && high >= low;
}

bool ascends(std::span<const std::int64_t> units) {
  return std::adjacent_find(units.begin(), units.end(), [](auto a, auto b) { return a >= b; }) == units.end();
}

bool distinct(std::vector<std::int64_t> units) {
  std::sort(units.begin(), units.end());
  return ascends(units);
}

void check_order(const std::vector<std::int64_t>& units, const Node& node, Context& context, std::string_view what,
                 bool ascending) {
  if (ascending ? ascends(units) : distinct(units)) return;
  context.error(node, fmt::format("'{}' must be {}", what, ascending ? "ascending, without repeats" : "without repeats"));
}

core::Result<UnitRows> load(const std::string& path) {
  const auto text = core::read_file(path, kMaxFile);
  if (!text) return text.error();
  return parse_unit_rows(*text, path);
}

// The rows of the file, or empty ones after an error at the node or in the file.
UnitRows load_at(const Node& path, Context& context) {
  auto rows = load(path.text);
  if (rows) return std::move(*rows);
  auto reason = rows.error().front();
  if (reason.place.line > 0) {
    context.error(std::move(reason));
  } else {
    context.error(path, reason.message + " '" + path.text + "'", reason.hint);
  }
  return {};
}

UnitRows read_rows(const Node& list, Context& context, const std::string& what) {
  UnitRows rows;
  if (list.kind != Kind::kList) {
    context.error(list, fmt::format("'{}' must be a list of lists of units, one a row", what));
    return rows;
  }
  for (const auto& row : list.items) {
    const auto units = read_units(row, context, what, true);
    rows.units.insert(rows.units.end(), units.begin(), units.end());
    rows.first.push_back(rows.units.size());
  }
  return rows;
}

UnitRows read_row_file(const Node& path, Context& context) {
  auto rows = load_at(path, context);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (ascends({rows.units.data() + rows.first[row], rows.units.data() + rows.first[row + 1]})) continue;
    context.error({core::Fault::kInput, {path.text, static_cast<std::uint32_t>(row + 1), 1},
                   "the units of this row must ascend, without repeats", {}});
    break;
  }
  return rows;
}

}  // namespace

core::Result<UnitRows> parse_unit_rows(std::string_view text, const std::string& file) {
  UnitRows rows;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    std::string_view rest = whole.substr(0, whole.find('#'));
    text.remove_prefix(std::min(end + 1, text.size()));
    for (;;) {
      const auto next = rest.find_first_not_of(" \t\r");
      if (next == std::string_view::npos) break;
      rest.remove_prefix(next);
      const auto column = static_cast<std::size_t>(rest.data() - whole.data()) + 1;
      std::int64_t low = 0, high = 0;
      const bool read = take_range(rest, low, high);
      if (!read || (!rest.empty() && rest.find_first_of(" \t\r") != 0)) {
        return bad_unit(file, line, column, "this is not a unit");
      }
      if (static_cast<std::uint64_t>(high - low) >= kMaxUnits - rows.units.size()) {
        return bad_unit(file, line, column, fmt::format("the file lists more than {} units", kMaxUnits));
      }
      for (std::int64_t unit = low; unit <= high; ++unit) rows.units.push_back(unit);
    }
    rows.first.push_back(rows.units.size());
  }
  return rows;
}

std::optional<Selection> read_selection(MapReader& map) {
  const Node* list = map.find("list");
  const Node* file = map.find("file");
  if (list == nullptr && file == nullptr) return std::nullopt;
  if (list != nullptr && file != nullptr) {
    map.context().contradiction(*file, "'list' and 'file' exclude each other", "keep one of them", list, "'list' is given here");
  }
  Selection selection;
  if (list != nullptr) {
    selection.rows = std::make_shared<const UnitRows>(read_rows(*list, map.context(), map.path("list")));
  } else {
    selection.file = map.text("file");
    selection.rows = std::make_shared<const UnitRows>(read_row_file(*file, map.context()));
  }
  if (selection.rows->rows() == 0) {
    map.context().error(list != nullptr ? *list : *file, "the selection has no rows");
    return std::nullopt;
  }
  return selection;
}

std::vector<std::int64_t> read_units(const Node& node, Context& context, std::string_view what, bool ascending) {
  std::vector<std::int64_t> units;
  if (node.kind != Kind::kList) {
    context.error(node, fmt::format("'{}' must be a list of units", what));
    return units;
  }
  for (const auto& item : node.items) {
    const auto unit = documents::read_integer(item, context, what, {0, kMaxLength});
    if (!unit) return {};
    units.push_back(*unit);
  }
  check_order(units, node, context, what, ascending);
  return units;
}

std::vector<std::int64_t> read_unit_file(const Node& path, Context& context, std::string_view what, bool ascending) {
  auto units = load_at(path, context).units;
  check_order(units, path, context, what, ascending);
  return units;
}

}  // namespace spanwise::patterns

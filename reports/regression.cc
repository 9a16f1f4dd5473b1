// SPDX-License-Identifier: Apache-2.0
#include "reports/regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "reports/markdown.h"
#include "reports/terminal.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kWorstFirst = {"wrong", "missing", "slower", "ambiguous", "faster", "same"};

std::size_t verdict_rank(const std::string& verdict) {
  return static_cast<std::size_t>(std::find(kWorstFirst.begin(), kWorstFirst.end(), verdict) - kWorstFirst.begin());
}

std::vector<RegressionRow> worst_first(const Regression& regression) {
  auto rows = regression.rows;
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return verdict_rank(a.verdict) < verdict_rank(b.verdict); });
  if (regression.together) rows.push_back(*regression.together);
  return rows;
}

Cell factor_cell(const std::optional<double>& value) {
  return value ? Cell(fmt::format("{:.3f}", *value), *value) : Cell("-");
}

Cell interval_cell(const RegressionRow& row) {
  return row.low && row.high ? Cell(fmt::format("{:.3f}..{:.3f}", *row.low, *row.high)) : Cell("-");
}

Cell rounds_cell(const RegressionRow& row) {
  if (row.rounds == 0) return "-";
  return row.set_aside == 0 ? fmt::format("{}", row.rounds) : fmt::format("{}-{}", row.rounds, row.set_aside);
}

std::string regression_heading(const Regression& regression) {
  return fmt::format("{}: {} against {}", regression.suite, regression.candidate, regression.baseline);
}

ordered_json regression_row_json(const RegressionRow& row) {
  ordered_json one = {{"name", row.name}, {"verdict", row.verdict}};
  if (row.ratio) one["ratio"] = *row.ratio;
  if (row.low && row.high) one["interval"] = {*row.low, *row.high};
  if (row.baseline_ms > 0) one["baseline_ms"] = row.baseline_ms;
  if (row.candidate_ms > 0) one["candidate_ms"] = row.candidate_ms;
  one["rounds"] = row.rounds;
  one["set_aside"] = row.set_aside;
  one["failed"] = row.failed;
  one["reason"] = row.reason;
  return one;
}

}  // namespace

Table regression_table(const Regression& regression) {
  Table table;
  table.columns = {{"name", {.header = "case", .numeric = false}},
                   {"verdict", {.header = "verdict", .numeric = false}},
                   {"ratio", {.header = "ratio"}},
                   {"interval", {.header = "interval", .numeric = false}},
                   {"baseline_ms", {.header = "baseline ms", .short_header = "base ms", .drop_rank = 3}},
                   {"candidate_ms", {.header = "candidate ms", .short_header = "cand ms", .drop_rank = 2}},
                   {"rounds", {.header = "rounds", .drop_rank = 1}},
                   {"reason", {.header = "reason", .numeric = false, .sentence = true}}};
  for (const auto& row : worst_first(regression)) {
    const auto ms = [](double value) { return value > 0 ? Cell(fmt::format("{:.3f}", value), value) : Cell("-"); };
    table.rows.push_back({row.name, row.verdict, factor_cell(row.ratio), interval_cell(row), ms(row.baseline_ms), ms(row.candidate_ms),
                          rounds_cell(row), row.reason});
  }
  return table;
}

std::string regression_summary(const Regression& regression) {
  std::string text = counted(static_cast<long long>(regression.rows.size()), "case") + ":";
  const char* separator = " ";
  for (const auto verdict : kWorstFirst) {
    const auto count = std::count_if(regression.rows.begin(), regression.rows.end(), [&](const auto& row) { return row.verdict == verdict; });
    if (count == 0) continue;
    text += fmt::format("{}{} {}", separator, count, verdict);
    separator = ", ";
  }
  return text;
}

std::string render_terminal(const Regression& regression, int columns, bool color) {
  const auto width = static_cast<std::size_t>(std::max(columns, 20));
  std::string text;
  const auto add = [&](const std::string& sentence) {
    for (const auto& line : wrap(ascii_only(sentence), width)) text += line + "\n";
  };
  add(regression_heading(regression));
  if (!regression.note.empty()) add("note: " + regression.note);
  text += "\n" + render_terminal(regression_table(regression), columns, color) + "\n";
  add(regression_summary(regression));
  add(regression.rule);
  return text;
}

std::string render_markdown(const Regression& regression) {
  auto text = fmt::format("### {}\n\n**{}**\n\n", markdown_text(regression_heading(regression)), markdown_text(regression_summary(regression)));
  if (!regression.note.empty()) text += fmt::format("> {}\n\n", markdown_text(regression.note));
  return text + render_markdown(regression_table(regression)) + fmt::format("\n{}\n", markdown_text(regression.rule));
}

bool failed(const Regression& regression) {
  return (regression.together && regression.together->failed) ||
         std::any_of(regression.rows.begin(), regression.rows.end(), [](const auto& row) { return row.failed; });
}

std::string render_json(const Regression& regression) {
  ordered_json rows = ordered_json::array();
  for (const auto& row : regression.rows) rows.push_back(regression_row_json(row));
  ordered_json object = {{"schema", "spanwise/check"},
                         {"schema_version", 1},
                         {"suite", regression.suite},
                         {"baseline", regression.baseline},
                         {"candidate", regression.candidate},
                         {"summary", regression_summary(regression)},
                         {"rule", regression.rule}};
  if (!regression.note.empty()) object["note"] = regression.note;
  object["cases"] = rows;
  if (regression.together) object["together"] = regression_row_json(*regression.together);
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string render_annotations(const Regression& regression, bool failing) {
  constexpr std::size_t kShown = 10;
  // Percent first: it introduces the escapes of the others.
  const auto escaped = [](const std::string& text, bool property) {
    std::string out;
    for (const char c : printable_utf8(text)) {
      if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      } else {
        out += c;
      }
    }
    return out;
  };
  std::string text;
  std::size_t shown = 0;
  for (const auto& row : worst_first(regression)) {
    if (shown == kShown) break;
    if (!row.failed && row.verdict != "ambiguous") continue;
    auto message = fmt::format("{}: {}", row.verdict, row.reason);
    if (row.ratio && row.low && row.high) message += fmt::format(" (ratio {:.3f}, {:.3f} to {:.3f})", *row.ratio, *row.low, *row.high);
    text += fmt::format("::{} title={}::{}\n", row.failed && failing ? "error" : "warning",
                        escaped(fmt::format("{} / {}", regression.suite, row.name), true), escaped(message, false));
    ++shown;
  }
  return text;
}

}  // namespace spanwise::reports

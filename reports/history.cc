// SPDX-License-Identifier: Apache-2.0
#include "reports/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/markdown.h"
#include "reports/table.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kShownOfACommit = 7;

std::string commit_cell(const std::string& commit) { return commit.empty() ? "?" : commit.substr(0, kShownOfACommit); }

Table steps_table(const HistoryGroup& group) {
  Table table;
  table.columns = {{"name", {.header = "case", .numeric = false}},
                   {"when", {.header = "when", .numeric = false}},
                   {"commits", {.header = "commits", .numeric = false}},
                   {"ratio", {.header = "ratio"}},
                   {"interval", {.header = "interval", .numeric = false, .drop_rank = 1}},
                   {"before_ms", {.header = "ms before", .drop_rank = 3}},
                   {"after_ms", {.header = "ms after", .drop_rank = 2}},
                   {"runs", {.header = "runs", .numeric = false}},
                   {"reason", {.header = "reason", .numeric = false, .sentence = true}}};
  for (const auto& step : group.steps) {
    table.rows.push_back({step.name, step.when.substr(0, 10), commit_cell(step.commit_before) + ".." + commit_cell(step.commit_after),
                          fmt::format("{:.3f}", step.ratio), fmt::format("{:.3f}..{:.3f}", step.low, step.high), fmt::format("{:.3f}", step.before_ms),
                          fmt::format("{:.3f}", step.after_ms), fmt::format("{}+{}", step.runs_before, step.runs_after), step.reason});
  }
  return table;
}

std::string group_sentence(const HistoryGroup& group) {
  auto text = fmt::format("{} on {} ({}): {} of {}, {} to {}", group.suite, group.device, group.machine, counted(static_cast<long long>(group.runs), "run"),
                          counted(static_cast<long long>(group.cases), "case"), group.first.substr(0, 10), group.last.substr(0, 10));
  text += group.steps.empty() ? ": no step" : ": " + counted(static_cast<long long>(group.steps.size()), "step");
  if (group.short_cases > 0) text += fmt::format("; {} with too few runs", counted(static_cast<long long>(group.short_cases), "case"));
  return text;
}

ordered_json step_json(const HistoryStep& step) {
  return {{"name", step.name},
          {"when", step.when},
          {"commit_before", step.commit_before},
          {"commit_after", step.commit_after},
          {"ratio", step.ratio},
          {"interval", {step.low, step.high}},
          {"before_ms", step.before_ms},
          {"after_ms", step.after_ms},
          {"runs_before", step.runs_before},
          {"runs_after", step.runs_after},
          {"reason", step.reason}};
}

}  // namespace

std::string render_terminal(const HistoryReport& report, int columns, bool color) {
  const auto width = static_cast<std::size_t>(std::max(columns, 20));
  std::string text;
  const auto add = [&](const std::string& sentence) {
    for (const auto& line : wrap(ascii_only(sentence), width)) text += line + "\n";
  };
  for (const auto& group : report.groups) {
    add(group_sentence(group));
    if (!group.steps.empty()) text += "\n" + render_terminal(steps_table(group), columns, color);
    text += "\n";
  }
  if (!report.note.empty()) add("note: " + report.note);
  add(report.rule);
  return text;
}

std::string render_markdown(const HistoryReport& report) {
  std::string text = "### Steps in the history\n\n";
  for (const auto& group : report.groups) {
    text += fmt::format("**{}**\n\n", markdown_text(group_sentence(group)));
    if (!group.steps.empty()) text += render_markdown(steps_table(group)) + "\n";
  }
  if (!report.note.empty()) text += fmt::format("> {}\n\n", markdown_text(report.note));
  return text + markdown_text(report.rule) + "\n";
}

std::string render_json(const HistoryReport& report) {
  ordered_json groups = ordered_json::array();
  for (const auto& group : report.groups) {
    ordered_json steps = ordered_json::array();
    for (const auto& step : group.steps) steps.push_back(step_json(step));
    groups.push_back({{"suite", group.suite},
                      {"device", group.device},
                      {"machine", group.machine},
                      {"cases", group.cases},
                      {"short_cases", group.short_cases},
                      {"runs", group.runs},
                      {"first", group.first},
                      {"last", group.last},
                      {"steps", steps}});
  }
  ordered_json object = {{"schema", "spanwise/history"}, {"schema_version", 1}, {"rule", report.rule}};
  if (!report.note.empty()) object["note"] = report.note;
  object["histories"] = groups;
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace spanwise::reports

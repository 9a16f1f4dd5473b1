// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/check.h"
#include "reports/numbers.h"
#include "reports/plan_sentence.h"
#include "reports/plan_tables.h"
#include "reports/screen.h"
#include "reports/summary.h"
#include "reports/text.h"
#include "reports/verdict.h"

namespace spanwise::reports {
namespace {

constexpr std::size_t kHeaderIndent = 4;
constexpr std::size_t kLabelWidth = 8;
// A name is cut to this where it stands in a sentence; a cell of a table is cut by the table.
constexpr std::size_t kHeaderNameWidth = 48;
// The search's sum and sim's price of the whole plan are both kept; only a visible difference is worth a
// line.
constexpr double kVisibleDifference = 0.002;

void print_notes(const std::vector<Note>& notes, std::string_view mark, Style style,
                 std::vector<Remark>& remarks, long long& hidden) {
  for (const auto& note : notes) {
    if (note.on_first_screen) {
      remarks.push_back({"", fmt::format("{}{}", note.text, mark), note.change, style});
    } else {
      ++hidden;
    }
  }
}

void print_header(const Header& header, Screen& screen) {
  std::vector<Remark> remarks;
  Remark first;
  first.text = header_sentence(header, kHeaderNameWidth);
  if (header.hardware_defaulted) first.aside = header.hardware_change;
  first.style = Style::kStrong;
  remarks.push_back(first);
  long long hidden = 0;
  print_notes(header.assumptions, "", Style::kCaution, remarks, hidden);
  print_notes(header.defaults, " [default]", Style::kPlain, remarks, hidden);
  if (hidden > 0)
    remarks.push_back({"", fmt::format("and {} in the report", counted(hidden, "more note")), ""});
  screen.remarks(remarks, kHeaderIndent);
}

void print_workloads(const std::vector<Workload>& workloads, Screen& screen) {
  if (workloads.empty()) return;
  screen.blank();
  screen.table(workload_table(workloads));
}

void print_plan(const ReportModel& model, std::vector<Remark>& remarks) {
  if (!model.plan) {
    remarks.push_back({"plan", infeasible_sentence(model.proof), "", Style::kAlarm});
    return;
  }
  remarks.push_back({"plan", plan_sentence(*model.plan, heads_word(model.header)), ""});
  const double difference = repricing_difference(model);
  if (std::abs(difference) < kVisibleDifference) return;
  remarks.push_back(
      {" ", fmt::format("priced as a whole, with launches and packing: {} {} than the search's sum",
                        percent(std::abs(difference)), difference > 0 ? "slower" : "faster")});
}

void print_findings(const ReportModel& model, Screen& screen) {
  std::vector<Remark> remarks;
  if (model.front) remarks.push_back({"front", front_sentence(*model.front), uniform_sentence(*model.front)});
  print_plan(model, remarks);
  remarks.push_back({"proof", proof_sentence(model.proof), model.proof.verify_command, Style::kPlain, true});
  if (model.validation) {
    const auto& cases = model.validation->cases;
    const bool wrong = std::any_of(cases.begin(), cases.end(), is_wrong);
    remarks.push_back({"",
                       fmt::format("checked on {}: {}", cut(ascii_only(model.validation->where), kHeaderNameWidth),
                                   validation_sentence(*model.validation)),
                       "", wrong ? Style::kAlarm : Style::kPlain});
  }
  for (const auto& missing : model.not_checked) {
    remarks.push_back(
        {"", fmt::format("not checked: {}", missing.what), missing.command, Style::kPlain, true});
  }
  screen.blank();
  screen.remarks(remarks, kLabelWidth);
}

}  // namespace

core::Result<std::string> render_terminal(const ReportModel& model, int columns, bool color) {
  if (const auto status = check(model); !status) return status.error();
  Screen screen(columns, color);
  print_header(model.header, screen);
  print_workloads(model.workloads, screen);
  print_findings(model, screen);
  return screen.text();
}

}  // namespace spanwise::reports

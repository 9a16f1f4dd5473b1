// SPDX-License-Identifier: Apache-2.0
#include "reports/markdown.h"

#include <fmt/format.h>

#include "reports/check.h"
#include "reports/ladder_words.h"
#include "reports/plan_sentence.h"
#include "reports/plan_tables.h"
#include "reports/summary.h"
#include "reports/text.h"
#include "reports/verdict.h"

namespace spanwise::reports {
namespace {

constexpr std::size_t kMarkdownNameWidth = 100;

void add_item(std::string& out, const std::string& label, const std::string& text) {
  if (!text.empty()) out += fmt::format("- {}{}\n", label.empty() ? "" : "**" + label + "**: ", markdown_text(text));
}

}  // namespace

// Emphasis, code and HTML lose their meaning, lines do not break.
std::string markdown_text(const std::string& text) {
  std::string out;
  for (const char c : printable_utf8(text)) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
    } else if (c == '<') {
      out += "&lt;";
    } else {
      if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_') out += '\\';
      out += c;
    }
  }
  return out;
}

core::Result<std::string> render_markdown(const ReportModel& model) {
  if (const auto status = check(model); !status) return status.error();
  auto out = fmt::format("## {}\n\n", markdown_text(header_sentence(model.header, kMarkdownNameWidth)));
  for (const auto& note : model.header.assumptions) add_item(out, "", note.text);
  for (const auto& note : model.header.defaults) add_item(out, "", note.text + " [default]");
  if (!model.workloads.empty()) out += "\n" + render_markdown(workload_table(model.workloads)) + "\n";
  if (model.front) add_item(out, "front", front_sentence(*model.front) + " " + uniform_sentence(*model.front));
  add_item(out, "plan", model.plan ? plan_sentence(*model.plan, heads_word(model.header)) : infeasible_sentence(model.proof));
  add_item(out, "proof", proof_sentence(model.proof));
  if (model.validation) add_item(out, "checked on " + markdown_text(model.validation->where), validation_sentence(*model.validation));
  for (const auto& open : model.not_checked) add_item(out, "not checked", open.what);
  if (model.validation) out += "\n" + render_markdown(check_table(model.validation->cases));
  return out;
}

core::Result<std::string> render_markdown(const Ladder& ladder) {
  if (const auto status = check(ladder); !status) return status.error();
  auto out = fmt::format("### {}\n\n{}\n", markdown_text(ladder.subject), render_markdown(ladder_table(ladder)));
  for (const auto& factor : factors_apart(ladder)) add_item(out, factor.name, factor.value);
  return out;
}

}  // namespace spanwise::reports

// SPDX-License-Identifier: Apache-2.0
// The manual page and docs/cli.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "cli/help.h"

namespace spanwise::cli {
namespace {

// Roff reads a leading dot or quote as a request, a backslash as an escape and a plain dash as a hyphen.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string roff_option(const Option& option) {
  std::string text = ".TP\n";
  if (option.is_argument()) {
    text += "\\fI" + roff(option.flags) + "\\fR";
  } else {
    text += "\\fB" + roff(fmt::format("{}", fmt::join(option.names(), ", "))) + "\\fR";
    if (!option.value.empty()) text += " \\fI" + roff(option.value) + "\\fR";
  }
  return text + "\n" + roff(option_text(option)) + "\n";
}

std::string roff_command(const Command& command) {
  auto text = fmt::format(".SS {}\n{}.\n", roff(command.usage()), roff(command.summary));
  std::istringstream about(command.about);
  for (std::string line; std::getline(about, line);) text += ".PP\n" + roff(line) + "\n";
  for (const auto& option : command.options) text += roff_option(option);
  text += ".PP\nFor example:\n.EX\n";
  for (const auto& example : command.examples) text += "  spanwise " + roff(example) + "\n";
  return text + ".EE\n";
}

// What Markdown reads inside a table cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_command(const Command& command) {
  auto text = fmt::format("\n## {}\n\n`{}`\n\n{}.\n", command.name, command.usage(), cell(command.summary));
  std::istringstream about(command.about);
  for (std::string line; std::getline(about, line);) text += cell(line) + "\n";
  text += "\n| option | meaning |\n|---|---|\n";
  for (const auto& option : command.options) {
    auto name = option.is_argument() ? option.flags : fmt::format("{}", fmt::join(option.names(), ", "));
    if (!option.value.empty()) name += " " + option.value;
    text += fmt::format("| `{}` | {} |\n", cell(name), cell(option_text(option)));
  }
  text += "\n";
  for (const auto& example : command.examples) text += "    spanwise " + example + "\n";
  return text;
}

}  // namespace

std::string manual_page(const std::vector<Command>& commands) {
  auto page = fmt::format(".TH SPANWISE 1 \"\" \"spanwise {}\" \"User Commands\"\n.SH NAME\nspanwise \\- plan sparse attention\n", SPANWISE_VERSION);
  page += ".SH SYNOPSIS\n\\fBspanwise\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n" + roff(kAbout) + "\n";
  page += ".PP\nResults go to standard output, everything else to standard error. With \\fB\\-\\-json\\fR the result is one JSON "
          "object with \\fBschema\\fR and \\fBschema_version\\fR.\n.SH COMMANDS\n";
  for (const auto& command : commands) page += roff_command(command);
  page += ".SH EXIT STATUS\n";
  for (const auto& code : exit_codes()) page += fmt::format(".TP\n{}\n{}\n", code.code, roff(code.meaning));
  page += ".SH ENVIRONMENT\n";
  for (const auto& variable : environment_variables()) page += fmt::format(".TP\n{}\n{}\n", variable.name, roff(variable.meaning));
  return page;
}

std::string help_markdown(const std::vector<Command>& commands) {
  std::string text = "# The command line\n\nMade by `spanwise help --markdown`; a test compares the two.\n\n"
                     "Results go to stdout, everything else to stderr. `--json` gives one JSON object with `schema` and\n"
                     "`schema_version` ([formats.md](formats.md)), `--markdown` tables for a pull request, `--dry-run` what would be done.\n\n"
                     "| command | does |\n|---|---|\n";
  for (const auto& command : commands) text += fmt::format("| [`{0}`](#{0}) | {1} |\n", command.name, cell(command.summary));
  text += "\n| exit code | meaning |\n|---|---|\n";
  for (const auto& code : exit_codes()) text += fmt::format("| {} | {} |\n", code.code, cell(code.meaning));
  text += "\n| variable | meaning |\n|---|---|\n";
  for (const auto& variable : environment_variables()) text += fmt::format("| `{}` | {} |\n", variable.name, cell(variable.meaning));
  for (const auto& command : commands) text += markdown_command(command);
  return text;
}

}  // namespace spanwise::cli

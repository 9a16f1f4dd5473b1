// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "reports/text.h"

namespace spanwise::cli {
namespace {

struct Row {
  std::string name, text;
};

// Two columns; a name too long for the first stands on a line of its own.
std::string two_columns(const std::vector<Row>& rows, std::size_t columns) {
  constexpr std::size_t kLongest = 26;
  std::size_t width = 0;
  for (const auto& row : rows) {
    if (row.name.size() <= kLongest) width = std::max(width, row.name.size());
  }
  const std::size_t indent = width + 4;
  std::string out;
  for (const auto& row : rows) {
    std::string line = "  " + row.name;
    if (row.name.size() > width) {
      out += line + "\n";
      line.clear();
    }
    for (const auto& piece : reports::wrap(row.text, std::max<std::size_t>(columns, indent + 20) - indent)) {
      line.resize(indent, ' ');
      out += line + piece + "\n";
      line.clear();
    }
  }
  return out;
}

std::string paragraphs(const std::string& text, std::size_t columns) {
  std::string out;
  std::istringstream lines(text);
  for (std::string paragraph; std::getline(lines, paragraph);) {
    for (const auto& line : reports::wrap(paragraph, columns)) out += line + "\n";
  }
  return out;
}

std::string allowed_words(const Option& option) {
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, ", "));
  const bool bounded = std::holds_alternative<std::int64_t*>(option.target) && option.high != std::numeric_limits<std::int64_t>::max();
  return bounded ? fmt::format("{} to {}", option.low, option.high) : std::string{};
}

std::vector<Row> option_rows(const Command& command) {
  std::vector<Row> rows;
  for (const auto& option : command.options) {
    auto name = option.is_argument() ? option.flags : fmt::format("{}", fmt::join(option.names(), ", "));
    if (!option.value.empty()) name += " " + option.value;
    rows.push_back({name, option_text(option)});
  }
  rows.push_back({"-h, --help", "this text"});
  return rows;
}

std::size_t width_of(int columns) { return static_cast<std::size_t>(std::clamp(columns, 40, 100)); }

}  // namespace

std::string option_text(const Option& option) {
  const auto allowed = allowed_words(option);
  if (allowed.empty()) return option.help;
  return option.help.ends_with(')') ? fmt::format("{}; {})", option.help.substr(0, option.help.size() - 1), allowed)
                                    : fmt::format("{} ({})", option.help, allowed);
}

const std::vector<ExitCode>& exit_codes() {
  static const std::vector<ExitCode> codes = {
      {0, "all good"},
      {1, "a negative finding: a limit that cannot be kept, a failed validation, a rejected certificate"},
      {2, "bad usage or bad input"},
      {3, "the environment: disk, permission, a device that does not answer, a package that is missing"},
      {70, "a bug in Spanwise"},
      {130, "interrupted; what was finished is kept"},
  };
  return codes;
}

const std::vector<Variable>& environment_variables() {
  static const std::vector<Variable> variables = {
      {"NO_COLOR", "no colour when it is set and not empty; TERM=dumb does the same"},
      {"COLUMNS", "width of what is printed, instead of the terminal's"},
      {"XDG_CONFIG_HOME", "folder with a spanwise/ of your own models, machines and kernels (default ~/.config)"},
      {"XDG_CACHE_HOME", "folder for what was measured on this machine (default ~/.cache)"},
      {"SPANWISE_YES", "1: ./spanwise installs missing Debian packages without asking"},
      {"SPANWISE_BUILD", "never: ./spanwise runs the program as it is, even when a source has changed"},
  };
  return variables;
}

std::string help_text(const std::vector<Command>& commands, int columns) {
  const auto width = width_of(columns);
  std::vector<Row> rows, codes;
  for (const auto& command : commands) rows.push_back({command.name, command.summary});
  for (const auto& code : exit_codes()) codes.push_back({fmt::format("{:>3}", code.code), code.meaning});
  return "spanwise COMMAND [options]\n\n" + paragraphs(kAbout, width) + "\nCommands:\n" + two_columns(rows, width) +
         "\nFirst run:\n  spanwise plan llama-3.1-8b\n\nExit codes:\n" + two_columns(codes, width) +
         "\nspanwise COMMAND --help lists the options of a command with examples.\n";
}

std::string help_text(const Command& command, int columns) {
  const auto width = width_of(columns);
  std::string out = command.usage() + "\n\n" + paragraphs(command.summary + ".", width);
  if (!command.about.empty()) out += paragraphs(command.about, width);
  out += "\n" + two_columns(option_rows(command), width);
  out += command.examples.size() > 1 ? "\nExamples:\n" : "\nExample:\n";
  for (const auto& example : command.examples) {
    for (const auto& line : reports::wrap_command("spanwise " + example, width - 2)) out += "  " + line + "\n";
  }
  return out;
}

}  // namespace spanwise::cli

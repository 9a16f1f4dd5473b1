// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <fmt/format.h>

#include "cli/command_table.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/progress.h"
#include "core/suggest.h"

namespace spanwise::cli {
namespace {

core::Diagnostics unknown_command(const std::string& word, const std::vector<Command>& commands) {
  const auto names = command_names(commands);
  if (word.empty()) return core::fail(core::Fault::kInput, "a command is needed", core::suggestion("", names));
  if (word.front() != '-') return core::fail(core::Fault::kInput, fmt::format("unknown command '{}'", word), core::suggestion(word, names));
  return core::fail(core::Fault::kInput, fmt::format("the command must stand before the option '{}'", word), "for example: spanwise plan llama-3.1-8b --json");
}

// The exit code of a command, once its output is known to have arrived.
int finished(const core::Result<int>& code) {
  if (output_state() == Output::kReaderGone) return code ? *code : 0;
  if (output_state() == Output::kFailed) {
    print_errors(output_failure());
    return core::exit_code(output_failure());
  }
  if (code) return *code;
  print_errors(code.error());
  return core::exit_code(code.error());
}

core::Result<int> run_command(const Command& command, const std::vector<std::string>& words, CommonOptions& common) {
  auto parsed = parse(command, words);
  if (!parsed) return parsed.error();
  if (parsed->help) {
    print_result(help_text(command, help_columns()));
    return 0;
  }
  common.given = std::move(parsed->given);
  if (common.json && common.markdown) return core::fail(core::Fault::kInput, "--json and --markdown contradict each other", "keep one of them");
  const Activity activity(command.name);
  return command.run();
}

}  // namespace

int run_app(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  Options options;
  options.plan.command_line = "spanwise " + shell_words(argc - 1, argv + 1);
  const auto commands = make_commands(options);
  const auto word = words.empty() ? std::string{} : words.front();
  if (word == "--help" || word == "-h") {
    print_result(help_text(*commands, help_columns()));
    return finished(0);
  }
  if (word == "--version") {
    print_result(fmt::format("spanwise {}\n", SPANWISE_VERSION));
    return finished(0);
  }
  // The question of a completion script: words that may be unfinished, so no command like the others.
  if (word == "complete") return finished(run_complete(*commands, {words.begin() + 1, words.end()}));
  const auto* command = find_command(*commands, word);
  if (command == nullptr) return finished(unknown_command(word, *commands));
  return finished(run_command(*command, {words.begin() + 1, words.end()}, options.common));
}

}  // namespace spanwise::cli

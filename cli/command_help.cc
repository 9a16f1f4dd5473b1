// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "core/suggest.h"

namespace spanwise::cli {

core::Result<int> run_help(const std::vector<Command>& commands, const HelpOptions& options) {
  if (options.manual) {
    print_result(manual_page(commands));
    return 0;
  }
  if (options.markdown) {
    print_result(help_markdown(commands));
    return 0;
  }
  if (options.command.empty()) {
    print_result(help_text(commands, help_columns()));
    return 0;
  }
  const auto* command = find_command(commands, options.command);
  if (command == nullptr) {
    return core::fail(core::Fault::kInput, fmt::format("unknown command '{}'", options.command), core::suggestion(options.command, command_names(commands)));
  }
  print_result(help_text(*command, help_columns()));
  return 0;
}

}  // namespace spanwise::cli

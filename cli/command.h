// SPDX-License-Identifier: Apache-2.0
// A command as data. The parser, --help, the manual, docs/cli.md and the completion of shells all read the same table.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"

namespace spanwise::cli {

// What a shell offers for a value when the user presses TAB.
enum class Offer { kNothing, kFile, kFolder, kModel, kMachine, kProfile, kKernel, kDevice, kPattern, kCommand, kShownName };

// Where a value goes. A bool is a switch; a vector takes the option several times.
using Target = std::variant<bool*, std::string*, std::int64_t*, std::vector<std::string>*>;

struct Option {
  std::string flags;       // "--hardware" or "-o,--output"; a word without a dash is an argument: "MODEL"
  std::string value = {};  // what its value is called, "DIR"; empty for switches and arguments
  std::string help = {};   // one sentence without a full stop
  Target target = {};
  Offer offer = Offer::kNothing;
  std::vector<std::string> choices = {};  // nothing else is allowed; empty: anything
  std::int64_t low = std::numeric_limits<std::int64_t>::min();  // of integers
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  bool required = false;

  bool is_argument() const { return flags.front() != '-'; }
  bool is_switch() const { return std::holds_alternative<bool*>(target); }
  std::string name() const;                // the long one: "--output"
  std::vector<std::string> names() const;  // "-o", "--output"
};

struct Command {
  std::string name;
  std::string summary;                // one sentence without a full stop
  std::string about = {};             // further paragraphs of its help, separated by '\n'; may be empty
  std::vector<std::string> examples;  // without the leading "spanwise "
  std::vector<Option> options;        // arguments first, in their order
  std::function<core::Result<int>()> run;

  const Option* find(std::string_view name) const;  // by any of its names
  std::string usage() const;                        // "spanwise plan MODEL [options]"
};

// The command of that name; nullptr when there is none.
const Command* find_command(const std::vector<Command>& commands, std::string_view name);

std::vector<std::string> command_names(const std::vector<Command>& commands);

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/candidates.h"

#include <algorithm>

#include "cli/catalog_tables.h"
#include "cli/data.h"
#include "patterns/kinds.h"

namespace spanwise::cli {
namespace {

using Candidates = std::vector<Candidate>;

// What the finished words of a command's line say.
struct Line {
  const Option* awaits = nullptr;  // the option whose value stands under the cursor
  std::vector<std::string> arguments;
  std::vector<std::string> data;  // --data folders
  std::vector<std::string> seen;  // options
};

Line read_line(const Command& command, const std::vector<std::string>& words) {
  Line line;
  for (std::size_t i = 2; i + 1 < words.size(); ++i) {
    const auto& word = words[i];
    const auto equals = word.find('=');
    const auto* option = command.find(word.substr(0, equals));
    if (option == nullptr) {
      if (word.size() < 2 || word.front() != '-') line.arguments.push_back(word);
      continue;
    }
    line.seen.push_back(option->name());
    if (option->is_switch() || equals != std::string::npos) continue;
    if (i + 2 == words.size()) {
      line.awaits = option;
      break;
    }
    ++i;
    if (option->name() == "--data") line.data.push_back(words[i]);
  }
  return line;
}

void add_names(Candidates& out, const char* plural, const Line& line) {
  for (const auto& name : names_of(plural, data_folders(line.data))) out.push_back({name});
}

// The second word of `show`: names of the kind that the first one says.
void add_shown(Candidates& out, const Line& line) {
  for (const auto& kind : data_kinds()) {
    if (line.arguments.empty()) {
      out.push_back({kind.singular});
    } else if (line.arguments.front() == kind.singular) {
      add_names(out, kind.plural, line);
    }
  }
  out.push_back({":files"});
}

void add_values(Candidates& out, const Option& option, const Line& line, const std::vector<Command>& commands) {
  for (const auto& choice : option.choices) out.push_back({choice});
  switch (option.offer) {
    case Offer::kNothing:
      return;
    case Offer::kFile:
      return out.push_back({":files"});
    case Offer::kFolder:
      return out.push_back({":folders"});
    case Offer::kModel:
      add_names(out, "models", line);
      return out.push_back({":files"});
    case Offer::kMachine:
      out.push_back({"local", "this computer"});
      add_names(out, "hardware", line);
      return out.push_back({":files"});
    case Offer::kProfile:
      for (const auto& name : hwmodels::data_names("configs/profiles", data_folders(line.data))) out.push_back({name});
      return out.push_back({":files"});
    case Offer::kKernel:
      return add_names(out, "kernels", line);
    case Offer::kDevice:
      for (const auto* device : {"cpu", "cuda"}) out.push_back({device});
      return;
    case Offer::kPattern:
      for (const auto& kind : patterns::kinds()) out.push_back({std::string(kind.example), std::string(kind.summary)});
      return;
    case Offer::kCommand:
      for (const auto& command : commands) out.push_back({command.name, command.summary});
      return;
    case Offer::kShownName:
      return add_shown(out, line);
  }
}

Candidates in_command(const Command& command, const std::vector<std::string>& words, const std::vector<Command>& commands, std::string& word) {
  Candidates out;
  const auto line = read_line(command, words);
  if (line.awaits != nullptr) {
    add_values(out, *line.awaits, line, commands);
    return out;
  }
  if (word.starts_with("--") && word.find('=') != std::string::npos) {
    const auto* option = command.find(word.substr(0, word.find('=')));
    if (option == nullptr || option->is_switch()) return out;
    Candidates values;
    add_values(values, *option, line, commands);
    for (auto& value : values) {
      if (value.word.front() != ':') out.push_back({option->name() + "=" + value.word, value.meaning});
    }
    return out;
  }
  if (word.starts_with('-')) {
    for (const auto& option : command.options) {
      const bool again = std::holds_alternative<std::vector<std::string>*>(option.target) ||
                         std::find(line.seen.begin(), line.seen.end(), option.name()) == line.seen.end();
      if (!option.is_argument() && again) out.push_back({option.name(), option.help});
    }
    out.push_back({"--help", "the help of this command"});
    return out;
  }
  std::size_t place = 0;
  for (const auto& option : command.options) {
    if (option.is_argument() && place++ == line.arguments.size()) add_values(out, option, line, commands);
  }
  return out;
}

// Bash splits `--hardware=h` at the '='; here it is one word again.
std::vector<std::string> joined_at_equals(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool glue = i > 0 && words[i] == "=" && out.back().starts_with("--");
    const bool glued = i > 1 && words[i - 1] == "=" && out.back().starts_with("--") && out.back().ends_with('=');
    if (glue || glued) {
      out.back() += words[i];
    } else {
      out.push_back(words[i]);
    }
  }
  return out;
}

}  // namespace

std::vector<Candidate> candidates(const std::vector<Command>& commands, const std::vector<std::string>& given) {
  auto words = joined_at_equals(given);
  const bool split_by_shell = words.size() != given.size();
  if (words.size() < 2) return {};
  auto word = words.back();
  Candidates all;
  if (words.size() == 2) {
    for (const auto& command : commands) all.push_back({command.name, command.summary});
    if (word.starts_with('-')) all = {{"--help", "the list of commands"}, {"--version", "the version"}};
  } else if (const auto* command = find_command(commands, words[1])) {
    all = in_command(*command, words, commands, word);
  }
  Candidates fitting;
  for (auto& candidate : all) {
    if (candidate.word.front() != ':' && !candidate.word.starts_with(word)) continue;
    // The shell that split the word wants the part behind the '=' alone.
    if (split_by_shell && candidate.word.starts_with("--")) candidate.word.erase(0, candidate.word.find('=') + 1);
    fitting.push_back(std::move(candidate));
  }
  return fitting;
}

}  // namespace spanwise::cli

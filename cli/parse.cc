// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <deque>

#include "core/suggest.h"

namespace spanwise::cli {
namespace {

using core::Fault;

constexpr int kMostWords = 1 << 20;

std::string help_line(const Command& command) { return fmt::format("{}; spanwise {} --help lists the options", command.usage(), command.name); }

// CLI11 fills texts alone; numbers and choices are checked here, so that the messages are ours.
struct Slot {
  const Option* option = nullptr;
  CLI::Option* parser = nullptr;  // arguments have none: they are told apart by their order
  std::vector<std::string> values;
};

std::string spoken(const Option& option) { return option.is_argument() ? option.flags : option.name(); }

core::Diagnostics bad_choice(const Option& option, const std::string& value) {
  return core::fail(Fault::kInput, fmt::format("{} cannot be '{}'", spoken(option), value), core::suggestion(value, option.choices));
}

core::Status set_integer(const Option& option, const std::string& text, std::int64_t& out) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const auto range = fmt::format("allowed: {} to {}", option.low, option.high);
  if (error == std::errc::invalid_argument || (error == std::errc{} && rest != end)) {
    return core::fail(Fault::kInput, fmt::format("{} must be a decimal integer, not '{}'", spoken(option), text), range);
  }
  if (error != std::errc{} || value < option.low || value > option.high) {
    return core::fail(Fault::kInput, fmt::format("{} is {}, which is out of range", spoken(option), text), range);
  }
  out = value;
  return core::Done{};
}

core::Status set(const Slot& slot) {
  const auto& option = *slot.option;
  if (auto* const* many = std::get_if<std::vector<std::string>*>(&option.target)) {
    **many = slot.values;
    return core::Done{};
  }
  if (slot.values.size() > 1) {
    return core::fail(Fault::kInput, fmt::format("{} is given {} times", spoken(option), slot.values.size()),
                      fmt::format("'{}' and '{}' contradict each other: keep one", slot.values[0], slot.values[1]));
  }
  const auto& value = slot.values.front();
  if (!option.choices.empty() && std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end()) {
    return bad_choice(option, value);
  }
  if (auto* const* number = std::get_if<std::int64_t*>(&option.target)) return set_integer(option, value, **number);
  if (value.empty()) return core::fail(Fault::kInput, fmt::format("{} is empty", spoken(option)), option.help);
  *std::get<std::string*>(option.target) = value;
  return core::Done{};
}

core::Diagnostics unexpected(const Command& command, const std::vector<std::string>& extras) {
  const auto flag = std::find_if(extras.begin(), extras.end(), [](const std::string& word) { return word.size() > 1 && word.front() == '-'; });
  if (flag == extras.end()) {
    return core::fail(Fault::kInput, fmt::format("unexpected argument '{}'", extras.front()), help_line(command));
  }
  const auto word = flag->substr(0, flag->find('='));
  std::vector<std::string> known;
  for (const auto& option : command.options) {
    if (!option.is_argument()) known.push_back(option.name());
  }
  known.emplace_back("--help");
  return core::fail(Fault::kInput, fmt::format("unknown option '{}' of '{}'", word, command.name), core::suggestion(word, known));
}

// The option whose value is missing, as CLI11 names it: by all its names.
core::Diagnostics without_value(const Command& command, const std::string& said) {
  for (const auto& option : command.options) {
    if (option.is_argument() || !said.starts_with(option.name())) continue;
    return core::fail(Fault::kInput, fmt::format("{} needs a value: {} {}", option.name(), option.name(), option.value), option.help);
  }
  return core::fail(Fault::kInput, said, help_line(command));
}

core::Diagnostics missing_argument(const Command& command, const Option& option) {
  const auto example = command.examples.empty() ? std::string{} : "for example: spanwise " + command.examples.front();
  return core::fail(Fault::kInput, fmt::format("'{}' needs {}: {}", command.name, option.flags, option.help), example);
}

}  // namespace

core::Result<Parsed> parse(const Command& command, const std::vector<std::string>& words) {
  CLI::App app;
  app.allow_extras();
  std::deque<Slot> slots;  // CLI11 keeps pointers to the values
  std::vector<std::string> arguments;
  app.add_option("arguments", arguments)->expected(0, kMostWords);
  for (const auto& option : command.options) {
    auto& slot = slots.emplace_back();
    slot.option = &option;
    if (option.is_argument()) continue;
    if (option.is_switch()) {
      slot.parser = app.add_flag(option.flags, *std::get<bool*>(option.target));
    } else {
      slot.parser = app.add_option(option.flags, slot.values)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  Parsed parsed;
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    parsed.help = true;
    return parsed;
  } catch (const CLI::ParseError& problem) {
    return without_value(command, problem.what());
  }
  if (const auto extras = app.remaining(); !extras.empty()) return unexpected(command, extras);
  auto argument = arguments.begin();
  for (auto& slot : slots) {
    if (slot.option->is_argument() && argument != arguments.end()) slot.values = {*argument++};
    if (slot.parser == nullptr ? slot.values.empty() : slot.parser->count() == 0) {
      if (slot.option->required) return missing_argument(command, *slot.option);
      continue;
    }
    parsed.given.insert(slot.option->is_argument() ? slot.option->flags : slot.option->name());
    if (slot.option->is_switch()) continue;
    if (auto done = set(slot); !done) return done.error();
  }
  if (argument != arguments.end()) return unexpected(command, {argument, arguments.end()});
  return parsed;
}

}  // namespace spanwise::cli

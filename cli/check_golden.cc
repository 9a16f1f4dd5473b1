// SPDX-License-Identifier: Apache-2.0
#include "cli/check_golden.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/console.h"
#include "cli/session.h"
#include "core/file.h"
#include "patterns/count_lines.h"
#include "sim/kernel_choice.h"

namespace spanwise::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::uint64_t kMostGoldenBytes = 64u << 20;
constexpr double kSameTime = 1e-9;  // relative: a compiler may round the last bits its own way

ordered_json error_json(const core::Diagnostics& reasons) { return {{"error", reasons.front().message}}; }

ordered_json prediction_of(Session& session, const ordered_json& line) {
  const auto shape = patterns::parse_case(line.at("predict").dump());
  if (!shape) return error_json(shape.error());
  const auto machine = session.machine(line.value("hardware", std::string("h200-sxm")));
  if (!machine) return error_json(machine.error());
  const auto choice = sim::choose_kernel(*shape, session.pricing(*machine));
  if (!choice) return error_json(choice.error());
  const auto& e = choice->estimate;
  return {{"predicted_ms", e.time.value * 1e3}, {"low_ms", e.low.value * 1e3}, {"high_ms", e.high.value * 1e3},
          {"kernel", choice->shape.kernel}, {"basis", core::name(e.basis)}};
}

ordered_json count_of(const ordered_json& line) {
  auto result = ordered_json::parse(patterns::count_line(line.at("count").dump()).json);
  result.erase("id");
  return result;
}

bool alike(const ordered_json& before, const ordered_json& now) {
  if (!before.is_number_float() || !now.is_number()) return before == now;
  const double a = before.get<double>(), b = now.get<double>();
  return std::abs(a - b) <= kSameTime * std::abs(a);
}

std::string changed_field(const std::string& key, const ordered_json& before, const ordered_json& now) {
  auto text = fmt::format("{} {} -> {}", key, before.dump(), now.dump());
  if (before.is_number() && now.is_number() && before.get<double>() != 0) {
    text += fmt::format(" ({:+.3g} %)", (now.get<double>() / before.get<double>() - 1) * 100);
  }
  return text;
}

// What differs, a text a field; empty when nothing does.
std::string changed_fields(const ordered_json& before, const ordered_json& now) {
  std::string text;
  const auto add = [&text](const std::string& one) { text += (text.empty() ? "" : ", ") + one; };
  for (const auto& [key, value] : before.items()) {
    if (!now.contains(key)) {
      add(key + " is gone");
    } else if (!alike(value, now.at(key))) {
      add(changed_field(key, value, now.at(key)));
    }
  }
  for (const auto& [key, value] : now.items()) {
    if (!before.contains(key)) add(key + " is new");
  }
  return text;
}

struct Tally {
  std::size_t same = 0, changed = 0, broken = 0;
  std::string text, updated;
};

void compare_line(Tally& tally, ordered_json line, const ordered_json& now) {
  const auto id = line.at("id").get<std::string>();
  const auto before = line.value("result", ordered_json::object());
  const bool fails = now.contains("error"), failed = before.contains("error"), known = line.contains("result");
  if (known && fails && !failed) {
    ++tally.broken;
    tally.text += fmt::format("{}: worked before, fails now: {}\n", id, now.at("error").get<std::string>());
  } else {
    const auto different = changed_fields(before, now);
    if (different.empty()) {
      ++tally.same;
    } else {
      ++tally.changed;
      tally.text += fmt::format("{}: {}\n", id, !known ? "new" : failed && !fails ? "failed before, works now" : different);
    }
    line["result"] = now;
  }
  tally.updated += line.dump() + "\n";
}

}  // namespace

core::Result<int> check_golden(const CommonOptions& common, const std::filesystem::path& file, bool update) {
  const auto text = core::read_file(file, kMostGoldenBytes);
  if (!text) return text.error();
  auto session = Session::open(common);
  if (!session) return session.error();
  Tally tally;
  std::istringstream in(*text);
  std::uint32_t number = 0;
  for (std::string source; std::getline(in, source);) {
    ++number;
    try {
      auto line = ordered_json::parse(source);
      const auto now = line.contains("count") ? count_of(line) : prediction_of(**session, line);
      compare_line(tally, std::move(line), now);
    } catch (const ordered_json::exception& error) {
      return core::Diagnostics{{core::Fault::kInput, {file.string(), number, 1}, "not a golden case", R"(such as {"id": "a", "count": {...}} or {"id": "b", "predict": {...}, "hardware": "h200-sxm"})"}};
    }
  }
  const auto summary = fmt::format("{} the same, {} changed, {} worked before and fail now", tally.same, tally.changed, tally.broken);
  if (update) {
    if (auto written = core::write_file_atomically(file, tally.updated); !written) return written.error();
  }
  if (common.json) {
    const ordered_json object = {{"schema", "spanwise/golden"}, {"schema_version", 1}, {"same", tally.same}, {"changed", tally.changed},
                                 {"broken", tally.broken}, {"updated", update}, {"text", tally.text}};
    print_result(object.dump(2) + "\n");
  } else {
    print_result(tally.text + summary + "\n");
  }
  const bool open = tally.changed > 0 && !update;
  if (open) print_warning("if the changes are meant, keep them with --update-golden in the same commit");
  return open || tally.broken > 0 ? 1 : 0;
}

}  // namespace spanwise::cli

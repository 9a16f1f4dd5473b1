// SPDX-License-Identifier: Apache-2.0
#include "measure/round_log.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/file.h"
#include "core/hash.h"
#include "measure/append.h"

namespace spanwise::measure {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kFinished = R"({"finished":true})";
constexpr std::chrono::hours kGoneOnWith{24};  // a machine is another one after that
constexpr std::uint64_t kMostLogBytes = 1ull << 30;

ordered_json side_json(const ProcessTimes& times) {
  ordered_json side = {{"status", name(times.status)}};
  if (!times.message.empty()) side["message"] = times.message;
  if (!times.samples_ms.empty()) side["samples_ms"] = times.samples_ms;
  if (!times.slices_ms.empty()) side["slices_ms"] = times.slices_ms;
  if (times.low_ms) side["low_ms"] = *times.low_ms;
  if (times.clock_hz) side["clock_hz"] = *times.clock_hz;
  if (times.relative_error) side["relative_error"] = *times.relative_error;
  return side;
}

std::optional<double> number_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::nullopt : std::optional(found->get<double>());
}

ProcessTimes parse_side(const json& object) {
  ProcessTimes times;
  const auto status = status_from_name(object.at("status").get<std::string>());
  if (!status) throw std::invalid_argument("unknown status");
  times.status = *status;
  times.message = object.value("message", std::string{});
  times.samples_ms = object.value("samples_ms", std::vector<double>{});
  times.slices_ms = object.value("slices_ms", std::vector<double>{});
  times.low_ms = number_in(object, "low_ms");
  times.clock_hz = number_in(object, "clock_hz");
  times.relative_error = number_in(object, "relative_error");
  for (const auto* list : {&times.samples_ms, &times.slices_ms}) {
    for (const double ms : *list) {
      if (!std::isfinite(ms) || ms < 0) throw std::invalid_argument("'samples_ms' and 'slices_ms' must hold numbers of at least 0");
    }
  }
  return times;
}

}  // namespace

std::string to_json(const Round& round) {
  ordered_json cases = ordered_json::array();
  for (const auto& one : round.cases) {
    ordered_json sides = ordered_json::array();
    for (const auto& side : one.sides) sides.push_back(side_json(side));
    cases.push_back(sides);
  }
  const ordered_json object = {{"round", round.number}, {"cases", cases}};
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string to_json(const ProcessTimes& times) { return side_json(times).dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

core::Result<ProcessTimes> parse_process(const std::string& text) {
  try {
    return parse_side(json::parse(text));
  } catch (const std::exception& error) {  // of nlohmann-json, or of a value that cannot be
    return core::fail(core::Fault::kInput, fmt::format("not the times of a process: {}", error.what()));
  }
}

core::Result<Round> parse_round(const std::string& line) {
  try {
    const auto object = json::parse(line);
    Round round;
    round.number = object.at("round").get<std::size_t>();
    for (const auto& sides : object.at("cases")) {
      auto& one = round.cases.emplace_back();
      for (const auto& side : sides) one.sides.push_back(parse_side(side));
    }
    return round;
  } catch (const std::exception& error) {  // of nlohmann-json, or of a value that cannot be
    return core::fail(core::Fault::kInput, fmt::format("not a round: {}", error.what()));
  }
}

core::Result<RoundLog> RoundLog::open(const std::filesystem::path& folder, const std::string& key) {
  RoundLog log;
  if (folder.empty()) return log;
  log.path_ = folder / (core::sha256(key).substr(0, 16) + ".jsonl");
  std::error_code ignored;
  std::vector<std::string> lines;
  if (std::filesystem::exists(log.path_, ignored)) {
    const auto text = core::read_file(log.path_, kMostLogBytes);
    if (!text) return text.error();
    std::istringstream in(*text);
    for (std::string line; std::getline(in, line) && !in.eof();) lines.push_back(line);  // the last one must have its newline
  }
  const auto added = std::filesystem::last_write_time(log.path_, ignored);
  const bool recent = !ignored && std::filesystem::file_time_type::clock::now() - added < kGoneOnWith;
  const bool same = recent && !lines.empty() && lines.front() == key && lines.back() != kFinished;
  std::string kept = key + "\n";
  for (std::size_t i = 1; same && i < lines.size(); ++i) {
    auto round = parse_round(lines[i]);
    if (!round || round->number != log.rounds_.size()) break;
    log.rounds_.push_back(std::move(*round));
    kept += lines[i] + "\n";
  }
  log.resumed_ = log.rounds_.size();
  if (auto written = core::write_file_atomically(log.path_, kept); !written) return written.error();
  return log;
}

core::Status RoundLog::append(Round round) {
  const auto line = to_json(round);
  rounds_.push_back(std::move(round));
  return path_.empty() ? core::Status(core::Done{}) : append_lines(path_, line + "\n", "a round");
}

core::Status RoundLog::finish() { return path_.empty() ? core::Status(core::Done{}) : append_lines(path_, std::string(kFinished) + "\n", "a round"); }

}  // namespace spanwise::measure

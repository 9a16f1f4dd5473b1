// SPDX-License-Identifier: Apache-2.0
#include "measure/bench_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/hash.h"
#include "measure/round_log.h"

namespace spanwise::measure {
namespace {

using nlohmann::ordered_json;

constexpr std::uint64_t kMostBenchBytes = 1ull << 30;
constexpr int kSchemaVersion = 2;
constexpr const char* kAgain = "measure it again with 'spanwise bench SUITE --rounds 11 -o FILE'";

ordered_json row_json(const SuiteRow& row) {
  ordered_json object = {{"name", row.name}, {"case", ordered_json::parse(patterns::to_json(row.shape))},
                       {"status", name(row.measurement.status)}};
  const auto& m = row.measurement;
  if (!m.message.empty()) object["message"] = m.message;
  if (!m.kernel.empty()) object["kernel"] = m.kernel;
  if (m.relative_error) object["relative_error"] = *m.relative_error;
  if (m.max_error) object["max_error"] = *m.max_error;
  if (m.median_ms) object["ms"] = {{"median", *m.median_ms}, {"p05", m.p05_ms.value_or(0)}, {"p95", m.p95_ms.value_or(0)}};
  if (m.median_ms) object["samples"] = m.samples;
  if (!m.samples_ms.empty()) object["samples_ms"] = m.samples_ms;
  if (m.clock_before_hz && m.clock_after_hz) object["clock_hz"] = {{"before", *m.clock_before_hz}, {"after", *m.clock_after_hz}};
  if (!m.timer.empty()) object["timer"] = m.timer;
  if (m.clock_mhz) object["clock_mhz"] = *m.clock_mhz;
  if (m.power_w) object["power_w"] = *m.power_w;
  if (m.temperature_c) object["temperature_c"] = *m.temperature_c;
  if (!m.throttled.empty()) object["throttled"] = m.throttled;
  if (!m.counters.empty()) object["counters"] = m.counters;
  if (!m.counters_error.empty()) object["counters_error"] = m.counters_error;
  if (row.rate) object["rate"] = {{"value", *row.rate}, {"unit", row.bound == Bound::kMatrix ? "FLOP/s" : "B/s"}};
  if (row.share) object["share_of_peak"] = *row.share;
  if (!row.against.empty()) object["against"] = row.against;
  if (row.ratio) object["ratio"] = *row.ratio;
  return object;
}

ordered_json device_json(const Hello& device) {
  return {{"name", device.device_name}, {"kind", device.device_kind}, {"isa", device.isa}, {"processors", device.processors},
          {"memory_bytes", device.memory_bytes}, {"identity", device.identity}, {"runner", device.runner},
          {"version", device.version}, {"build", device.build}};
}

std::string checksum_of(ordered_json object) {
  object.erase("checksum");
  return "sha256:" + core::sha256(object.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

core::Diagnostics refused(const std::string& file, std::string why, std::string hint = kAgain) {
  return core::fail_in(core::Fault::kInput, file, std::move(why), std::move(hint));
}

CaseStatus status_of(const ordered_json& object) {
  const auto text = object.at("status").get<std::string>();
  const auto status = status_from_name(text);
  if (!status) throw std::invalid_argument(fmt::format("unknown status '{}'", text));
  return *status;
}

ProcessTimes process_of(const ordered_json& object) {
  auto times = parse_process(object.dump());
  if (!times) throw std::invalid_argument(times.error().front().message);
  return std::move(*times);
}

BenchFile bench_of(const ordered_json& object) {
  BenchFile bench;
  bench.suite = object.at("suite").get<std::string>();
  bench.fingerprint = object.at("suite_fingerprint").get<std::string>();
  bench.commit = object.value("commit", std::string{});
  bench.created = object.value("created", std::string{});
  const auto& device = object.at("device");
  bench.device.device_name = device.at("name").get<std::string>();
  bench.device.device_kind = device.at("kind").get<std::string>();
  bench.device.identity = device.at("identity").get<std::string>();
  bench.device.isa = device.at("isa").get<std::string>();
  bench.device.build = device.at("build").get<std::string>();
  bench.device.runner = device.at("runner").get<std::string>();
  for (const auto& row : object.at("cases")) {
    BenchCase one{row.at("name").get<std::string>(), row.at("case").dump(), status_of(row), row.value("message", std::string{}), {}};
    if (row.contains("rounds")) {
      for (const auto& process : row.at("rounds")) one.rounds.push_back(process_of(process));
    }
    bench.cases.push_back(std::move(one));
  }
  return bench;
}

}  // namespace

std::string suite_fingerprint(const Suite& suite) {
  std::string text;
  for (const auto& entry : suite.entries) text += entry.name + "\n" + patterns::to_json(entry.shape) + "\n";
  return core::sha256(text).substr(0, 16);
}

std::string to_json(const SuiteResult& result) {
  ordered_json rows = ordered_json::array();
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    auto row = row_json(result.rows[i]);
    if (!result.rounds.empty()) row["rounds"] = ordered_json::array();
    for (const auto& round : result.rounds) row["rounds"].push_back(ordered_json::parse(to_json(round.cases[i].sides.front())));
    rows.push_back(std::move(row));
  }
  ordered_json object = {{"schema", "spanwise/bench"},
                       {"schema_version", kSchemaVersion},
                       {"suite", result.suite},
                       {"suite_fingerprint", result.fingerprint}};
  if (!result.created.empty()) object["created"] = result.created;
  if (!result.commit.empty()) object["commit"] = result.commit;
  object["device"] = device_json(result.device);
  object["peaks"] = result.peaks;
  object["cases"] = rows;
  object["checksum"] = checksum_of(object);
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

BenchFile bench_file(const SuiteResult& result) {
  BenchFile bench{result.suite, result.fingerprint, result.device, result.commit, result.created, {}};
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    const auto& row = result.rows[i];
    BenchCase one{row.name, patterns::to_json(row.shape), row.measurement.status, row.measurement.message, {}};
    for (const auto& round : result.rounds) one.rounds.push_back(round.cases[i].sides.front());
    bench.cases.push_back(std::move(one));
  }
  return bench;
}

core::Result<BenchFile> read_bench_file(const std::filesystem::path& path) {
  const auto text = core::read_file(path, kMostBenchBytes);
  if (!text) return text.error();
  const auto file = path.string();
  const auto object = ordered_json::parse(*text, nullptr, false);
  if (object.is_discarded()) return refused(file, "not JSON, or truncated");
  if (!object.is_object() || object.value("schema", ordered_json{}) != "spanwise/bench") {
    return refused(file, "not a result of 'spanwise bench'");
  }
  if (object.value("schema_version", ordered_json{}) != kSchemaVersion) {
    return refused(file, fmt::format("its schema_version is not {}: written by another version", kSchemaVersion));
  }
  if (object.value("checksum", ordered_json{}) != checksum_of(object)) return refused(file, "edited or damaged: its checksum does not match");
  try {
    auto bench = bench_of(object);
    for (const auto& one : bench.cases) {
      if (one.status == CaseStatus::kOk && one.rounds.empty()) return refused(file, fmt::format("'{}' holds no rounds, so nobody knows how far its times spread", one.name));
    }
    return bench;
  } catch (const std::exception& error) {  // of nlohmann-json, or of a value that cannot be
    return refused(file, fmt::format("not a result that this version can read: {}", error.what()));
  }
}

core::Status comparable(const BenchFile& baseline, const std::string& path, const std::string& suite, const std::string& fingerprint,
                        const Hello& device) {
  if (baseline.fingerprint != fingerprint) {
    return refused(path, fmt::format("measured with other cases than suite '{}' has now (baseline: suite '{}', {})", suite, baseline.suite, baseline.fingerprint));
  }
  if (baseline.device.identity != device.identity) {
    return refused(path, fmt::format("measured on another machine: {} ({}), not {} ({})", baseline.device.device_name, baseline.device.identity, device.device_name, device.identity));
  }
  return core::Done{};
}

}  // namespace spanwise::measure

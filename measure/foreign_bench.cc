// SPDX-License-Identifier: Apache-2.0
// Our times in the words of other benchmark libraries, so that their compare tools read them.
#include <cmath>
#include <optional>
#include <nlohmann/json.hpp>

#include "core/statistics.h"
#include "measure/bench_file.h"

namespace spanwise::measure {
namespace {

using nlohmann::ordered_json;

struct Spread {
  double mean = 0, relative_deviation = 0;  // ms, fraction
};

Spread spread_of(const std::vector<double>& samples) {
  Spread spread;
  const auto count = static_cast<double>(samples.size());
  for (const double ms : samples) spread.mean += ms / count;
  double squares = 0;
  for (const double ms : samples) squares += (ms - spread.mean) * (ms - spread.mean);
  if (samples.size() > 1 && spread.mean > 0) spread.relative_deviation = std::sqrt(squares / (count - 1)) / spread.mean;
  return spread;
}

// All that was kept, or the median alone of a runner that tells no samples.
std::vector<double> samples_of(const SuiteRow& row) {
  if (!row.measurement.samples_ms.empty()) return row.measurement.samples_ms;
  return row.measurement.median_ms ? std::vector<double>{*row.measurement.median_ms} : std::vector<double>{};
}

// In Hz while the case was timed: NVBench's tool tells a slower kernel from a slower clock by it.
std::optional<double> clock_of(const SuiteRow& row) {
  const auto& m = row.measurement;
  if (m.clock_mhz) return *m.clock_mhz * 1e6;
  if (!m.clock_before_hz || !m.clock_after_hz) return std::nullopt;
  return (*m.clock_before_hz + *m.clock_after_hz) / 2;
}

// NVBench writes numbers as text: JSON readers take every number for a double.
ordered_json summary(const char* tag, const char* name, const char* hint, const char* type, const std::string& value) {
  return {{"tag", tag}, {"name", name}, {"hint", hint}, {"data", {{{"name", "value"}, {"type", type}, {"value", value}}}}};
}

ordered_json nvbench_state(const SuiteRow& row) {
  const auto samples = samples_of(row);
  const auto spread = spread_of(samples);
  ordered_json state = {{"name", "Device=0 Case=" + row.name},
                        {"device", 0},
                        {"type_config_index", 0},
                        {"min_samples", 0},
                        {"axis_values", {{{"name", "Case"}, {"type", "string"}, {"value", row.name}}}},
                        {"summaries", ordered_json::array()},
                        {"is_skipped", samples.empty()}};
  if (samples.empty()) {
    state["skip_reason"] = row.measurement.message;
    return state;
  }
  const auto text = [](double value) { return ordered_json(value).dump(); };
  state["summaries"] = {
      summary("nv/cold/sample_size", "Samples", "sample_size", "int64", std::to_string(samples.size())),
      summary("nv/cold/time/gpu/mean", "GPU Time", "duration", "float64", text(spread.mean * 1e-3)),
      summary("nv/cold/time/gpu/stdev/relative", "Noise", "percentage", "float64", text(spread.relative_deviation)),
      summary("nv/cold/time/gpu/min", "Min GPU Time", "duration", "float64", text(core::quantile(samples, 0) * 1e-3)),
      summary("nv/cold/time/gpu/q1", "Q1 GPU Time", "duration", "float64", text(core::quantile(samples, 0.25) * 1e-3)),
      summary("nv/cold/time/gpu/median", "Median GPU Time", "duration", "float64", text(core::quantile(samples, 0.5) * 1e-3)),
      summary("nv/cold/time/gpu/q3", "Q3 GPU Time", "duration", "float64", text(core::quantile(samples, 0.75) * 1e-3))};
  if (const auto clock = clock_of(row)) {
    state["summaries"].push_back(summary("nv/cold/sm_clock_rate/mean", "Clock Rate", "frequency", "float64", text(*clock)));
  }
  return state;
}

}  // namespace

std::string to_nvbench_json(const SuiteResult& result) {
  ordered_json values = ordered_json::array(), states = ordered_json::array();
  for (const auto& row : result.rows) {
    values.push_back({{"input_string", row.name}, {"description", ""}, {"is_active", true}});
    states.push_back(nvbench_state(row));
  }
  const ordered_json axis = {{"name", "Case"}, {"type", "string"}, {"flags", ""}, {"values", values}};
  const ordered_json object = {
      {"meta",
       {{"argv", {"spanwise", "bench", result.suite}},
        {"version", {{"json", {{"major", 1}, {"minor", 0}, {"patch", 0}, {"string", "1.0.0"}}}}}}},
      {"devices", {{{"id", 0}, {"name", result.device.device_name}}}},
      {"benchmarks",
       {{{"name", result.suite}, {"index", 0}, {"devices", {0}}, {"axes", {axis}}, {"states", states}}}}};
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string to_google_benchmark_json(const SuiteResult& result) {
  ordered_json rows = ordered_json::array();
  for (std::size_t family = 0; family < result.rows.size(); ++family) {
    const auto& row = result.rows[family];
    const auto samples = samples_of(row);
    const auto full = result.suite + "/" + row.name;
    if (samples.empty()) {
      rows.push_back({{"name", full}, {"run_name", full}, {"run_type", "iteration"}, {"family_index", family},
                      {"error_occurred", true}, {"error_message", row.measurement.message}});
    }
    for (std::size_t i = 0; i < samples.size(); ++i) {
      rows.push_back({{"name", full}, {"family_index", family}, {"per_family_instance_index", 0}, {"run_name", full},
                      {"run_type", "iteration"}, {"repetitions", samples.size()}, {"repetition_index", i}, {"threads", 1},
                      {"iterations", 1}, {"real_time", samples[i] * 1e3}, {"cpu_time", samples[i] * 1e3}, {"time_unit", "us"}});
    }
  }
  const ordered_json object = {{"context",
                              {{"date", result.created},
                               {"host_name", result.device.device_name},
                               {"executable", result.device.runner},
                               {"num_cpus", result.device.processors},
                               {"library_version", "spanwise " + result.device.version},
                               {"library_build_type", "release"}}},
                             {"benchmarks", rows}};
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
#include "kernels/runner/protocol.h"

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/documents/map_reader.h"

namespace spanwise::kernels {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;
using nlohmann::ordered_json;

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();
constexpr double kMaxSeconds = 1e6;
constexpr std::array<const char*, 5> kStatusNames = {"ok", "wrong", "unsupported", "out_of_memory", "error"};

std::vector<std::int64_t> read_q_tiles(const Node& node, Context& context) {
  std::vector<std::int64_t> tiles;
  if (node.kind != documents::Kind::kList || node.items.empty()) {
    context.error(node, "'q_tiles' must be a list of at least one query tile");
    return tiles;
  }
  for (const auto& item : node.items) {
    const auto tile = documents::read_integer(item, context, "q_tiles", {0, kMaxInteger});
    if (!tile) return tiles;
    if (!tiles.empty() && *tile <= tiles.back()) {
      context.error(item, "'q_tiles' must ascend");
      return tiles;
    }
    tiles.push_back(*tile);
  }
  return tiles;
}

CheckRequest read_check(const Node& node, Context& context) {
  MapReader map(node, context, "check");
  CheckRequest check;
  check.rows_per_tile = map.integer_or("rows_per_tile", {1, kMaxInteger}, check.rows_per_tile);
  map.finish();
  return check;
}

TimeRequest read_time(const Node& node, Context& context) {
  MapReader map(node, context, "time");
  TimeRequest time;
  time.min_samples = map.integer_or("min_samples", {1, kMaxInteger}, time.min_samples);
  time.max_seconds = map.number_or("max_s", {0, kMaxSeconds}, time.max_seconds);
  map.finish();
  return time;
}

std::vector<std::string> read_counters(const Node& node, Context& context) {
  std::vector<std::string> counters;
  if (node.kind != documents::Kind::kList) {
    context.error(node, "'counters' must be a list of names");
    return counters;
  }
  for (const auto& item : node.items) {
    if (auto name = documents::read_text(item, context, "counters")) counters.push_back(std::move(*name));
  }
  return counters;
}

Request read_request(MapReader& map) {
  static const std::array<std::string, 1> kTypes = {"case"};
  Request request;
  map.choice("type", kTypes);
  request.id = map.integer("id", {0, kMaxInteger});
  // The client enforces its limit itself, by ending the runner.
  map.number_or("limit_s", {0, kMaxSeconds}, 0);
  if (const Node* node = map.need("case")) request.shape = patterns::read_case(*node, map.context());
  if (const Node* node = map.find("q_tiles")) request.q_tiles = read_q_tiles(*node, map.context());
  if (const Node* node = map.find("check")) request.check = read_check(*node, map.context());
  if (const Node* node = map.find("time")) request.time = read_time(*node, map.context());
  if (const Node* node = map.find("counters")) request.counters = read_counters(*node, map.context());
  map.finish();
  return request;
}

// The id of a request that may be broken elsewhere.
std::int64_t readable_id(const Node& root) {
  Context ignored("");
  for (const auto& entry : root.entries) {
    if (entry.key == "id")
      return documents::read_integer(entry.value, ignored, "id", {0, kMaxInteger}).value_or(-1);
  }
  return -1;
}

ordered_json device_json(const DeviceFacts& device) {
  ordered_json json = {{"name", device.name},
                       {"kind", device.kind},
                       {"processors", device.processors},
                       {"isa", device.isa},
                       {"memory_bytes", device.memory_bytes},
                       {"identity", device.identity},
                       {"caches", device.caches}};
  if (!device.driver.empty()) json["driver"] = device.driver;
  return json;
}

ordered_json kernel_json(const KernelFacts& kernel) {
  return {{"name", kernel.name},     {"op", kernel.op},           {"dtypes", kernel.dtypes},
          {"q_tile", kernel.q_tile}, {"kv_tile", kernel.kv_tile}, {"max_head_dim", kernel.max_head_dim}};
}

ordered_json check_json(const CheckResult& check) {
  ordered_json json = {{"rows", check.accuracy.rows}};
  if (std::isfinite(check.accuracy.relative_error)) json["relative_error"] = check.accuracy.relative_error;
  if (std::isfinite(check.accuracy.max_error)) json["max_error"] = check.accuracy.max_error;
  json["leaked_rows"] = check.leaked_rows;
  json["unwritten"] = check.unwritten;
  return json;
}

void add_conditions(const Conditions& conditions, ordered_json& json) {
  if (conditions.clock_mhz) json["clock_mhz"] = *conditions.clock_mhz;
  if (conditions.power_w) json["power_w"] = *conditions.power_w;
  if (conditions.temperature_c) json["temperature_c"] = *conditions.temperature_c;
  if (conditions.throttled) json["throttled"] = *conditions.throttled;
}

// Messages may quote input that is not UTF-8.
std::string line(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

Measurement refusal(MeasurementStatus status, std::string message) {
  Measurement measurement;
  measurement.status = status;
  measurement.message = std::move(message);
  return measurement;
}

ParsedRequest parse_request(const std::string& line) {
  const auto document = documents::parse_json(line, "request");
  if (!document) return {-1, document.error()};
  Context context(document->file);
  MapReader map(document->root, context, "request");
  const std::int64_t id = readable_id(document->root);
  auto request = read_request(map);
  if (!context.ok()) return {id, context.take()};
  return {id, std::move(request)};
}

std::string to_json(const Hello& hello) {
  ordered_json kernels = ordered_json::array();
  for (const auto& kernel : hello.kernels) kernels.push_back(kernel_json(kernel));
  return line({{"type", "hello"},
               {"protocol", kProtocolVersion},
               {"runner", hello.runner},
               {"version", SPANWISE_VERSION},
               {"build", hello.build},
               {"device", device_json(hello.device)},
               {"kernels", kernels},
               {"ops", hello.ops}});
}

std::string to_json(const Measurement& measurement) {
  ordered_json json = {{"type", "measurement"},
                       {"id", measurement.id},
                       {"status", kStatusNames.at(static_cast<std::size_t>(measurement.status))}};
  if (!measurement.message.empty()) json["message"] = measurement.message;
  if (!measurement.kernel.empty()) json["kernel"] = measurement.kernel;
  if (const auto& times = measurement.times) {
    json["ms"] = {{"median", times->median}, {"p05", times->p05}, {"p95", times->p95}};
    json["samples"] = times->samples;
    if (!times->kept.empty()) json["samples_ms"] = times->kept;
    if (!times->kept_processor.empty()) json["processor_ms"] = times->kept_processor;
  }
  if (!measurement.timer.empty()) json["timer"] = measurement.timer;
  add_conditions(measurement.conditions, json);
  if (!measurement.counters.empty()) json["counters"] = measurement.counters;
  if (!measurement.counters_error.empty()) json["counters_error"] = measurement.counters_error;
  if (const auto& clock = measurement.clock) json["clock_hz"] = {{"before", clock->before}, {"after", clock->after}};
  if (measurement.check) json["check"] = check_json(*measurement.check);
  if (const auto& work = measurement.work) {
    json["work"] = {
        {"q_tiles", work->q_tiles}, {"full_tiles", work->full_tiles}, {"partial_tiles", work->partial_tiles}};
  }
  if (const auto& rate = measurement.rate) json["rate"] = {{"value", rate->value}, {"unit", rate->unit}};
  return line(json);
}

std::string heartbeat_json(std::int64_t id, double elapsed_seconds) {
  return line({{"type", "heartbeat"}, {"id", id}, {"elapsed_s", elapsed_seconds}});
}

}  // namespace spanwise::kernels

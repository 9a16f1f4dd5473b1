// SPDX-License-Identifier: Apache-2.0
#include "measure/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace spanwise::measure {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

const std::array<std::string_view, 7> kStatusNames = {"ok",    "wrong",   "unsupported", "out_of_memory",
                                                      "error", "crashed", "timeout"};

core::Diagnostics broken(const std::string& line, std::string_view what) {
  return core::fail(core::Fault::kEnvironment,
                    fmt::format("the runner broke the protocol: {}: {}", what, line.substr(0, 120)),
                    fmt::format("this client speaks protocol version {}", kProtocolVersion));
}

std::optional<double> finite(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const auto value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::int64_t integer(const json& object, const char* key, std::int64_t fallback) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : fallback;
}

const json& part(const json& object, const char* key) {
  static const json kEmpty = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kEmpty;
}

}  // namespace

std::string_view name(CaseStatus status) { return kStatusNames.at(static_cast<std::size_t>(status)); }

core::Result<Hello> parse_hello(const std::string& line) {
  const auto message = json::parse(line, nullptr, false);
  if (!message.is_object() || text(message, "type") != "hello") return broken(line, "no hello line");
  if (integer(message, "protocol", 0) != kProtocolVersion) return broken(line, "another protocol version");
  const auto& device = part(message, "device");
  Hello hello;
  hello.runner = text(message, "runner");
  hello.version = text(message, "version");
  hello.build = text(message, "build");
  hello.device_name = text(device, "name");
  hello.device_kind = text(device, "kind");
  hello.isa = text(device, "isa");
  hello.identity = text(device, "identity");
  hello.processors = std::max<std::int64_t>(1, integer(device, "processors", 1));
  hello.memory_bytes = integer(device, "memory_bytes", 0);
  for (const auto& [level, bytes] : part(device, "caches").items()) {
    if (bytes.is_number_integer()) hello.last_cache_bytes = std::max(hello.last_cache_bytes, bytes.get<std::int64_t>());
  }
  return hello;
}

std::string to_json(const Request& request, std::int64_t id) {
  ordered_json message = {{"type", "case"}, {"id", id}, {"case", ordered_json::parse(patterns::to_json(request.shape))}};
  message["limit_s"] = request.limit_seconds;
  if (!request.q_tiles.empty()) message["q_tiles"] = request.q_tiles;
  if (request.check_rows_per_tile > 0) message["check"] = {{"rows_per_tile", request.check_rows_per_tile}};
  if (request.min_samples > 0) {
    message["time"] = {{"min_samples", request.min_samples}, {"max_s", request.max_seconds}};
  }
  return message.dump();
}

core::Result<std::optional<Measurement>> parse_reply(const std::string& line, std::int64_t id) {
  const auto message = json::parse(line, nullptr, false);
  if (!message.is_object()) return broken(line, "not a JSON object");
  const auto type = text(message, "type");
  if (type == "heartbeat") return std::optional<Measurement>{};
  if (type != "measurement") return broken(line, "neither heartbeat nor measurement");
  if (integer(message, "id", -1) != id) return broken(line, fmt::format("an answer to another case than {}", id));
  Measurement m;
  const auto status = std::find(kStatusNames.begin(), kStatusNames.end() - 2, text(message, "status"));
  if (status == kStatusNames.end() - 2) return broken(line, "unknown status");
  m.status = static_cast<CaseStatus>(status - kStatusNames.begin());
  m.message = text(message, "message");
  m.kernel = text(message, "kernel");
  const auto& ms = part(message, "ms");
  m.median_ms = finite(ms, "median");
  m.p05_ms = finite(ms, "p05");
  m.p95_ms = finite(ms, "p95");
  m.samples = integer(message, "samples", 0);
  const auto& check = part(message, "check");
  m.relative_error = finite(check, "relative_error");
  m.max_error = finite(check, "max_error");
  m.checked_rows = integer(check, "rows", 0);
  m.rate = finite(part(message, "rate"), "value");
  return std::optional(m);
}

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
#include "measure/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
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

// Reads the fields of one message. Absent ones have their fallback and unknown ones are passed over, so that older and
// newer runners can be asked; one with a value that it cannot have is remembered: it would mean something else.
class Fields {
 public:
  explicit Fields(const json& message) : object_(&message) {}

  Fields part(const char* key) {
    const auto* value = find(key, &json::is_object, "an object");
    Fields inner(value == nullptr ? kEmpty : *value);
    inner.wrong_ = wrong_;
    return inner;
  }
  std::string text(const char* key) {
    const auto* value = find(key, &json::is_string, "a text");
    return value == nullptr ? std::string{} : value->get<std::string>();
  }
  std::int64_t integer(const char* key, std::int64_t fallback, std::int64_t least) {
    const auto* value = find(key, &json::is_number_integer, "an integer");
    if (value == nullptr) return fallback;
    const auto number = value->get<std::int64_t>();
    if (number < least) note(fmt::format("'{}' is {}, at least {}", key, number, least));
    return number;
  }
  // A time, an error or a rate: never negative.
  std::optional<double> amount(const char* key) {
    const auto* value = find(key, &json::is_number, "a number");
    if (value == nullptr) return std::nullopt;
    const auto number = value->get<double>();
    if (!std::isfinite(number) || number < 0) note(fmt::format("'{}' is {}, at least 0", key, value->dump()));
    return number;
  }
  std::vector<double> amounts(const char* key) {
    std::vector<double> numbers;
    const auto* list = find(key, &json::is_array, "a list");
    if (list == nullptr) return numbers;
    for (const auto& value : *list) {
      const double number = value.is_number() ? value.get<double>() : -1;
      if (!std::isfinite(number) || number < 0) note(fmt::format("'{}' must hold numbers of at least 0", key));
      numbers.push_back(number);
    }
    return numbers;
  }
  const json& object() const { return *object_; }
  const std::string& wrong() const { return *wrong_; }

 private:
  static inline const json kEmpty = json::object();

  // The value if there is one of that type; null counts as absent.
  const json* find(const char* key, bool (json::*is_type)() const noexcept, const char* type) {
    const auto found = object_->find(key);
    if (found == object_->end() || found->is_null()) return nullptr;
    if (((*found).*is_type)()) return &*found;
    note(fmt::format("'{}' must be {}, not {}", key, type, found->dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 40)));
    return nullptr;
  }
  void note(std::string what) {
    if (wrong_->empty()) *wrong_ = std::move(what);
  }

  const json* object_;
  std::shared_ptr<std::string> wrong_ = std::make_shared<std::string>();  // shared with the parts
};

}  // namespace

std::string_view name(CaseStatus status) { return kStatusNames.at(static_cast<std::size_t>(status)); }

std::optional<CaseStatus> status_from_name(std::string_view name) {
  const auto found = std::find(kStatusNames.begin(), kStatusNames.end(), name);
  if (found == kStatusNames.end()) return std::nullopt;
  return static_cast<CaseStatus>(found - kStatusNames.begin());
}

core::Result<Hello> parse_hello(const std::string& line) {
  const auto parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) return broken(line, "no hello line");
  Fields message(parsed);
  if (message.text("type") != "hello") return broken(line, "no hello line");
  if (message.integer("protocol", 0, 0) != kProtocolVersion) return broken(line, "another protocol version");
  auto device = message.part("device");
  Hello hello;
  hello.runner = message.text("runner");
  hello.version = message.text("version");
  hello.build = message.text("build");
  hello.device_name = device.text("name");
  hello.device_kind = device.text("kind");
  hello.isa = device.text("isa");
  hello.driver = device.text("driver");
  hello.identity = device.text("identity");
  hello.processors = device.integer("processors", 1, 1);
  hello.memory_bytes = device.integer("memory_bytes", 0, 0);
  auto caches = device.part("caches");
  for (const auto& [level, bytes] : caches.object().items()) {
    hello.last_cache_bytes = std::max(hello.last_cache_bytes, caches.integer(level.c_str(), 0, 0));
  }
  if (!message.wrong().empty()) return broken(line, message.wrong());
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
  const auto parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) return broken(line, "not a JSON object");
  Fields message(parsed);
  const auto type = message.text("type");
  if (type == "heartbeat") return std::optional<Measurement>{};
  if (type != "measurement") return broken(line, "neither heartbeat nor measurement");
  if (message.integer("id", -1, 0) != id) return broken(line, fmt::format("an answer to another case than {}", id));
  Measurement m;
  const auto status = std::find(kStatusNames.begin(), kStatusNames.end() - 2, message.text("status"));
  if (status == kStatusNames.end() - 2) return broken(line, "unknown status");
  m.status = static_cast<CaseStatus>(status - kStatusNames.begin());
  m.message = message.text("message");
  m.kernel = message.text("kernel");
  auto ms = message.part("ms");
  m.median_ms = ms.amount("median");
  m.p05_ms = ms.amount("p05");
  m.p95_ms = ms.amount("p95");
  m.samples = message.integer("samples", 0, 0);
  m.timer = message.text("timer");
  m.clock_mhz = message.amount("clock_mhz");
  m.power_w = message.amount("power_w");
  m.temperature_c = message.amount("temperature_c");
  m.throttled = message.text("throttled");
  auto counters = message.part("counters");
  for (const auto& [counter, value] : counters.object().items()) {
    if (const auto amount = counters.amount(counter.c_str())) m.counters[counter] = *amount;
  }
  m.counters_error = message.text("counters_error");
  m.samples_ms = message.amounts("samples_ms");
  m.processor_ms = message.amounts("processor_ms");
  auto clock = message.part("clock_hz");
  m.clock_before_hz = clock.amount("before");
  m.clock_after_hz = clock.amount("after");
  auto check = message.part("check");
  m.relative_error = check.amount("relative_error");
  m.max_error = check.amount("max_error");
  m.checked_rows = check.integer("rows", 0, 0);
  m.rate = message.part("rate").amount("value");
  if (!message.wrong().empty()) return broken(line, message.wrong());
  if (m.p05_ms && m.median_ms && m.p95_ms && (*m.p05_ms > *m.median_ms || *m.median_ms > *m.p95_ms)) {
    return broken(line, "'ms' must hold p05 <= median <= p95");
  }
  return std::optional(m);
}

}  // namespace spanwise::measure

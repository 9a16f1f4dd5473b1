// SPDX-License-Identifier: Apache-2.0
#include "reports/json_layout.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace spanwise::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLineLength = 110;
constexpr int kMaxDepth = 16;

std::string on_one_line(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace);
}

bool is_plain_list(const Json& json) {
  return json.is_array() &&
         std::none_of(json.begin(), json.end(), [](const Json& x) { return x.is_structured(); });
}

void write(const Json& json, std::size_t indent, std::string& out) {
  auto line = on_one_line(json);
  if (!json.is_structured() || is_plain_list(json) || indent + line.size() <= kLineLength) {
    out += line;
    return;
  }
  out += json.is_object() ? '{' : '[';
  const char* separator = "\n";
  for (const auto& item : json.items()) {
    out.append(separator).append(indent + 1, ' ');
    if (json.is_object()) out.append(on_one_line(Json(item.key()))).append(": ");
    write(item.value(), indent + 1, out);
    separator = ",\n";
  }
  out.append("\n").append(indent, ' ').append(json.is_object() ? "}" : "]");
}

int nesting(std::string_view text) {
  int depth = 0, deepest = 0;
  for (const char c : text) {
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

}  // namespace

std::string lay_out(const Json& json) {
  std::string out;
  write(json, 0, out);
  return out + "\n";
}

Json read_small_json(std::string_view text) {
  if (nesting(text) > kMaxDepth) return std::string(text);
  auto json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(std::string(text)) : json;
}

}  // namespace spanwise::reports

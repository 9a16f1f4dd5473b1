// SPDX-License-Identifier: Apache-2.0
#include "core/documents/json_text.h"

#include <nlohmann/json.hpp>

namespace spanwise::documents {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the digits at the front off; whether there was one.
bool take_digits(std::string_view& text) {
  const bool any = !text.empty() && is_digit(text.front());
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  return any;
}

// The number grammar of RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool leading_zero = text.starts_with('0');
  if (leading_zero) {
    text.remove_prefix(1);
  } else if (!take_digits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

void print(const Node& node, std::string& out) {
  const char* comma = "";
  switch (node.kind) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kScalar: {
      const bool plain = node.text == "true" || node.text == "false" || is_json_number(node.text);
      out += plain && !node.quoted ? node.text : quote_json(node.text);
      return;
    }
    case Kind::kList:
      out += '[';
      for (const auto& item : node.items) {
        out += comma;
        print(item, out);
        comma = ",";
      }
      out += ']';
      return;
    case Kind::kMap:
      out += '{';
      for (const auto& entry : node.entries) {
        out += comma;
        out += quote_json(entry.key);
        out += ':';
        print(entry.value, out);
        comma = ",";
      }
      out += '}';
      return;
  }
}

}  // namespace

std::string quote_json(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_json(const Node& node) {
  std::string out;
  print(node, out);
  return out;
}

}  // namespace spanwise::documents

// SPDX-License-Identifier: Apache-2.0
// One JSON object on one line, key by key. Keys need no escapes.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/documents/json_text.h"
#include "core/int128.h"

namespace spanwise::patterns {

class JsonObject {
 public:
  // `json` as it is.
  void raw(std::string_view key, std::string_view json) {
    text_ += text_.size() == 1 ? "\"" : ",\"";
    text_ += key;
    text_ += "\":";
    text_ += json;
  }
  void text(std::string_view key, std::string_view value) { raw(key, documents::quote_json(value)); }
  void number(std::string_view key, core::Count value) {
    if (value > ~std::uint64_t{0}) return raw(key, core::to_string(value));
    const fmt::format_int digits(static_cast<std::uint64_t>(value));
    raw(key, {digits.data(), digits.size()});
  }
  // Null where the value is not finite.
  void real(std::string_view key, double value) {
    if (!std::isfinite(value)) return raw(key, "null");
    raw(key, "");
    fmt::format_to(std::back_inserter(text_), "{}", value);
  }
  void flag(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }

  // Null without a value.
  void number_or_null(std::string_view key, std::optional<core::Count> value) { value ? number(key, *value) : raw(key, "null"); }
  void flag_or_null(std::string_view key, std::optional<bool> value) { value ? flag(key, *value) : raw(key, "null"); }

  std::string take() { return std::move(text_ += '}'); }

 private:
  std::string text_ = "{";
};

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
#include "tests/support/schema_check.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>

namespace spanwise::testing {
namespace {

using documents::Kind;
using documents::Node;
using nlohmann::json;

// The JSON value that an editor sees, by YAML 1.2's core rules for plain scalars.
json value_of(const Node& node) {
  switch (node.kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kList: {
      json list = json::array();
      for (const auto& item : node.items) list.push_back(value_of(item));
      return list;
    }
    case Kind::kMap: {
      json map = json::object();
      for (const auto& entry : node.entries) map[entry.key] = value_of(entry.value);
      return map;
    }
    case Kind::kScalar:
      break;
  }
  if (node.quoted) return node.text;
  if (node.text == "true" || node.text == "false") return node.text == "true";
  static const std::regex integer("-?(0|[1-9][0-9]*)");
  static const std::regex number(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");
  if (std::regex_match(node.text, integer) && node.text.size() < 19) return std::stoll(node.text);
  if (std::regex_match(node.text, number)) return std::stod(node.text);
  return node.text;
}

class Checker {
 public:
  explicit Checker(const json& root) : root_(root) {}

  std::string check(const json& value, const json& schema, const std::string& path) {
    if (schema.contains("$ref")) return check(value, definition(schema["$ref"].get<std::string>()), path);
    for (const auto& [word, rule] : schema.items()) {
      auto complaint = apply(word, rule, value, schema, path);
      if (!complaint.empty()) return complaint;
    }
    return {};
  }

 private:
  const json& definition(const std::string& ref) const {
    const std::string prefix = "#/definitions/";
    if (ref.rfind(prefix, 0) != 0) throw std::runtime_error("unknown $ref " + ref);
    return root_.at("definitions").at(ref.substr(prefix.size()));
  }

  bool good(const json& value, const json& schema, const std::string& path) { return check(value, schema, path).empty(); }

  static bool is(const json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer() || (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    throw std::runtime_error("unknown type " + type);
  }

  std::string apply(const std::string& word, const json& rule, const json& value, const json& schema, const std::string& path) {
    static const std::set<std::string> silent = {"$schema", "$id", "title", "description", "default", "definitions", "then"};
    if (silent.contains(word)) return {};
    const auto wrong = [&](const std::string& why) { return path + ": " + why; };
    const auto count = [&](auto predicate) { return std::count_if(rule.begin(), rule.end(), predicate); };
    const auto obeys = [&](const json& one) { return good(value, one, path); };
    if (word == "type") {
      const auto types = rule.is_array() ? rule.get<std::vector<std::string>>() : std::vector<std::string>{rule.get<std::string>()};
      const bool any = std::any_of(types.begin(), types.end(), [&](const auto& type) { return is(value, type); });
      return any ? "" : wrong("type");
    }
    if (word == "const") return value == rule ? "" : wrong("const");
    if (word == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end() ? "" : wrong("enum");
    if (word == "anyOf") return count(obeys) > 0 ? "" : wrong("anyOf");
    if (word == "oneOf") return count(obeys) == 1 ? "" : wrong("oneOf");
    if (word == "allOf") return count(obeys) == static_cast<std::ptrdiff_t>(rule.size()) ? "" : wrong("allOf");
    if (word == "not") return obeys(rule) ? wrong("not") : "";
    if (word == "if") return obeys(rule) && schema.contains("then") && !good(value, schema["then"], path) ? wrong("then") : "";
    if (word == "minimum") return value.is_number() && value.get<double>() < rule.get<double>() ? wrong("minimum") : "";
    if (word == "maximum") return value.is_number() && value.get<double>() > rule.get<double>() ? wrong("maximum") : "";
    if (word == "minLength") return value.is_string() && value.get<std::string>().size() < rule.get<std::size_t>() ? wrong("minLength") : "";
    if (word == "pattern") {
      return value.is_string() && !std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>())) ? wrong("pattern") : "";
    }
    if (word == "minItems") return value.is_array() && value.size() < rule.get<std::size_t>() ? wrong("minItems") : "";
    if (word == "maxItems") return value.is_array() && value.size() > rule.get<std::size_t>() ? wrong("maxItems") : "";
    if (word == "items") {
      for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
        if (auto complaint = check(value[i], rule, path + "/" + std::to_string(i)); !complaint.empty()) return complaint;
      }
      return {};
    }
    return apply_to_map(word, rule, value, schema, path);
  }

  std::string apply_to_map(const std::string& word, const json& rule, const json& value, const json& schema, const std::string& path) {
    static const std::set<std::string> known = {"properties", "additionalProperties", "required", "minProperties", "propertyNames", "dependencies"};
    if (!known.contains(word)) throw std::runtime_error("unknown word of JSON Schema: " + word);
    if (!value.is_object()) return {};
    if (word == "minProperties") return value.size() < rule.get<std::size_t>() ? path + ": minProperties" : "";
    for (const auto& [key, inner] : value.items()) {
      if (word == "propertyNames" && !good(key, rule, path)) return path + ": propertyNames";
      const bool described = schema.contains("properties") && schema["properties"].contains(key);
      if (word == "additionalProperties" && !described && rule == false) return path + ": unknown key " + key;
      const bool applies = word == "additionalProperties" ? !described && rule.is_object() : word == "properties" && described;
      if (!applies) continue;
      auto complaint = check(inner, word == "properties" ? rule[key] : rule, path + "/" + key);
      if (!complaint.empty()) return complaint;
    }
    if (word == "required") {
      for (const auto& key : rule) {
        if (!value.contains(key.get<std::string>())) return path + ": needs " + key.get<std::string>();
      }
    }
    if (word == "dependencies") {
      for (const auto& [key, others] : rule.items()) {
        for (const auto& other : others) {
          if (value.contains(key) && !value.contains(other.get<std::string>())) return path + ": " + key + " needs " + other.get<std::string>();
        }
      }
    }
    return {};
  }

  const json& root_;
};

}  // namespace

std::string schema_complaint(const Node& document, const std::string& schema) {
  const auto parsed = json::parse(schema);
  return Checker(parsed).check(value_of(document), parsed, "");
}

}  // namespace spanwise::testing

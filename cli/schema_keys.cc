// SPDX-License-Identifier: Apache-2.0
#include "cli/schema_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "patterns/kinds.h"

namespace spanwise::cli {
namespace {

using nlohmann::ordered_json;

// A bar would end the cell of a table.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string number(const ordered_json& value) {
  if (value.is_number_integer()) return value.dump();
  return fmt::format("{:g}", value.get<double>());
}

// "4.8 TB/s": the unit of a quantity stands last in its pattern.
std::string quantity(const std::string& pattern) {
  const auto open = pattern.rfind('(');
  if (pattern.find(" ?(") == std::string::npos) return "text";
  auto units = pattern.substr(open + 1, pattern.size() - open - 3);
  std::replace(units.begin(), units.end(), '|', ' ');
  return "a quantity in " + units;
}

std::string type_of(const ordered_json& schema);

std::string alternatives(const ordered_json& list) {
  const bool lengths = list.size() == 3 && list[0].value("type", "") == "integer" && list[2].value("type", "") == "array";
  if (lengths) return "lengths";
  std::string text;
  std::set<std::string> seen;
  for (const auto& one : list) {
    const auto type = type_of(one);
    if (seen.insert(type).second) text += (text.empty() ? "" : " or ") + type;
  }
  return text;
}

std::string type_of(const ordered_json& schema) {
  if (schema.contains("$ref")) {
    const auto target = schema["$ref"].get<std::string>();
    return target.substr(target.rfind('/') + 1);
  }
  if (schema.contains("const")) return schema["const"].is_string() ? schema["const"].get<std::string>() : schema["const"].dump();
  if (schema.contains("anyOf") && !schema.contains("type")) return alternatives(schema["anyOf"]);
  if (schema.contains("enum")) {
    std::string words;
    for (const auto& word : schema["enum"]) words += (words.empty() ? "" : ", ") + word.get<std::string>();
    return words;
  }
  if (!schema.contains("type")) return "anything";
  if (schema["type"].is_array()) return "number or null";
  const auto type = schema["type"].get<std::string>();
  if (type == "array") return "list of " + type_of(schema["items"]);
  if (type == "object") return "map";
  if (type == "boolean") return "true or false";
  if (type == "string") return schema.contains("pattern") ? quantity(schema["pattern"].get<std::string>()) : "text";
  if (schema.contains("minimum") && schema.contains("maximum")) return fmt::format("{} {} to {}", type, number(schema["minimum"]), number(schema["maximum"]));
  return type;
}

std::string default_of(const ordered_json& schema) {
  if (!schema.contains("default")) return "";
  const auto& value = schema["default"];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// A figure is one row: what its value is, as every figure has basis and source.
const ordered_json* figure_value(const ordered_json& schema) {
  const auto properties = schema.find("properties");
  const bool figure = properties != schema.end() && properties->size() == 3 && properties->contains("value") && properties->contains("source");
  return figure ? &(*properties)["value"] : nullptr;
}

class Tables {
 public:
  void add(const std::string& title, const ordered_json& schema) {
    if (!schema.contains("properties")) return;
    text_ += fmt::format("\n**{}**{}\n\n| key | value | default | meaning |\n|---|---|---|---|\n", title, title.empty() ? "" : ": " + schema.value("description", ""));
    std::vector<std::pair<std::string, const ordered_json*>> inner;
    for (const auto& [key, value] : schema["properties"].items()) {
      const auto* figure = figure_value(value);
      const auto& typed = figure != nullptr ? *figure : value;
      const auto required = schema.contains("required") ? schema["required"] : ordered_json::array();
      const bool needed = std::find(required.begin(), required.end(), ordered_json(key)) != required.end();
      text_ += fmt::format("| `{}` | {}{} | {} | {} |\n", key, figure != nullptr ? "figure: " : "", cell(type_of(typed)),
                           needed ? "required" : default_of(value), cell(value.value("description", "")));
      const auto& nested = value.value("type", "") == "array" ? value["items"] : value;
      if (figure == nullptr && nested.contains("properties")) inner.emplace_back(key, &nested);
    }
    for (const auto& [key, nested] : inner) add(key, *nested);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

core::Result<std::string> schema_keys(const std::string& text) {
  const auto schema = ordered_json::parse(text, nullptr, false);
  if (schema.is_discarded() || !schema.is_object()) return core::fail(core::Fault::kEnvironment, "a schema file cannot be read");
  Tables tables;
  const auto title = schema.value("title", "");
  tables.add(title, schema);
  if (schema.contains("definitions")) {
    for (const auto& [name, definition] : schema["definitions"].items()) tables.add(name, definition);
  }
  return fmt::format("\n## {}\n{}", title, tables.take());
}

const std::vector<std::string>& schema_kinds() {
  static const std::vector<std::string> kKinds = {"model", "machine", "kernel", "profile", "plan", "suite", "tiles", "problem"};
  return kKinds;
}

std::string pattern_keys() {
  std::string text = "\n## Patterns\n";
  for (const auto& kind : patterns::kinds()) {
    text += fmt::format("\n**{}**: {}\n\n| key | value | default | meaning |\n|---|---|---|---|\n", kind.name, kind.summary);
    for (const auto& p : kind.parameters) {
      text += fmt::format("| `{}` | {}{}{} | {} | {} |\n", p.name, cell(std::string(p.type)), p.unit.empty() ? "" : " in ", p.unit, p.fallback,
                          cell(std::string(p.meaning)));
    }
  }
  return text;
}

}  // namespace spanwise::cli

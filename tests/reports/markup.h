// SPDX-License-Identifier: Apache-2.0
// A strict reader of the HTML that reports write, sharing no code with the writer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace spanwise::reports::markup {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;  // decoded
  std::string parent;                             // name; empty for the root
  std::string text;                               // decoded; of the element itself, without its children
};

struct Document {
  std::vector<Element> elements;  // in order of their start
  std::string text;               // decoded, of all elements but <style>
  std::vector<std::string> errors;

  std::vector<Element> named(std::string_view name) const;
};

// Errors: tags that do not balance, attributes without quotes or twice, bare or unknown entities, control
// characters, ids used twice, elements or attributes that run or load something, list, table and paragraph
// children that HTML does not allow.
Document read(std::string_view html);

}  // namespace spanwise::reports::markup

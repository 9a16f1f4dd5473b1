// SPDX-License-Identifier: Apache-2.0
// A document tree in one line, with the place of everything: {name@1:1: 'x'@1:7, list@2:1: [1@2:8,
// null@2:11]@2:7}@1:1.
#pragma once

#include <fmt/format.h>

#include <string>

#include "core/documents/document.h"
#include "first_error.h"

namespace spanwise {

inline std::string show(const documents::Node& node) {
  std::string text;
  switch (node.kind) {
    case documents::Kind::kNull:
      text = "null";
      break;
    case documents::Kind::kScalar:
      text = node.quoted ? fmt::format("'{}'", node.text) : node.text;
      break;
    case documents::Kind::kList:
      for (const auto& item : node.items) text += (text.empty() ? "" : ", ") + show(item);
      text = "[" + text + "]";
      break;
    case documents::Kind::kMap:
      for (const auto& [key, line, column, value] : node.entries) {
        text += fmt::format("{}{}@{}:{}: {}", text.empty() ? "" : ", ", key, line, column, show(value));
      }
      text = "{" + text + "}";
      break;
  }
  return fmt::format("{}@{}:{}", text, node.line, node.column);
}

// The tree, or what is wrong.
inline std::string show(const core::Result<documents::Document>& document) {
  return document ? show(document->root) : brief(document);
}

}  // namespace spanwise

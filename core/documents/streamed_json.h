// SPDX-License-Identifier: Apache-2.0
// A JSON text of which one list at the top is too long to keep as a tree: its items are handed out one by one, and the
// rest is a tree as ever. The grammar, the places and the messages are those of parse_json().
#pragma once

#include <functional>
#include <string>

#include "core/documents/document.h"

namespace spanwise::documents {

class StreamedJson {
 public:
  // Checks the whole text. `key` names the list in the root.
  static core::Result<StreamedJson> parse(std::string text, std::string file, std::string key, const Limits& limits);

  const std::string& file() const { return file_; }
  std::string_view text() const;            // without a byte order mark
  const Node& root() const { return root_; }  // the list stands in it without its items

  // The items in order, by reading the text again.
  void for_each_item(const std::function<void(const Node&)>& take) const;

 private:
  std::string text_, file_, key_;
  Limits limits_;
  Node root_;
};

}  // namespace spanwise::documents

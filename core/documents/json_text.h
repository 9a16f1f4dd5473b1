// SPDX-License-Identifier: Apache-2.0
// Pieces of a document back to JSON text.
#pragma once

#include <string>
#include <string_view>

#include "core/documents/document.h"

namespace spanwise::documents {

// The text as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string quote_json(std::string_view text);

// The node on one line, keys in file order. A plain scalar that JSON knows (a number, true, false) stays as
// written, every other scalar becomes a string.
std::string to_json(const Node& node);

}  // namespace spanwise::documents

// SPDX-License-Identifier: Apache-2.0
// What both grammars ask of the bytes before they read them.
#pragma once

#include <string_view>

#include "core/documents/document.h"
#include "core/documents/tree_builder.h"

namespace spanwise::documents {

// The byte offset of the first invalid UTF-8 sequence (overlong forms, surrogates and values beyond U+10FFFF
// are invalid), or npos.
std::size_t first_invalid_utf8(std::string_view text);

std::string_view without_byte_order_mark(std::string_view text);

// Stops the builder on a text that is too large, not UTF-8, or holds control characters other than tabs and
// line ends ("\n" or "\r\n").
void check_text(std::string_view text, const Limits& limits, TreeBuilder& builder);

}  // namespace spanwise::documents

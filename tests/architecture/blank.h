// SPDX-License-Identifier: Apache-2.0
// C++ text with its comments, or its comments and literals, replaced by spaces; line breaks stay where they
// are.
#pragma once

#include <string>
#include <string_view>

namespace spanwise::architecture {

// May the letter be part of an identifier?
bool is_word(char c);

std::string blank_comments(std::string_view text);

// For looking for identifiers: what a string says is not code.
std::string blank_comments_and_literals(std::string_view text);

}  // namespace spanwise::architecture

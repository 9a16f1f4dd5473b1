// SPDX-License-Identifier: Apache-2.0
// "did you mean": the nearest of the allowed words.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spanwise::core {

// Damerau-Levenshtein distance (adjacent swaps count once), case ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest allowed word within a third of its length (at least 2), or one that starts with `word`; else empty.
std::string nearest(std::string_view word, std::span<const std::string> allowed);

// "did you mean 'x'? allowed: a, b, c" (the first part only when something is near).
std::string suggestion(std::string_view word, std::span<const std::string> allowed);

}  // namespace spanwise::core

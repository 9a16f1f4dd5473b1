// SPDX-License-Identifier: Apache-2.0
// Axes of an entry of a suite: one case for every combination of their values (docs/formats.md, "Suite").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/documents/map_reader.h"

namespace spanwise::measure {

// "pattern.sliding_window.window" and the values that stand there in turn, as scalars with a place in the file.
struct Axis {
  std::string path;
  std::string key;  // as names of cases have it: the last part of the path, or all of it where two axes end alike
  std::uint32_t line = 0, column = 0;  // of the path
  std::vector<documents::Node> values;
};

// Lists of scalars, or ranges `{from, to, steps, scale}`; at most `limit` combinations. Empty after an error.
std::vector<Axis> read_axes(const documents::Node& axes, documents::Context& context, std::size_t limit);

// One combination of the values of all axes.
struct Combination {
  std::vector<std::pair<std::string, std::string>> values;  // key and text, in the order of the axes
  std::string suffix;                                        // "/q_len=4096/window=512"
  documents::Node shape;                                     // the entry's case with the values in it
};

// The last axis runs fastest. Without axes `shape` as it is. Empty after an error.
std::vector<Combination> combinations(const documents::Node& shape, const std::vector<Axis>& axes, documents::Context& context);

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
// Counting by JSON Lines: one request a line in, its counts a line out (docs/formats.md, "count").
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/thread_pool.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

struct CountLine {
  std::string json;  // one line without its newline
  bool ok = false;   // false: {"id", "error"}
};

// Reads {"id", "tokens", "pattern", "q_tile", "kv_tile", "tiling"} with the optional "q_tokens", "q_offset",
// "extra_kv_tokens", "extra_q_tokens", "group_heads", "histogram" and, in place of "pattern", "group_patterns".
// Absent: pattern dense (not causal), tiling flat. The id comes back as it was written; it is null where the line could not be read. Counts are exact integers, speedups doubles,
// and null where they are not defined: dynamic tiling's full and partial tiles, a speedup without any visible pair.
CountLine count_line(std::string_view line);

// Appends what count_line() says of each line to `out`, in order, a line each. Whether all are good.
bool count_lines(std::span<const std::string> lines, core::ThreadPool& pool, std::string& out);

// The request of a line alone.
core::Result<CountRequest> parse_count_request(std::string_view line);

}  // namespace spanwise::patterns

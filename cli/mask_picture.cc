// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>


#include "cli/show_data.h"
#include "patterns/visibility.h"

namespace spanwise::cli {
namespace {

constexpr std::int64_t kCells = 16;  // along each side

}  // namespace

std::string mask_picture(const patterns::Case& shape) {
  const patterns::Visibility visibility(shape);
  const auto rows = (shape.q_len + kCells - 1) / kCells, columns = (shape.kv_len + kCells - 1) / kCells;
  auto text = fmt::format("a cell is {} queries (down) x {} keys: # all, + some, . none\n", rows, columns);
  for (std::int64_t q = 0; q < shape.q_len; q += rows) {
    text += " ";
    for (std::int64_t k = 0; k < shape.kv_len; k += columns) {
      std::int64_t seen = 0, all = 0;
      for (auto query = q; query < std::min(q + rows, shape.q_len); ++query) {
        for (auto key = k; key < std::min(k + columns, shape.kv_len); ++key) {
          seen += visibility.sees(query, key) ? 1 : 0;
          ++all;
        }
      }
      text += seen == all ? " #" : seen > 0 ? " +" : " .";
    }
    text += "\n";
  }
  return text;
}

}  // namespace spanwise::cli

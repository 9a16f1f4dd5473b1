// SPDX-License-Identifier: Apache-2.0
#include "describe.h"

#include <sstream>

namespace spanwise::oracle {
namespace {

using patterns::Case;
using patterns::CountRequest;
using patterns::TileCounts;

template <class Items>
std::string join(const Items& items) {
  std::ostringstream out;
  for (std::size_t i = 0; i < items.size(); ++i) out << (i == 0 ? "" : "x") << items[i];
  return out.str();
}

}  // namespace

std::string describe(const CountRequest& request) {
  std::ostringstream out;
  const char* tilings[] = {"static", "dynamic", "flat"};
  out << "tokens " << join(request.tokens) << ' ' << patterns::to_json(request.pattern) << " q_tile "
      << join(request.q_tile) << " kv_tile " << join(request.kv_tile) << ' '
      << tilings[static_cast<int>(request.tiling)] << " q_tokens " << join(request.q_tokens) << " q_offset "
      << join(request.q_offset) << " extra_kv " << request.extra_kv_tokens << " extra_q "
      << request.extra_q_tokens << " group_heads " << request.group_heads;
  return out.str();
}

std::string describe(const Case& shape) {
  std::ostringstream out;
  out << "q_len " << shape.q_len << " kv_len " << shape.kv_len << " tokens " << join(shape.tokens) << ' '
      << patterns::to_json(shape.pattern);
  return out.str();
}

std::string describe(const TileCounts& counts) {
  std::ostringstream out;
  const auto optional_count = [](const std::optional<core::Count>& value) {
    return value ? core::to_string(*value) : std::string("null");
  };
  const auto optional_bool = [](const std::optional<bool>& value) {
    return value ? std::string(*value ? "true" : "false") : std::string("null");
  };
  out << "pairs " << core::to_string(counts.pairs) << " of " << core::to_string(counts.dense_pairs)
      << " dense_kv_tiles " << core::to_string(counts.dense_kv_tiles) << " dense_q_tiles "
      << core::to_string(counts.dense_q_tiles) << " q_tiles "
      << core::to_string(counts.q_tiles) << " launched " << core::to_string(counts.q_tiles_launched)
      << " kv_tiles " << core::to_string(counts.kv_tiles) << " max " << core::to_string(counts.kv_tiles_max)
      << " min " << core::to_string(counts.kv_tiles_min) << " kernel "
      << core::to_string(counts.kernel_kv_tiles) << " full " << optional_count(counts.full_tiles)
      << " partial " << optional_count(counts.partial_tiles) << " block_sparse "
      << optional_bool(counts.block_sparse) << " natten " << optional_bool(counts.natten_block_sparse)
      << " rows";
  for (const auto& row : counts.rows) out << ' ' << row.q_tiles << '*' << row.full << '+' << row.partial;
  return out.str();
}

}  // namespace spanwise::oracle

// SPDX-License-Identifier: Apache-2.0
// Token by token: who sees whom. What kernels ask for their partial tiles and references for every row.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "patterns/axis_rule.h"
#include "patterns/case.h"
#include "patterns/interval_rule.h"
#include "patterns/key_source.h"

namespace spanwise::patterns {

// Tokens are flat indices, row-major over the grid, then the extra tokens. With fewer queries than keys the
// queries are the last tokens of the layout (bottom-right alignment); extra queries, if any, come last. With
// more queries than keys the first ones lie before the layout: they see the extra keys and, unless the
// pattern is dense and not causal, no other.
class Visibility {
 public:
  // The keys of one query, worked out once for all of its masks.
  class Row {
   public:
    bool sees(std::int64_t key) const;
    std::uint64_t mask64(std::int64_t first_key) const;

   private:
    friend class Visibility;
    std::uint64_t grid_mask64(std::int64_t first_key) const;
    std::uint64_t last_axis_mask64(std::int64_t row_begin, std::int64_t first_key) const;

    Spans spans_;                            // keys in consecutive order
    IntervalSet listed_;                     // more of them, of patterns that show many runs of keys
    bool axes_ = false;                      // whether the axes add keys of the grid to the spans
    std::array<AxisKeys, 3> keys_;           // an axis each, slowest first; missing axes have length 1
    std::array<std::int64_t, 3> lengths_{};  // of the grid
  };

  // The case must have passed read_case()'s checks and its pattern check_determined().
  explicit Visibility(const Case& shape);

  Row row(std::int64_t query) const;

  bool sees(std::int64_t query, std::int64_t key) const { return row(query).sees(key); }

  // Bit j: the query sees key first_key + j, for j in [0, 64); keys at or beyond kv_len are never seen.
  std::uint64_t mask64(std::int64_t query, std::int64_t first_key) const {
    return row(query).mask64(first_key);
  }

 private:
  std::int64_t q_shift_ = 0;      // position of query 0
  std::int64_t grid_tokens_ = 0;  // extra tokens follow
  std::int64_t kv_len_ = 0;
  std::optional<IntervalRule> interval_;
  std::shared_ptr<const KeySource> source_;  // of patterns that are neither intervals nor axes
  std::array<AxisRule, 3> axes_;  // of other patterns; missing axes, in front, have length 1
};

}  // namespace spanwise::patterns

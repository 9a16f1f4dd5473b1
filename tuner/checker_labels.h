// SPDX-License-Identifier: Apache-2.0
// The checker's own exhaustive search under any number of limits: block after block, all partial plans that may still
// lead to a better one. Nothing is shared with search/.
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/checker_search.h"

namespace spanwise::tuner {

struct BlockChoice {
  std::vector<WideInteger> amounts;  // what is minimized, then what each limit limits
  double above = 0;                  // its price above the least of the block
};

struct LabelSearch {
  std::vector<std::vector<BlockChoice>> blocks;
  std::vector<WideInteger> room;  // sums of the amounts stay within these; of the first: what would be better
  std::vector<double> price;      // of one unit of each amount; 0 for the first
  double slack = 0;               // a better plan has above + price * unused room of at most this
  std::uint64_t max_labels = 0;
};

enum class Better { kNone, kExists, kUnknown };  // kUnknown: too many partial plans

Better search_better(LabelSearch search);

}  // namespace spanwise::tuner

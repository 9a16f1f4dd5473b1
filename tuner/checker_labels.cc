// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_labels.h"

#include <algorithm>

namespace spanwise::tuner {
namespace {

// How many of the kept a partial plan is compared with: what stays too long costs time, not truth.
constexpr std::size_t kLookedBack = 64;

bool none_larger(const std::vector<WideInteger>& a, const std::vector<WideInteger>& b) {
  for (std::size_t d = 0; d < a.size(); ++d) {
    if (a[d] > b[d]) return false;
  }
  return true;
}

// Drops what another matches or beats in every amount.
void drop_beaten_choices(std::vector<BlockChoice>& choices) {
  std::sort(choices.begin(), choices.end(), [](const auto& a, const auto& b) { return a.amounts < b.amounts; });
  std::vector<BlockChoice> kept;
  for (auto& choice : choices) {
    const auto from = kept.size() > kLookedBack ? kept.end() - kLookedBack : kept.begin();
    const auto beats = [&](const BlockChoice& other) { return none_larger(other.amounts, choice.amounts); };
    if (std::none_of(from, kept.end(), beats)) kept.push_back(std::move(choice));
  }
  choices.swap(kept);
}

// The second least price of a block decides its turn: those that leave little slack come first.
double second_least(const std::vector<BlockChoice>& choices) {
  std::vector<double> above;
  for (const auto& choice : choices) above.push_back(choice.above);
  if (above.size() < 2) return 0;
  std::nth_element(above.begin(), above.begin() + 1, above.end());
  return above[1];
}

// What the blocks from each on add to an amount, at least or at most.
std::vector<std::vector<WideInteger>> reach(const LabelSearch& search, bool most) {
  const auto width = search.room.size();
  std::vector<std::vector<WideInteger>> out(search.blocks.size() + 1, std::vector<WideInteger>(width, 0));
  for (auto b = search.blocks.size(); b-- > 0;) {
    for (std::size_t d = 0; d < width; ++d) {
      auto extreme = search.blocks[b].front().amounts[d];
      for (const auto& choice : search.blocks[b])
        extreme = most ? std::max(extreme, choice.amounts[d]) : std::min(extreme, choice.amounts[d]);
      out[b][d] = out[b + 1][d] + extreme;
    }
  }
  return out;
}

}  // namespace

Better search_better(LabelSearch search) {
  for (auto& choices : search.blocks) {
    if (choices.empty()) return Better::kNone;
    drop_beaten_choices(choices);
  }
  std::stable_sort(search.blocks.begin(), search.blocks.end(),
                   [](const auto& a, const auto& b) { return second_least(a) > second_least(b); });
  const auto least = reach(search, false), most = reach(search, true);
  const auto width = search.room.size();
  const auto may_lead = [&](const BlockChoice& to, std::size_t next) {
    double above = to.above;
    for (std::size_t d = 0; d < width; ++d) {
      if (to.amounts[d] + least[next][d] > search.room[d]) return false;
      const auto unused = search.room[d] - to.amounts[d] - most[next][d];
      if (unused > 0) above += search.price[d] * static_cast<double>(unused);
    }
    return above <= search.slack;
  };
  std::vector<BlockChoice> partial{{std::vector<WideInteger>(width, 0), 0}}, next;
  std::uint64_t made = 0;
  for (std::size_t b = 0; b < search.blocks.size(); ++b) {
    next.clear();
    for (const auto& from : partial) {
      for (const auto& choice : search.blocks[b]) {
        if (++made > search.max_labels) return Better::kUnknown;
        BlockChoice to{from.amounts, from.above + choice.above};
        for (std::size_t d = 0; d < width; ++d) to.amounts[d] += choice.amounts[d];
        if (may_lead(to, b + 1)) next.push_back(std::move(to));
      }
    }
    drop_beaten_choices(next);
    partial.swap(next);
  }
  return partial.empty() ? Better::kNone : Better::kExists;
}

}  // namespace spanwise::tuner

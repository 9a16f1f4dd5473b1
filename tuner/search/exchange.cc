// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/exchange.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace spanwise::tuner {
namespace {

// Changes of one or two blocks that are combined two by two.
constexpr std::size_t kMostChanges = 40'000;
constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);

class Exchange {
 public:
  Exchange(const Space& space, const std::vector<std::vector<BlockOption>>& options, const DualPoint& dual,
           const Picks& start)
      : space_(space), dual_(dual), width_(space.width()), now_(full_choice(space, start)) {
    for (std::size_t d = 1; d < width_; ++d) {
      const auto& dimension = space.dimensions[d];
      room_.push_back(dimension.scale.number(dimension.room - now_.amounts[d]));
      if (dual.multipliers[d - 1] * spread_unit(d) > dual.multipliers[dear_ - 1] * spread_unit(dear_)) dear_ = d;
    }
    for (std::size_t b = 0; b < space.blocks.size(); ++b) add_moves(b, options[b]);
    std::sort(moves_.begin(), moves_.end(), [](const Move& a, const Move& b) { return a.reduced < b.reduced; });
  }

  bool run(FullChoice& best, const Effort& effort) {
    if (!(dual_.multipliers[dear_ - 1] > 0) || moves_.empty()) return false;
    list_changes();
    const double value = space_.dimensions[0].scale.number(best.amounts[0]);
    const double start_value = space_.dimensions[0].scale.number(now_.amounts[0]);
    saved_ = value - start_value;  // what the changes may add to amount 0, less than this
    widest_ = value - dual_.bound;
    if (!combine(effort)) return false;
    auto choice = now_;
    for (const auto m : {first_.first, first_.second, second_.first, second_.second}) {
      if (m != kNone) apply(moves_[m], choice);
    }
    // Doubles led here; integers decide.
    if (!keeps_limits(space_, choice.amounts) || choice.amounts[0] >= best.amounts[0]) return false;
    best = std::move(choice);
    return true;
  }

 private:
  struct Move {
    std::uint32_t block;
    const BlockOption* option;
    double reduced;
    std::vector<double> change;  // one a dimension
  };
  struct Change {
    std::uint32_t first = kNone, second = kNone;
    double dear = 0;  // of the dimension whose limit costs the most
  };

  double spread_unit(std::size_t d) const { return std::max(std::fabs(space_.dimensions[d].bound), 1e-300); }

  void add_moves(std::size_t b, const std::vector<BlockOption>& options) {
    const auto& block = space_.blocks[b];
    const auto current = amounts_of(space_, block, &now_.picks[space_.first_head(block)]);
    for (const auto& option : options) {
      if (option.amounts == current) continue;
      Move move{static_cast<std::uint32_t>(b), &option, 0, std::vector<double>(width_)};
      for (std::size_t d = 0; d < width_; ++d) {
        move.change[d] = space_.dimensions[d].scale.number(option.amounts[d] - current[d]);
        move.reduced += (d == 0 ? 1.0 : dual_.multipliers[d - 1]) * move.change[d];
      }
      moves_.push_back(std::move(move));
    }
  }

  double change(const Change& c, std::size_t d) const {
    double sum = 0;
    if (c.first != kNone) sum += moves_[c.first].change[d];
    if (c.second != kNone) sum += moves_[c.second].change[d];
    return sum;
  }

  void add_change(std::uint32_t first, std::uint32_t second) {
    changes_.push_back({first, second, 0});
    changes_.back().dear = change(changes_.back(), dear_);
  }

  // How many pairs of moves have at most this reduced cost.
  std::size_t pairs_within(double limit) const {
    std::size_t count = 0, j = moves_.size();
    for (std::size_t i = 0; i < moves_.size(); ++i) {
      while (j > 0 && moves_[i].reduced + moves_[j - 1].reduced > limit) --j;
      if (j <= i) break;
      count += j - i - 1;
    }
    return count;
  }

  // Nothing, each move, and the pairs of least reduced cost, by what they change of the dear dimension.
  void list_changes() {
    double low = 2 * moves_.front().reduced, high = 2 * moves_.back().reduced;
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (pairs_within(middle) <= kMostChanges ? low : high) = middle;
    }
    changes_.push_back({});
    for (std::uint32_t i = 0; i < moves_.size(); ++i) {
      add_change(i, kNone);
      for (std::uint32_t j = i + 1; j < moves_.size() && moves_[i].reduced + moves_[j].reduced <= low; ++j) {
        if (moves_[i].block != moves_[j].block) add_change(i, j);
      }
    }
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
      return std::tie(a.dear, a.first, a.second) < std::tie(b.dear, b.first, b.second);
    });
    columns_.assign(width_, {});
    for (std::size_t d = 0; d < width_; ++d) {
      for (const auto& c : changes_) columns_[d].push_back(change(c, d));
    }
  }

  // Two changes that together save the most. What they leave of the dear limit costs no more than the best so far lies
  // above the bound, so that for each the other stands in a short range.
  bool combine(const Effort& effort) {
    bool found = false;
    const auto& dear = columns_[dear_];
    const double price = dual_.multipliers[dear_ - 1];
    std::size_t end = dear.size();
    for (std::size_t i = 0; i < dear.size(); ++i) {
      if (i % 4096 == 0 && effort.spent()) break;
      const double most = room_[dear_ - 1] - dear[i];
      while (end > 0 && dear[end - 1] > most) --end;
      if (end <= i) break;
      const double least = most - widest_ / price;
      for (std::size_t j = end; j-- > i && dear[j] >= least;) {
        const double added = columns_[0][i] + columns_[0][j];
        if (!(added < saved_) || !fits(i, j) || share_block(i, j)) continue;
        widest_ -= saved_ - added;
        saved_ = added;
        first_ = changes_[i];
        second_ = changes_[j];
        found = true;
      }
    }
    return found;
  }

  bool fits(std::size_t i, std::size_t j) const {
    for (std::size_t d = 1; d < width_; ++d) {
      if (columns_[d][i] + columns_[d][j] > room_[d - 1]) return false;
    }
    return true;
  }

  bool share_block(std::size_t i, std::size_t j) const {
    for (const auto a : {changes_[i].first, changes_[i].second}) {
      for (const auto b : {changes_[j].first, changes_[j].second}) {
        if (a != kNone && b != kNone && moves_[a].block == moves_[b].block) return true;
      }
    }
    return false;
  }

  void apply(const Move& move, FullChoice& choice) const {
    const auto& block = space_.blocks[move.block];
    auto* picks = &choice.picks[space_.first_head(block)];
    const auto before = amounts_of(space_, block, picks);
    std::copy(move.option->picks.begin(), move.option->picks.end(), picks);
    for (std::size_t d = 0; d < width_; ++d) choice.amounts[d] += move.option->amounts[d] - before[d];
  }

  const Space& space_;
  const DualPoint& dual_;
  std::size_t width_, dear_ = 1;
  FullChoice now_;
  std::vector<double> room_;  // of each limit
  std::vector<Move> moves_;   // by reduced cost
  std::vector<Change> changes_;
  std::vector<std::vector<double>> columns_;  // [dimension][change]
  double saved_ = 0, widest_ = 0;
  Change first_, second_;
};

}  // namespace

bool exchange(const Space& space, const std::vector<std::vector<BlockOption>>& options, const DualPoint& dual,
              const Picks& start, FullChoice& best, const Effort& effort) {
  return space.width() > 1 && Exchange(space, options, dual, start).run(best, effort);
}

}  // namespace spanwise::tuner

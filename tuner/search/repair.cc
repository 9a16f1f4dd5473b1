// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/repair.h"

#include <algorithm>
#include <cmath>

namespace spanwise::tuner {
namespace {

constexpr int kMaxMoves = 3'000;

class Mover {
 public:
  Mover(const Space& space, const Picks& from, const std::vector<Picks>& seen, const std::vector<double>& multipliers,
        const Effort& effort)
      : space_(space), effort_(effort), now_(full_choice(space, from)), weights_{1.0} {
    weights_.insert(weights_.end(), multipliers.begin(), multipliers.end());
    for (std::size_t d = 1; d < space.width(); ++d) {
      const double size = std::fabs(space.dimensions[d].bound);
      unit_.push_back(1.0 / std::max(size, 1e-300));
    }
    for (std::size_t b = 0; b < space.blocks.size(); ++b) add_menu(b, seen);
  }

  std::optional<FullChoice> run() {
    int moves = 0;
    while (!keeps_limits(space_, now_.amounts)) {
      if (++moves > kMaxMoves || effort_.spent() || !buy_back()) return std::nullopt;
    }
    while (++moves <= kMaxMoves && !effort_.spent() && save()) {}
    return now_;
  }

 private:
  struct Item {
    std::size_t block;
    Picks picks;
    std::vector<double> numbers;
  };

  std::vector<double> numbers_of(std::size_t b, const std::uint32_t* picks) const {
    std::vector<double> numbers(space_.width(), 0.0);
    add_numbers(space_, space_.blocks[b], picks, numbers);
    return numbers;
  }

  void add_menu(std::size_t b, const std::vector<Picks>& seen) {
    const auto& block = space_.blocks[b];
    const auto first = space_.first_head(block), count = space_.heads_of(block);
    std::vector<Picks> different;
    if (count == 1 && !block.chooses_rules) {
      for (auto c = space_.heads[first].first; c < space_.heads[first].end; ++c)
        different.push_back({static_cast<std::uint32_t>(c)});
    } else {
      for (const auto& picks : seen) {
        const auto begin = picks.begin() + static_cast<std::ptrdiff_t>(first);
        different.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
      }
      std::sort(different.begin(), different.end());
      different.erase(std::unique(different.begin(), different.end()), different.end());
    }
    for (auto& picks : different) {
      auto numbers = numbers_of(b, picks.data());
      menu_.push_back({b, std::move(picks), std::move(numbers)});
    }
    current_.push_back(numbers_of(b, &now_.picks[first]));
  }

  // How far the limits are broken, each in units of its bound.
  std::vector<double> broken() const {
    std::vector<double> out;
    for (std::size_t d = 1; d < space_.width(); ++d) {
      const auto& dimension = space_.dimensions[d];
      const Amount over = now_.amounts[d] - dimension.room;
      out.push_back(over > 0 ? dimension.scale.number(over) : 0.0);
    }
    return out;
  }

  bool buy_back() {
    const auto over = broken();
    const Item* best = nullptr;
    double best_rate = HUGE_VAL;
    for (const auto& item : menu_) {
      const auto& current = current_[item.block];
      double bought = 0, price = 0;
      for (std::size_t d = 0; d < space_.width(); ++d) {
        const double change = item.numbers[d] - current[d];
        price += weights_[d] * change;
        if (d == 0) continue;
        const double room = space_.dimensions[d].scale.number(space_.dimensions[d].room - now_.amounts[d]);
        if (over[d - 1] > 0) bought += std::min(over[d - 1], -change) * unit_[d - 1];
        else if (change > room) bought -= (change - room) * unit_[d - 1];
      }
      if (!(bought > 0)) continue;
      const double rate = std::max(price, 0.0) / bought - 1e-9 * bought;
      if (rate >= best_rate) continue;
      best_rate = rate;
      best = &item;
    }
    if (best == nullptr) return false;
    apply(*best);
    return true;
  }

  bool save() {
    const Item* best = nullptr;
    double most = 0;
    for (const auto& item : menu_) {
      const auto& current = current_[item.block];
      const double saved = current[0] - item.numbers[0];
      if (saved <= most) continue;
      bool fits = true;
      for (std::size_t d = 1; d < space_.width() && fits; ++d) {
        const auto& dimension = space_.dimensions[d];
        fits = item.numbers[d] - current[d] <= dimension.scale.number(dimension.room - now_.amounts[d]);
      }
      if (!fits) continue;
      most = saved;
      best = &item;
    }
    if (best == nullptr) return false;
    const auto before = now_;
    const auto numbers = current_[best->block];
    apply(*best);
    if (keeps_limits(space_, now_.amounts) && now_.amounts[0] < before.amounts[0]) return true;
    now_ = before;
    current_[best->block] = numbers;
    return false;
  }

  void apply(const Item& item) {
    const auto& block = space_.blocks[item.block];
    auto* at = &now_.picks[space_.first_head(block)];
    const auto before = amounts_of(space_, block, at);
    std::copy(item.picks.begin(), item.picks.end(), at);
    const auto after = amounts_of(space_, block, at);
    for (std::size_t d = 0; d < after.size(); ++d) now_.amounts[d] += after[d] - before[d];
    current_[item.block] = item.numbers;
  }

  const Space& space_;
  const Effort& effort_;
  FullChoice now_;
  std::vector<double> weights_, unit_;
  std::vector<Item> menu_;
  std::vector<std::vector<double>> current_;
};

}  // namespace

FullChoice full_choice(const Space& space, Picks picks) {
  FullChoice out{std::move(picks), std::vector<Amount>(space.width(), 0)};
  for (const auto& block : space.blocks) {
    const auto amounts = amounts_of(space, block, &out.picks[space.first_head(block)]);
    for (std::size_t d = 0; d < amounts.size(); ++d) out.amounts[d] += amounts[d];
  }
  return out;
}

bool keeps_limits(const Space& space, const std::vector<Amount>& amounts) {
  for (std::size_t d = 1; d < space.width(); ++d) {
    if (amounts[d] > space.dimensions[d].room) return false;
  }
  return true;
}

std::optional<FullChoice> repaired(const Space& space, const Picks& from, const std::vector<Picks>& seen,
                                   const std::vector<double>& multipliers, const Effort& effort) {
  return Mover(space, from, seen, multipliers, effort).run();
}

}  // namespace spanwise::tuner

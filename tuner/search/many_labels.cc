// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/many_labels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace spanwise::tuner {
namespace {

// How many kept labels a new one is compared with when there is more than one limit.
constexpr std::size_t kCompared = 48;

struct Step {
  std::uint32_t parent;  // label of the step before
  std::uint32_t option;
};

class Labels {
 public:
  Labels(const LabelTask& task, const Effort& effort)
      : task_(task), space_(*task.space), effort_(effort), width_(space_.width()) {
    order_.resize(task.blocks.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    // Blocks whose second choice is far off first: they leave little room for the rest.
    std::vector<double> second(order_.size(), 0.0);
    for (std::size_t i = 0; i < order_.size(); ++i) second[i] = second_reduced(task.options[i]);
    std::stable_sort(order_.begin(), order_.end(), [&](auto a, auto b) { return second[a] > second[b]; });
    set_reach();
  }

  LabelAnswer run() {
    amounts_ = task_.base;
    reduced_ = {0.0};
    answer_.complete = true;
    for (std::size_t d = 1; d < width_; ++d) {
      if (amounts_[d] + least_[d] > space_.dimensions[d].room) return answer_;
    }
    for (std::size_t i = 0; i < order_.size(); ++i) {
      extend(i);
      answer_.labels += reduced_.size();
      answer_.peak = std::max<std::uint64_t>(answer_.peak, reduced_.size());
      if (reduced_.empty()) return answer_;
      if (answer_.labels > task_.max_labels || effort_.spent()) {
        answer_.complete = false;
        return answer_;
      }
    }
    pick_best();
    return answer_;
  }

 private:
  static double second_reduced(const std::vector<BlockOption>& options) {
    double least = HUGE_VAL, second = HUGE_VAL;
    for (const auto& option : options) {
      if (option.reduced < least) {
        second = least;
        least = option.reduced;
      } else {
        second = std::min(second, option.reduced);
      }
    }
    return second;
  }

  // What the blocks from a step on can add to each amount, at least and at most.
  void set_reach() {
    least_.assign((order_.size() + 1) * width_, 0);
    most_ = least_;
    usual_ = least_;
    for (auto i = order_.size(); i-- > 0;) {
      const auto& of_block = task_.options[order_[i]];
      const auto usual = std::min_element(of_block.begin(), of_block.end(), [](const auto& a, const auto& b) { return a.reduced < b.reduced; });
      for (std::size_t d = 0; d < width_; ++d) {
        const auto by_amount = [d](const BlockOption& a, const BlockOption& b) { return a.amounts[d] < b.amounts[d]; };
        const auto& options = task_.options[order_[i]];
        const auto [low, high] = std::minmax_element(options.begin(), options.end(), by_amount);
        least_[i * width_ + d] = least_[(i + 1) * width_ + d] + low->amounts[d];
        most_[i * width_ + d] = most_[(i + 1) * width_ + d] + high->amounts[d];
        usual_[i * width_ + d] = usual_[(i + 1) * width_ + d] + usual->amounts[d];
      }
    }
  }

  void extend(std::size_t i) {
    const auto& options = task_.options[order_[i]];
    const Amount* least = &least_[(i + 1) * width_];
    const Amount* most = &most_[(i + 1) * width_];
    next_amounts_.clear();
    next_reduced_.clear();
    next_steps_.clear();
    std::vector<Amount> amounts(width_);
    for (std::uint32_t from = 0; from < reduced_.size(); ++from) {
      for (std::uint32_t o = 0; o < options.size(); ++o) {
        const double reduced = reduced_[from] + options[o].reduced;
        if (reduced > task_.distance) continue;
        double unused = reduced;
        bool fits = true;
        for (std::size_t d = 0; d < width_; ++d) {
          amounts[d] = amounts_[from * width_ + d] + options[o].amounts[d];
          if (d == 0) continue;
          const auto& dimension = space_.dimensions[d];
          if (amounts[d] + least[d] > dimension.room) {
            fits = false;
            break;
          }
          const double multiplier = task_.multipliers[d - 1];
          const Amount spare = dimension.room - amounts[d] - most[d];
          if (multiplier > 0 && spare > 0) unused += multiplier * dimension.scale.number(spare);
        }
        if (!fits || unused > task_.distance) continue;
        next_amounts_.insert(next_amounts_.end(), amounts.begin(), amounts.end());
        next_reduced_.push_back(reduced);
        next_steps_.push_back({from, o});
      }
      if (next_reduced_.size() > 8 * task_.max_peak) {
        answer_.complete = false;
        break;
      }
    }
    keep_unbeaten(i);
  }

  const Amount* next(std::uint32_t label) const { return &next_amounts_[label * width_]; }

  // next_* become the labels, in order, without beaten ones; the most promising ones when there are too many.
  void keep_unbeaten(std::size_t i) {
    std::vector<std::uint32_t> labels(next_reduced_.size()), kept;
    std::iota(labels.begin(), labels.end(), 0u);
    // With one limit, by what it limits: then a label must only beat the last kept one.
    const std::size_t lead = width_ == 2 ? 1 : 0;
    std::sort(labels.begin(), labels.end(), [&](auto a, auto b) {
      const Amount* x = next(a);
      const Amount* y = next(b);
      if (x[lead] != y[lead]) return x[lead] < y[lead];
      for (std::size_t d = 0; d < width_; ++d) {
        if (x[d] != y[d]) return x[d] < y[d];
      }
      return a < b;
    });
    steps_.resize(i + 1);
    for (const auto label : labels) {
      if (!kept.empty() && std::equal(next(label), next(label) + width_, next(kept.back()))) {
        if (names_first(i, label, kept.back())) kept.back() = label;
        continue;
      }
      const auto oldest = kept.size() - std::min(kept.size(), width_ == 2 ? std::size_t{1} : kCompared);
      bool beaten = false;
      for (auto k = kept.size(); k-- > oldest && !beaten;)
        beaten = beats(space_, next(kept[k]), next(label), [&] { return names_first(i, kept[k], label); });
      if (!beaten) kept.push_back(label);
    }
    if (kept.size() > task_.max_peak) keep_promising(kept, &usual_[(i + 1) * width_]);
    amounts_.clear();
    reduced_.clear();
    for (const auto label : kept) {
      amounts_.insert(amounts_.end(), next(label), next(label) + width_);
      reduced_.push_back(next_reduced_[label]);
      steps_[i].push_back(next_steps_[label]);
    }
  }

  // What a label would cost if the blocks left took their least, and unused or missing room cost its price.
  void keep_promising(std::vector<std::uint32_t>& kept, const Amount* usual) {
    answer_.complete = false;
    std::vector<double> score(next_reduced_.size(), 0.0);
    for (const auto label : kept) {
      score[label] = next_reduced_[label];
      for (std::size_t d = 1; d < width_; ++d) {
        const auto& dimension = space_.dimensions[d];
        const double left = dimension.scale.number(dimension.room - next(label)[d] - usual[d]);
        score[label] += task_.multipliers[d - 1] * std::fabs(left);
      }
    }
    std::stable_sort(kept.begin(), kept.end(), [&](auto a, auto b) { return score[a] < score[b]; });
    kept.resize(task_.max_peak / 2);
    std::sort(kept.begin(), kept.end());
  }

  // The option that a label of step i takes of every block so far, by place in order_.
  std::vector<std::uint32_t> trace(std::size_t i, Step step) const {
    std::vector<std::uint32_t> options(i + 1);
    for (;; --i) {
      options[i] = step.option;
      if (i == 0) return options;
      step = steps_[i - 1][step.parent];
    }
  }

  // Of two labels with the same amounts: the first head, in (layer, head) order, at which they differ decides.
  bool names_first(std::size_t i, std::uint32_t a, std::uint32_t b) const {
    return traces_before(trace(i, next_steps_[a]), trace(i, next_steps_[b]));
  }
  bool traces_before(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) const {
    std::size_t first = static_cast<std::size_t>(-1);
    bool before = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] == b[i]) continue;
      const auto& options = task_.options[order_[i]];
      const auto& x = options[a[i]].picks;
      const auto& y = options[b[i]].picks;
      const auto first_head = space_.first_head(space_.blocks[task_.blocks[order_[i]]]);
      for (std::size_t h = 0; h < x.size(); ++h) {
        const auto position = space_.heads[first_head + h].position;
        if (x[h] == y[h] || position >= first) continue;
        first = position;
        before = space_.rule[x[h]] < space_.rule[y[h]];
      }
    }
    return before;
  }

  void pick_best() {
    std::size_t best = 0;
    const auto last = order_.size() - 1;  // with a single label when there are no steps
    for (std::size_t label = 1; label < reduced_.size(); ++label) {
      const int order = compare_choices(space_, &amounts_[label * width_], &amounts_[best * width_]);
      if (order < 0 || (order == 0 && traces_before(trace(last, steps_[last][label]), trace(last, steps_[last][best]))))
        best = label;
    }
    answer_.found = true;
    answer_.amounts.assign(&amounts_[best * width_], &amounts_[best * width_] + width_);
    answer_.options.resize(order_.size());
    if (order_.empty()) return;
    const auto options = trace(last, steps_[last][best]);
    for (std::size_t i = 0; i < order_.size(); ++i) answer_.options[order_[i]] = options[i];
  }

  const LabelTask& task_;
  const Space& space_;
  const Effort& effort_;
  std::size_t width_;
  std::vector<std::size_t> order_;
  std::vector<Amount> least_, most_, usual_;
  std::vector<Amount> amounts_, next_amounts_;  // [label][dimension]
  std::vector<double> reduced_, next_reduced_;
  std::vector<Step> next_steps_;
  std::vector<std::vector<Step>> steps_;
  LabelAnswer answer_;
};

}  // namespace

int compare_choices(const Space& space, const Amount* a, const Amount* b) {
  for (std::size_t d = 0; d < space.width(); ++d) {
    if (d > 0 && space.dimensions[d].sign < 0) continue;
    if (a[d] != b[d]) return a[d] < b[d] ? -1 : 1;
  }
  return 0;
}

LabelAnswer search_many_labels(const LabelTask& task, const Effort& effort) { return Labels(task, effort).run(); }

}  // namespace spanwise::tuner

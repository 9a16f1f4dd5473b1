// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/stage.h"

#include <algorithm>
#include <cmath>

#include "tuner/search/block_search.h"
#include "tuner/search/exchange.h"
#include "tuner/search/many_labels.h"

namespace spanwise::tuner {
namespace {

constexpr double kRounding = 0x1.0p-47;
constexpr std::size_t kMaxOptions = 20'000;  // of one block
constexpr std::size_t kStageBlocksPerTask = 16;

class Stage {
 public:
  Stage(const Space& space, const Effort& effort, bool any) : space_(space), effort_(effort), any_(any) {}

  StageResult run() {
    auto ascent = best_dual(space_, 1.0, effort_);
    result_.dual = std::move(ascent.best);
    if (result_.dual.impossible_block) {
      result_.exhausted = true;
      return std::move(result_);
    }
    net_multipliers();
    result_.searched_to = result_.dual.bound;
    rounding_ = kRounding * result_.dual.size;
    seen_ = std::move(ascent.seen);
    find_some();
    if (result_.impossible || (any_ && result_.choice)) return std::move(result_);
    close();
    return std::move(result_);
  }

 private:
  // Of the two limits of one mix only one has a price: less of both is a larger bound.
  void net_multipliers() {
    auto multipliers = result_.dual.multipliers;
    for (std::size_t d = 1; d + 1 < space_.width(); ++d) {
      const auto& upper = space_.dimensions[d];
      const auto& lower = space_.dimensions[d + 1];
      if (upper.sign < 0 || lower.sign > 0 || upper.of != lower.of) continue;
      const double both = std::min(multipliers[d - 1], multipliers[d]);
      multipliers[d - 1] -= both;
      multipliers[d] -= both;
    }
    if (multipliers != result_.dual.multipliers) result_.dual = dual_at(space_, 1.0, multipliers, effort_);
  }

  double above(const FullChoice& choice) const {
    return std::max(0.0, space_.dimensions[0].scale.number(choice.amounts[0]) - result_.dual.bound);
  }

  // The dual's own choice, or the ones it met, repaired.
  void find_some() {
    const auto offer = [&](const Picks& from) {
      auto choice = repaired(space_, from, seen_, result_.dual.multipliers, effort_);
      if (choice && (!result_.choice || choice->amounts[0] < result_.choice->amounts[0])) result_.choice = choice;
    };
    offer(result_.dual.picks);
    if (result_.choice || space_.width() == 1) return;
    // Is there any? With weight 0 the dual asks for the limits alone.
    auto limits_alone = best_dual(space_, 0.0, effort_);
    if (limits_alone.best.bound > kRounding * 4 * limits_alone.best.size) {
      result_.impossible = std::move(limits_alone.best);
      result_.exhausted = true;
      return;
    }
    auto all = seen_;
    all.insert(all.end(), limits_alone.seen.begin(), limits_alone.seen.end());
    auto choice = repaired(space_, limits_alone.best.picks, all, result_.dual.multipliers, effort_);
    if (choice) result_.choice = std::move(choice);
  }

  // The options of every block within the distance; false when some block has too many.
  bool list_options(double distance) {
    std::vector<double> weights{1.0};
    weights.insert(weights.end(), result_.dual.multipliers.begin(), result_.dual.multipliers.end());
    options_.assign(space_.blocks.size(), {});
    std::vector<char> complete(space_.blocks.size(), 1);
    const auto task = [&](std::size_t i, int) {
      BlockSearch search(space_, weights);
      const auto end = std::min(space_.blocks.size(), (i + 1) * kStageBlocksPerTask);
      for (auto b = i * kStageBlocksPerTask; b < end; ++b)
        complete[b] = search.near(space_.blocks[b], distance, kMaxOptions, options_[b]) ? 1 : 0;
    };
    const auto tasks = (space_.blocks.size() + kStageBlocksPerTask - 1) / kStageBlocksPerTask;
    if (effort_.pool != nullptr) {
      effort_.pool->run(tasks, task);
    } else {
      for (std::size_t i = 0; i < tasks; ++i) task(i, 0);
    }
    listed_ = distance;
    return std::find(complete.begin(), complete.end(), 0) == complete.end();
  }

  // A first distance at which a few blocks have a second choice; above 0 unless there is nothing to be distant from.
  double first_distance(double everything) const {
    return std::max({1e-7 * result_.dual.size, 4 * rounding_, 1e-7 * everything});
  }

  LabelTask task_within(double distance) {
    LabelTask task;
    task.space = &space_;
    task.multipliers = result_.dual.multipliers;
    task.distance = distance;
    task.max_labels = effort_.max_labels - std::min(effort_.max_labels, result_.labels);
    task.max_peak = space_.width() > 2 ? 60'000 : effort_.max_labels / 32;
    task.max_peak = std::max<std::uint64_t>(task.max_peak, 16);
    task.base.assign(space_.width(), 0);
    result_.survivors = 0;
    for (std::size_t b = 0; b < space_.blocks.size(); ++b) {
      std::vector<BlockOption> within;
      for (const auto& option : options_[b]) {
        if (option.reduced <= distance) within.push_back(option);
      }
      result_.survivors += within.size();
      if (within.size() == 1) {
        for (std::size_t d = 0; d < space_.width(); ++d) task.base[d] += within[0].amounts[d];
      } else {
        task.blocks.push_back(b);
        task.options.push_back(std::move(within));
      }
    }
    return task;
  }

  void keep(const LabelTask& task, const LabelAnswer& answer) {
    if (result_.choice && compare_choices(space_, answer.amounts.data(), result_.choice->amounts.data()) > 0) return;
    FullChoice choice{Picks(space_.heads.size(), 0), answer.amounts};
    for (std::size_t b = 0, i = 0; b < space_.blocks.size(); ++b) {
      const bool open = i < task.blocks.size() && task.blocks[i] == b;
      const auto within = std::find_if(options_[b].begin(), options_[b].end(),
                                       [&](const auto& option) { return option.reduced <= task.distance; });
      const auto& picks = open ? task.options[i][answer.options[i]].picks : within->picks;
      std::copy(picks.begin(), picks.end(), choice.picks.begin() + static_cast<std::ptrdiff_t>(space_.first_head(space_.blocks[b])));
      if (open) ++i;
    }
    result_.choice = std::move(choice);
  }

  // Whether `distance` leaves out some option of some block.
  double widest() const {
    double sum = 4 * rounding_;
    std::vector<double> weights{1.0};
    weights.insert(weights.end(), result_.dual.multipliers.begin(), result_.dual.multipliers.end());
    for (std::size_t d = 0; d < space_.width(); ++d) {
      for (const auto& head : space_.heads) {
        double low = HUGE_VAL, high = -HUGE_VAL, peak = 0;
        for (auto c = head.first; c < head.end; ++c) {
          low = std::min(low, space_.additive[c * space_.width() + d]);
          high = std::max(high, space_.additive[c * space_.width() + d]);
          for (std::size_t p = 0; p < space_.peaks; ++p)
            peak = std::max(peak, std::fabs(space_.peak_weight[p * space_.width() + d]) * space_.peak[c * space_.peaks + p]);
        }
        sum += weights[d] * (high - low + peak);
      }
      for (const auto& block : space_.blocks) {
        if (block.chooses_rules) sum += weights[d] * std::fabs(block.launch[d]) * block.max_rules;
      }
      if (d == 0) continue;
      double room = std::fabs(space_.dimensions[d].bound);
      for (std::size_t h = 0; h < space_.heads.size(); ++h) {
        double most = 0;
        for (auto c = space_.heads[h].first; c < space_.heads[h].end; ++c)
          most = std::max(most, std::fabs(space_.additive[c * space_.width() + d]));
        room += most;
      }
      sum += weights[d] * room;
    }
    return 2 * sum;
  }

  // Where not everything can be searched: exchanges among some thousand options near the bound, from the best so far
  // and from what the dual chose near its end.
  void improve() {
    constexpr std::size_t kEnough = 4'000, kStarts = 3;
    if (!result_.choice) return;
    const double last = above(*result_.choice);
    std::vector<std::vector<BlockOption>> usable;
    for (double distance = last / 256; distance < 2 * last; distance *= 2) {
      if (effort_.spent() || !list_options(distance)) break;
      usable.swap(options_);
      std::size_t count = 0;
      for (const auto& options : usable) count += options.size();
      if (count > kEnough + space_.blocks.size()) break;
    }
    if (usable.empty()) return;
    const auto& dual = result_.dual;
    std::vector<Picks> starts{dual.picks};
    for (auto i = seen_.size(); i-- > 0 && starts.size() < kStarts;) {
      if (std::find(starts.begin(), starts.end(), seen_[i]) == starts.end()) starts.push_back(seen_[i]);
    }
    for (const auto& start : starts) exchange(space_, usable, dual, start, *result_.choice, effort_);
    while (exchange(space_, usable, dual, Picks(result_.choice->picks), *result_.choice, effort_)) {}
  }

  void close() {
    constexpr double kFirst = 1.0 / 256, kStep = 1.4142135623730951, kStepBlind = 3.0;
    const double everything = widest();
    bool blind = !result_.choice;
    double distance = blind ? first_distance(everything) : above(*result_.choice) * kFirst;
    listed_ = -1;
    for (;;) {
      const double last = result_.choice && !blind ? above(*result_.choice) : everything;
      distance = std::min(distance, last);
      const double margin = distance + 4 * rounding_;
      if (listed_ < margin && !list_options(std::min(last + 4 * rounding_, std::max(margin * 4, margin)))) {
        if (!list_options(margin)) return improve();
      }
      const auto task = task_within(margin);
      LabelAnswer answer;
      answer.complete = true;
      // The least of a block may be a bound that none of its choices reaches.
      const auto none = [](const std::vector<BlockOption>& options) { return options.empty(); };
      if (std::none_of(task.options.begin(), task.options.end(), none)) answer = search_many_labels(task, effort_);
      result_.labels += answer.labels;
      result_.peak = std::max(result_.peak, answer.peak);
      if (answer.found) keep(task, answer);
      if (answer.found && any_) return;
      if (!answer.complete) return improve();
      const bool reached = answer.found && (space_.dimensions[0].scale.number(answer.amounts[0]) - result_.dual.bound <=
                                            distance + 2 * rounding_);
      if (reached || distance >= last) {
        result_.exhausted = true;
        if (result_.choice) result_.searched_to = space_.dimensions[0].scale.number(result_.choice->amounts[0]);
        return;
      }
      result_.searched_to = result_.dual.bound + distance;
      if (answer.found) blind = false;
      distance = distance == 0 ? first_distance(everything) : distance * (blind ? kStepBlind : kStep);
      if (effort_.spent()) return;
    }
  }

  const Space& space_;
  const Effort& effort_;
  bool any_;
  StageResult result_;
  double rounding_ = 0, listed_ = -1;
  std::vector<Picks> seen_;  // what the dual chose on its way
  std::vector<std::vector<BlockOption>> options_;
};

}  // namespace

StageResult solve_stage(const Space& space, const Effort& effort) { return Stage(space, effort, false).run(); }

StageResult find_any(const Space& space, const Effort& effort) { return Stage(space, effort, true).run(); }

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
#include "tuner/labels.h"

#include <algorithm>

namespace spanwise::tuner {
namespace {

struct Label {
  Amount cost, value;
  double reduced;
  double cost_number;
  std::uint32_t parent;  // label of the class before, by position
  std::uint32_t option;
  std::uint32_t order;
};

// How a label of one class was made; all that is needed to find the assignment again.
struct Step {
  std::uint32_t parent;
  std::uint32_t option;
};

bool beats(const Label& a, const Label& b) {
  if (a.value != b.value) return a.value < b.value;
  if (a.cost != b.cost) return a.cost < b.cost;
  return a.order < b.order;
}

class Search {
 public:
  explicit Search(const LabelSearch& input) : in_(input) {}

  // Classes are taken last to first. Then two labels of equal cost and value that take different options of the
  // present class compare by that option's name alone, which stands first among the names they differ in; and two
  // with the same option would have come from two equal labels, of which only one was kept.
  LabelResult run() {
    const auto count = in_.classes.size();
    set_reach();
    labels_ = {Label{0, 0, 0.0, 0.0, 0, 0, 0}};
    steps_.resize(count);
    for (std::size_t i = count; i-- > 0;) {
      const bool within = extend(i);
      result_.labels += labels_.size();
      result_.peak = std::max<std::uint64_t>(result_.peak, labels_.size());
      if (!within || result_.labels > in_.max_labels) return result_;
      steps_[i].reserve(labels_.size());
      for (const auto& label : labels_) steps_[i].push_back({label.parent, label.option});
    }
    result_.complete = true;
    if (!labels_.empty()) take_best();
    return result_;
  }

 private:
  // What the classes before i can still add to the cost, at least and at most.
  void set_reach() {
    const auto count = in_.classes.size();
    least_.assign(count + 1, 0);
    most_.assign(count + 1, 0.0);
    for (std::size_t i = 0; i < count; ++i) {
      least_[i + 1] = least_[i] + in_.classes[i].front().cost;
      most_[i + 1] = most_[i] + in_.classes[i].back().cost_number;
    }
  }

  // False when the labels became too many.
  bool extend(std::size_t i) {
    const auto& options = in_.classes[i];
    shift(options[0], 0, i, merged_);
    for (std::uint32_t o = 1; o < options.size() && merged_.size() <= in_.max_peak; ++o) {
      shift(options[o], o, i, shifted_);
      merge();
    }
    labels_.swap(merged_);
    return labels_.size() <= in_.max_peak;
  }

  // All labels with one option added, without those that cannot end within the room and the threshold.
  void shift(const Option& option, std::uint32_t index, std::size_t i, std::vector<Label>& out) const {
    out.clear();
    for (std::uint32_t p = 0; p < labels_.size(); ++p) {
      const auto& from = labels_[p];
      const Amount cost = from.cost + option.cost;
      if (cost + least_[i] > in_.room) break;  // costs rise along the list
      const double reduced = from.reduced + option.reduced;
      const double cost_number = from.cost_number + option.cost_number;
      const double unused = std::max(0.0, in_.room_number - cost_number - most_[i]);
      if (reduced + in_.multiplier * unused > in_.threshold) continue;
      out.push_back({cost, from.value + option.value, reduced, cost_number, p, index, option.order});
    }
  }

  // merged_ and shifted_, each by rising cost and falling value, become one such list.
  void merge() {
    spare_.clear();
    auto a = merged_.begin(), b = shifted_.begin();
    while (a != merged_.end() || b != shifted_.end()) {
      const bool take_a = b == shifted_.end() || (a != merged_.end() && comes_first(*a, *b));
      const Label& next = take_a ? *a++ : *b++;
      if (spare_.empty() || next.value < spare_.back().value) spare_.push_back(next);
    }
    merged_.swap(spare_);
  }

  static bool comes_first(const Label& a, const Label& b) { return a.cost != b.cost ? a.cost < b.cost : beats(a, b); }

  void take_best() {
    const auto best = std::min_element(labels_.begin(), labels_.end(), beats);
    result_.found = true;
    result_.cost = best->cost;
    result_.value = best->value;
    auto at = static_cast<std::uint32_t>(best - labels_.begin());
    for (std::size_t i = 0; i < in_.classes.size(); ++i) {
      const auto& step = steps_[i][at];
      result_.items.push_back(in_.classes[i][step.option].item);
      at = step.parent;
    }
  }

  const LabelSearch& in_;
  LabelResult result_;
  std::vector<Amount> least_;
  std::vector<double> most_;
  std::vector<Label> labels_, merged_, shifted_, spare_;
  std::vector<std::vector<Step>> steps_;
};

}  // namespace

LabelResult search_labels(const LabelSearch& search) { return Search(search).run(); }

}  // namespace spanwise::tuner

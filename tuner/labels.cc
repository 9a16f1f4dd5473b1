// SPDX-License-Identifier: Apache-2.0
#include "tuner/labels.h"

#include <algorithm>
#include <optional>

namespace spanwise::tuner {
namespace {

struct Label {
  Amount cost, value;
  double reduced;
  double cost_number;
  std::uint32_t parent;  // label of the class before, by position
  std::uint32_t option;
};

// How a label was made; all that is needed to find its assignment again.
struct Step {
  std::uint32_t parent;
  std::uint32_t option;
};

// The labels of classes [first, end).
class Half {
 public:
  Half(const LabelSearch& search, std::size_t first, std::size_t end)
      : in_(search), first_(first), end_(end) {}

  // Classes are taken last to first. Then two labels of equal cost and value that take different options of
  // the present class compare by that option's name alone, which stands first among the names they differ in;
  // and two with the same option would have come from two equal labels, of which only one was kept. False
  // when there are too many labels.
  bool run(LabelResult& result) {
    set_reach();
    labels_ = {Label{0, 0, 0.0, 0.0, 0, 0}};
    steps_.resize(end_ - first_);
    for (std::size_t i = end_; i-- > first_;) {
      const bool within = extend(i);
      result.labels += labels_.size();
      result.peak = std::max<std::uint64_t>(result.peak, labels_.size());
      if (!within || result.labels > in_.max_labels) return false;
      auto& steps = steps_[i - first_];
      steps.reserve(labels_.size());
      for (const auto& label : labels_) steps.push_back({label.parent, label.option});
    }
    return true;
  }

  // By rising cost and falling value.
  const std::vector<Label>& labels() const { return labels_; }

  // The option that a label takes of each class.
  std::vector<std::uint32_t> options_of(std::size_t label) const {
    std::vector<std::uint32_t> options;
    auto at = static_cast<std::uint32_t>(label);
    for (const auto& steps : steps_) {
      options.push_back(steps[at].option);
      at = steps[at].parent;
    }
    return options;
  }

 private:
  // What all other classes, but those already taken here, can add to the cost: at least and at most.
  void set_reach() {
    least_.assign(end_ - first_ + 1, 0);
    most_.assign(end_ - first_ + 1, 0.0);
    for (std::size_t i = 0; i < in_.classes.size(); ++i) {
      if (i >= first_ && i < end_) continue;
      least_[0] += in_.classes[i].front().cost;
      most_[0] += in_.classes[i].back().cost_number;
    }
    for (std::size_t i = first_; i < end_; ++i) {
      least_[i - first_ + 1] = least_[i - first_] + in_.classes[i].front().cost;
      most_[i - first_ + 1] = most_[i - first_] + in_.classes[i].back().cost_number;
    }
  }

  bool extend(std::size_t i) {
    const auto& options = in_.classes[i];
    shift(options[0], 0, i, merged_);
    for (std::uint32_t o = 1; o < options.size() && merged_.size() <= in_.max_peak; ++o) {
      shift(options[o], o, i, shifted_);
      merge(options);
    }
    labels_.swap(merged_);
    return labels_.size() <= in_.max_peak;
  }

  // All labels with one option added, without those that cannot end within the room and the threshold.
  void shift(const Option& option, std::uint32_t index, std::size_t i, std::vector<Label>& out) const {
    out.clear();
    const Amount least = least_[i - first_];
    const double most = most_[i - first_];
    for (std::uint32_t p = 0; p < labels_.size(); ++p) {
      const auto& from = labels_[p];
      const Amount cost = from.cost + option.cost;
      if (cost + least > in_.room) break;  // costs rise along the list
      const double reduced = from.reduced + option.reduced;
      const double cost_number = from.cost_number + option.cost_number;
      const double unused = std::max(0.0, in_.room_number - cost_number - most);
      if (reduced + in_.multiplier * unused > in_.threshold) continue;
      out.push_back({cost, from.value + option.value, reduced, cost_number, p, index});
    }
  }

  // merged_ and shifted_, each by rising cost and falling value, become one such list.
  void merge(const std::vector<Option>& options) {
    spare_.clear();
    const auto comes_first = [&](const Label& a, const Label& b) {
      if (a.cost != b.cost) return a.cost < b.cost;
      if (a.value != b.value) return a.value < b.value;
      return options[a.option].order < options[b.option].order;
    };
    auto a = merged_.begin(), b = shifted_.begin();
    while (a != merged_.end() || b != shifted_.end()) {
      const bool take_a = b == shifted_.end() || (a != merged_.end() && comes_first(*a, *b));
      const Label& next = take_a ? *a++ : *b++;
      if (spare_.empty() || next.value < spare_.back().value) spare_.push_back(next);
    }
    merged_.swap(spare_);
  }

  const LabelSearch& in_;
  std::size_t first_, end_;
  std::vector<Amount> least_;
  std::vector<double> most_;
  std::vector<Label> labels_, merged_, shifted_, spare_;
  std::vector<std::vector<Step>> steps_;
};

struct Pair {
  std::size_t front, back;
  Amount cost, value;
};

// The best pair within the room. For each label of the front half the best partner is the costliest that
// fits; no two labels of a half are equal, so equal pairs differ in their front labels and compare by the
// front's names.
std::optional<Pair> best_pair(const LabelSearch& search, const Half& front, const Half& back) {
  const auto names_before = [&](std::size_t a, std::size_t b) {
    const auto left = front.options_of(a), right = front.options_of(b);
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto& options = search.classes[i];
      if (left[i] != right[i]) return options[left[i]].order < options[right[i]].order;
    }
    return false;
  };
  std::optional<Pair> best;
  const auto& partners = back.labels();
  std::size_t fitting = partners.size();
  for (std::size_t a = 0; a < front.labels().size(); ++a) {
    const auto& label = front.labels()[a];
    while (fitting > 0 && label.cost + partners[fitting - 1].cost > search.room) --fitting;
    if (fitting == 0) break;
    const Pair pair{a, fitting - 1, label.cost + partners[fitting - 1].cost,
                    label.value + partners[fitting - 1].value};
    const bool better =
        !best || pair.value < best->value ||
        (pair.value == best->value &&
         (pair.cost < best->cost || (pair.cost == best->cost && names_before(a, best->front))));
    if (better) best = pair;
  }
  return best;
}

}  // namespace

LabelResult search_labels(const LabelSearch& search) {
  LabelResult result;
  const auto count = search.classes.size();
  Half front(search, 0, count / 2), back(search, count / 2, count);
  if (!front.run(result) || !back.run(result)) return result;
  result.complete = true;
  const auto best = best_pair(search, front, back);
  if (!best) return result;
  result.found = true;
  result.cost = best->cost;
  result.value = best->value;
  auto options = front.options_of(best->front);
  const auto rest = back.options_of(best->back);
  options.insert(options.end(), rest.begin(), rest.end());
  for (std::size_t i = 0; i < count; ++i) result.items.push_back(search.classes[i][options[i]].item);
  return result;
}

}  // namespace spanwise::tuner

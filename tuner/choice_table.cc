// SPDX-License-Identifier: Apache-2.0
#include "tuner/choice_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>

#include "tuner/mix_parts.h"

namespace spanwise::tuner {
namespace {

// The amounts of one mix: one for each candidate, heads in (layer, head) order.
struct Amounts {
  std::vector<double> number;
  double largest = 0.0;
};

Amounts amounts_of(const Problem& problem, const std::vector<std::size_t>& heads, const Mix& mix) {
  const MixParts parts(problem, mix);
  Amounts out;
  std::size_t count = 0;
  for (const auto h : heads) count += problem.heads[h].rule.size();
  out.number.reserve(count);
  for (const auto h : heads) {
    const auto& head = problem.heads[h];
    for (std::size_t k = 0; k < head.rule.size(); ++k) {
      out.number.push_back(parts.additive(head, k));
      const double size = std::fabs(out.number.back());
      out.largest =
          std::isfinite(size) ? std::max(out.largest, size) : std::numeric_limits<double>::infinity();
    }
  }
  return out;
}

// Twice the sum is still a double: sums, differences and bounds then are, too.
core::Status check_range(const Amounts& amounts, std::size_t heads, const Mix& mix) {
  if (std::isfinite(amounts.largest * 4.0 * static_cast<double>(heads))) return core::Done{};
  return core::fail(core::Fault::kInput,
                    fmt::format("the numbers of '{}' are too large to add up", mix_name(mix)));
}

std::vector<std::uint32_t> name_order(const Problem& problem) {
  std::vector<std::uint32_t> by_name(problem.rules.size()), order(problem.rules.size());
  std::iota(by_name.begin(), by_name.end(), 0u);
  std::sort(by_name.begin(), by_name.end(),
            [&](auto a, auto b) { return problem.rules[a].name < problem.rules[b].name; });
  for (std::uint32_t i = 0; i < by_name.size(); ++i) order[by_name[i]] = i;
  return order;
}

class Builder {
 public:
  Builder(const Problem& problem, ChoiceTable& table, const Amounts& cost, const Amounts& value)
      : problem_(problem), table_(table), cost_(cost), value_(value), order_(name_order(problem)) {
    for (const auto& layer : problem.layers) {
      if (layer.max_rules == 1) one_rule_.insert(layer.layer);
    }
  }

  void run() {
    const auto& heads = table_.heads;
    std::size_t end = 0;
    for (std::size_t first = 0; first < heads.size(); first = end) {
      end = first + 1;
      const int layer = problem_.heads[heads[first]].layer;
      const bool merge = one_rule_.count(layer) != 0;
      while (merge && end < heads.size() && problem_.heads[heads[end]].layer == layer) ++end;
      table_.begin.push_back(table_.items.size());
      table_.first_head.push_back(first);
      add_class(first, end);
    }
    table_.begin.push_back(table_.items.size());
    table_.first_head.push_back(heads.size());
  }

 private:
  void add_class(std::size_t first, std::size_t end) {
    drafts_.clear();
    for (std::size_t h = first; h < end; ++h) add_head(problem_.heads[table_.heads[h]], h == first);
    const auto heads = end - first;
    const auto legal = [&](const Draft& draft) { return draft.heads == heads; };
    drafts_.erase(std::partition(drafts_.begin(), drafts_.end(), legal), drafts_.end());
    if (drafts_.empty() && table_.impossible.empty()) table_.impossible = explain(first, heads);
    keys_.clear();
    for (std::uint32_t i = 0; i < drafts_.size(); ++i)
      keys_.push_back({table_.cost_scale.number(drafts_[i].cost), i});
    std::sort(keys_.begin(), keys_.end(), [&](const Key& a, const Key& b) {
      return a.cost != b.cost ? a.cost < b.cost : comes_first(drafts_[a.draft], drafts_[b.draft]);
    });
    for (const auto& key : keys_) {
      const auto& draft = drafts_[key.draft];
      // Beaten by an item that costs no more and whose value is no larger, or the same under a smaller name.
      if (table_.items.size() > table_.begin.back() && draft.value >= table_.items.back().value) continue;
      table_.items.push_back({draft.cost, draft.value, key.cost, table_.value_scale.number(draft.value),
                              draft.rule, draft.order});
    }
  }

  struct Draft {
    Amount cost, value;
    std::uint32_t rule, order;
    std::size_t heads;
  };

  // A draft by its rounded cost: most comparisons need no more, and small keys sort faster.
  struct Key {
    double cost;
    std::uint32_t draft;
  };

  static bool comes_first(const Draft& a, const Draft& b) {
    return std::tie(a.cost, a.value, a.order) < std::tie(b.cost, b.value, b.order);
  }

  void add_head(const Head& head, bool first) {
    if (!first) {
      place_.assign(problem_.rules.size(), 0);
      for (std::size_t i = 0; i < drafts_.size(); ++i) place_[drafts_[i].rule] = i + 1;
    }
    for (const auto rule : head.rule) {
      const Amount cost = table_.cost_scale.up(cost_.number[next_]);
      const Amount value = table_.value_scale.nearest(value_.number[next_]);
      ++next_;
      if (first) {
        drafts_.push_back({cost, value, rule, order_[rule], 1});
      } else if (place_[rule] != 0) {
        auto& draft = drafts_[place_[rule] - 1];
        draft.cost += cost;
        draft.value += value;
        ++draft.heads;
      }
    }
  }

  std::string explain(std::size_t first, std::size_t heads) const {
    const auto& head = problem_.heads[table_.heads[first]];
    if (heads == 1) return fmt::format("layer {}, head {} has no allowed rule", head.layer, head.head);
    return fmt::format("layer {} may take one rule only, but none is allowed for all its heads", head.layer);
  }

  const Problem& problem_;
  ChoiceTable& table_;
  const Amounts& cost_;
  const Amounts& value_;
  std::vector<std::uint32_t> order_;
  std::set<int> one_rule_;
  std::vector<Draft> drafts_;
  std::vector<Key> keys_;
  std::vector<std::size_t> place_;  // of a rule among the drafts, plus 1
  std::size_t next_ = 0;            // candidate in cost_ and value_
};

}  // namespace

core::Result<ChoiceTable> make_choice_table(const Problem& problem, const Mix& limited,
                                            const Mix& minimized) {
  std::vector<std::size_t> heads(problem.heads.size());
  std::iota(heads.begin(), heads.end(), std::size_t{0});
  std::sort(heads.begin(), heads.end(), [&](auto a, auto b) {
    return std::tie(problem.heads[a].layer, problem.heads[a].head) <
           std::tie(problem.heads[b].layer, problem.heads[b].head);
  });
  const auto cost = amounts_of(problem, heads, limited);
  const auto value = amounts_of(problem, heads, minimized);
  if (auto status = check_range(cost, heads.size(), limited); !status) return status.error();
  if (auto status = check_range(value, heads.size(), minimized); !status) return status.error();
  ChoiceTable table{AmountScale::fit(cost.largest, heads.size()),
                    AmountScale::fit(value.largest, heads.size()),
                    {},
                    {},
                    std::move(heads),
                    {},
                    {}};
  Builder(problem, table, cost, value).run();
  return table;
}

}  // namespace spanwise::tuner

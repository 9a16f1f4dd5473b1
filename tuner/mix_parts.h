// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "tuner/problem.h"

namespace spanwise::tuner {

// A mix with its names looked up and split by how its parts combine (problem.h, "Mix").
class MixParts {
 public:
  // The names must be losses or resources of the problem, which must outlive this.
  MixParts(const Problem& problem, const Mix& mix);

  // What adds up over heads: losses, and resources that combine by sum.
  double additive(const Head& head, std::size_t candidate) const;
  // Resources of which a KV group pays the largest cost of its heads, with their weights, in name order.
  const std::vector<std::pair<std::size_t, double>>& peaks() const { return peaks_; }
  // What one different rule of the layer costs.
  double launch(const Layer& layer) const;

 private:
  struct Term {
    bool is_loss;
    std::size_t index;
    double weight;
  };
  const Problem& problem_;
  const Mix mix_;
  std::vector<Term> terms_;
  std::vector<std::pair<std::size_t, double>> peaks_;
};

// A plan as one candidate a head of the problem, in the problem's order.
using Taken = std::vector<std::size_t>;

// Every number that a plan's amount of a mix adds up.
void plan_parts(const Problem& problem, const Taken& taken, const Mix& mix, const std::function<void(double)>& add);

// The amount of a mix: the exact sum of its parts, rounded once.
double plan_amount(const Problem& problem, const Taken& taken, const Mix& mix);

// The largest number of a loss or resource that any head takes.
double plan_peak(const Problem& problem, const Taken& taken, const std::string& name);

// The candidate of `head` that takes the rule, by index; -1 when the head forbids it.
std::ptrdiff_t candidate_with_rule(const Head& head, std::uint32_t rule);

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/problem.h"

namespace spanwise::tuner {

// A mix with its names looked up: the amount of one candidate, as problem.h defines it.
class MixAmount {
 public:
  // The names must be losses or resources of the problem, which must outlive this.
  MixAmount(const Problem& problem, const Mix& mix);
  double operator()(const Head& head, std::size_t candidate) const;

 private:
  struct Term {
    bool is_loss;
    std::size_t index;
    double weight;
  };
  const Problem& problem_;
  std::vector<Term> terms_;
};

// The candidate of `head` that takes the rule, by index; -1 when the head forbids it.
std::ptrdiff_t candidate_with_rule(const Head& head, std::uint32_t rule);

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
// The smallest largest number: how low can a loss or a cost be kept on every head?
#pragma once

#include <string>
#include <vector>

#include "tuner/search/goals.h"

namespace spanwise::tuner {

// A candidate's number of one loss or resource.
class NumberOf {
 public:
  NumberOf(const Problem& problem, const std::string& name);
  double of(const Head& head, std::size_t candidate) const {
    return is_loss_ ? problem_->loss(head, candidate, index_) : problem_->cost(head, candidate, index_);
  }

 private:
  const Problem* problem_;
  std::size_t index_ = 0;
  bool is_loss_ = false;
};

struct BottleneckTask {
  const Problem& problem;
  NumberOf number;
  Filter filter;
  const std::vector<DimensionRequest>& limits;
  const std::vector<Mix>& earlier;  // held at what `taken` has of them
  const Taken& taken;               // a plan that keeps everything so far; empty when there is none yet
};

struct BottleneckResult {
  Taken taken;
  GoalResult goal;
  Proof impossible_proof = Proof::kNone;  // without a plan
  std::string reason;
  std::uint64_t labels = 0;
};

core::Result<BottleneckResult> lowest_peak(const BottleneckTask& task, const Effort& effort);

}  // namespace spanwise::tuner

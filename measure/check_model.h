// SPDX-License-Identifier: Apache-2.0
// A build against the model, for those who have no baseline.
#pragma once

#include <span>

#include "measure/comparison.h"

namespace spanwise::measure {

struct PredictedTime {
  double ms = 0, low_ms = 0, high_ms = 0;  // low..high: the 90 % interval
};

inline constexpr double kModelAlpha = 0.001;  // of the whole suite

// How far the times of rounds lie from the prediction. A finding (`slower`, or `faster`: recalibrate) only beyond the
// interval that holds all `cases` of a suite in 99.9 % of runs: the model's own spread and that of the rounds, both normal
// in the log. Else `same`.
Judgement judge_model(std::span<const double> times_ms, const PredictedTime& predicted, std::size_t cases);

// Findings are seen twice or not at all: what the second batch of rounds does not repeat is `same`. What is wrong or missing in
// either batch stays so.
Judgement confirmed(const Judgement& first, const Judgement& second);

}  // namespace spanwise::measure

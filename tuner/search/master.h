// SPDX-License-Identifier: Apache-2.0
// The master problem of the cutting-plane method: the multipliers at which the known cuts promise the largest bound,
//   max t  such that  t <= value_i + multipliers . slope_i  for every cut i,  0 <= multipliers <= box,
// by the simplex method on its dual (Dantzig and Wolfe, Decomposition Principle for Linear Programs, 1960).
#pragma once

#include <vector>

namespace spanwise::tuner {

class Master {
 public:
  Master(std::size_t multipliers, double box);

  void add_cut(double value, std::vector<double> slope);
  void set_box(double box) { box_ = box; }

  // After at least one cut: the best multipliers; `promise()` is what they promise.
  std::vector<double> solve();
  double promise() const { return promise_; }

 private:
  struct Column {
    double cost;
    std::vector<double> entries;  // one for each multiplier, then 1 for a cut and 0 for a slack
  };
  double cost_of(std::size_t column) const;
  void start();
  void pivot(std::size_t column, std::size_t row, const std::vector<double>& direction);
  std::vector<double> times_inverse(const std::vector<double>& entries) const;

  std::size_t size_;  // rows
  double box_;
  double promise_ = 0;
  std::vector<Column> columns_;             // first two for each multiplier: its slack, and what the box charges
  std::vector<std::size_t> basis_;          // column of each row
  std::vector<double> inverse_;             // of the basis, size_ x size_
  std::vector<double> level_;               // values of the basic columns
};

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
// What a plan carries so that anyone can check its optimality without a solver. With the multipliers the dual
// bound is one pass over the tables:
//   sum over heads (a layer with max_rules 1: over layers) of the least (value + multiplier * cost of the
//   limit)
//   - multiplier * limit
// is a lower bound on every plan that keeps the limit.
#pragma once

#include <map>
#include <string>

namespace spanwise::documents {
struct Node;
class Context;
}  // namespace spanwise::documents

namespace spanwise::tuner {

struct Certificate {
  std::string method;
  std::map<std::string, double> multipliers;  // by limit, named as mix_name() does
  double dual_bound = 0;
  double value = 0;
  double gap = 0;             // relative_gap(value, dual_bound)
  bool proved = false;        // the search proved the value optimal on the tables
  std::string tables_sha256;  // of the bytes of problem.json

  bool operator==(const Certificate&) const = default;
};

// (value - bound) / max(|value|, 1e-9), at least 0.
double relative_gap(double value, double bound);

// One line of JSON, which is also a YAML flow map.
std::string to_json(const Certificate& certificate);

// Records mistakes in `context`.
Certificate read_certificate(const documents::Node& node, documents::Context& context);

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
// What a plan carries so that anyone can check its optimality without a solver. With the multipliers the dual
// bound is one pass over the tables:
//   sum over blocks of heads that choose together of the least (value + multipliers . limited mixes)
//   - multipliers . limits
// is a lower bound on every plan that keeps the limits (docs/search.md).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace spanwise::documents {
struct Node;
class Context;
}  // namespace spanwise::documents

namespace spanwise::tuner {

// The proof of one objective after the first; all before it are held at their values.
struct LaterProof {
  std::map<std::string, double> multipliers;  // as in Certificate
  std::vector<double> earlier;                // one for each earlier objective that is a sum
  double dual_bound = 0;
  double value = 0;

  bool operator==(const LaterProof&) const = default;
};

struct Certificate {
  std::string method;
  // By limit, named as mix_name() does: above 0 the price of its upper limit, below 0 that of its lower one. Of a
  // bottleneck: they prove that nothing keeps the limits when every head stays below dual_bound.
  std::map<std::string, double> multipliers;
  double dual_bound = 0;
  double value = 0;
  double gap = 0;             // relative_gap(value, dual_bound)
  bool proved = false;        // the search proved the value optimal on the tables
  std::string tables_sha256;  // of the bytes of problem.json
  std::vector<LaterProof> later;

  bool operator==(const Certificate&) const = default;
};

// (value - bound) / max(|value|, 1e-9), at least 0.
double relative_gap(double value, double bound);

// One line of JSON, which is also a YAML flow map.
std::string to_json(const Certificate& certificate);

// Records mistakes in `context`.
Certificate read_certificate(const documents::Node& node, documents::Context& context);

}  // namespace spanwise::tuner

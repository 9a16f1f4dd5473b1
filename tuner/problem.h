// SPDX-License-Identifier: Apache-2.0
// The search problem: which rule each head takes. The in-memory form of what `spanwise solve` reads and of
// the problem.json that `spanwise plan` writes (docs/formats.md, "Problem").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace spanwise::documents {
struct Document;
}  // namespace spanwise::documents

namespace spanwise::tuner {

// Where a part of a problem was read, for messages; line 0 when it was made in memory.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class Combine { kSum, kMaxInKvGroup, kMakespan };

struct Resource {
  std::string name;
  Combine combine = Combine::kSum;  // how the costs of heads become one number
  Mark mark;
};

// A weighted sum of losses and resources by name. A plan's amount of a mix is the exact sum of these doubles, rounded
// once to double:
// - for each head, the sum of weight * number over losses and resources that combine by sum, left to right in the
//   order of the names;
// - for each KV group and each resource of which it pays the maximum, weight * the largest cost of its heads (a head
//   without a group is one of its own);
// - for each layer and each different rule that its heads take, the sum of weight * launch over the names.
using Mix = std::map<std::string, double>;

// "4*decode + prefill_32k": how a mix is named in solutions and certificates.
std::string mix_name(const Mix& mix);

struct Limit {
  Mix of;
  std::optional<double> max;
  std::optional<double> min;
  Mark mark;
};

struct Objective {
  Mix of;
  bool bottleneck = false;  // of one loss or resource: the largest number of any head
  Mark mark;
};

struct RuleEntry {
  std::string name;
  std::optional<std::vector<double>> cost;  // shared by all heads that give none: one number a resource
  Mark mark;
};

// One head and the rules it may take. A rule that is not listed is forbidden; a single one is forced.
struct Head {
  int layer = 0;
  int head = 0;
  std::optional<int> kv_group;
  std::vector<std::uint32_t> rule;  // indices into Problem::rules, each at most once
  std::vector<double> loss;         // [candidate][loss name]; any finite number
  std::vector<double> cost;         // [candidate][resource], at least 0; empty: the rules' shared costs
  Mark mark;
};

struct Layer {
  int layer = 0;
  std::optional<int> max_rules;          // how many different rules its heads may take; free when absent
  std::map<std::string, double> launch;  // cost of each different rule, by resource
  Mark mark;
};

enum class FrontMode {
  kSupported,  // the corners of the front's lower convex hull
  kAll,        // every point that no other point beats
  kAt,         // the best point under each given limit
};

struct FrontRequest {
  // What is limited and what is minimized; absent: the mixes of the first limit and of the first objective.
  std::optional<Mix> limited;
  std::optional<Mix> minimized;
  FrontMode mode = FrontMode::kSupported;
  std::vector<double> at;  // upper limits, for kAt
  Mark mark;
};

struct Problem {
  std::string file;  // where it was read, for messages
  std::vector<Resource> resources;
  std::vector<std::string> losses{"loss"};
  std::vector<RuleEntry> rules;
  std::vector<Head> heads;
  std::vector<Layer> layers;
  std::vector<Limit> limits;
  std::vector<Objective> minimize;  // the first counts most
  std::optional<FrontRequest> front;

  std::size_t candidates(const Head& h) const { return h.rule.size(); }
  double loss(const Head& h, std::size_t candidate, std::size_t name) const {
    return h.loss[candidate * losses.size() + name];
  }
  double cost(const Head& h, std::size_t candidate, std::size_t resource) const {
    return h.cost.empty() ? (*rules[h.rule[candidate]].cost)[resource]
                          : h.cost[candidate * resources.size() + resource];
  }
  // A place in `file` for messages.
  core::Place place(Mark mark) const { return {file, mark.line, mark.column}; }
};

// From a JSON or YAML document. Mistakes and parts that cannot be solved yet are errors at their exact place.
core::Result<Problem> read_problem(const documents::Document& document);

// Deterministic JSON that read_problem() reads back as an equal problem, one head a line.
std::string to_json(const Problem& problem);

// The problem is complete and without contradictions, and solve() can solve it.
core::Status check_problem(const Problem& problem);

}  // namespace spanwise::tuner

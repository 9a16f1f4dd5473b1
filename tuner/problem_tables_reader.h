// SPDX-License-Identifier: Apache-2.0
// The tables of a problem file: resources, rules and heads with their losses and costs.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/documents/map_reader.h"
#include "tuner/problem.h"

namespace spanwise::tuner {

inline constexpr documents::IntegerRange kIndexRange{0, 1'000'000};
inline constexpr documents::NumberRange kAnyNumber{};
inline constexpr documents::NumberRange kCostRange{0.0, kAnyNumber.high};

inline Mark mark_of(const documents::Node& node) {
  return {node.line, node.column};
}

// The items of a list; anything else is an error that calls it `what`.
std::span<const documents::Node> list_items(const documents::Node& node, documents::Context& context,
                                            std::string_view what);

// Fills a problem; mistakes are recorded in the context. Resources come first, then rules, then heads.
class TablesReader {
 public:
  TablesReader(Problem& problem, documents::Context& context) : problem_(problem), context_(context) {}

  void resource(const documents::Node& node);
  void rule(const documents::Node& node);
  void head(const documents::Node& node);

 private:
  std::vector<double> read_cost(const documents::Node& node);
  std::uint32_t rule_index(const std::string& name);
  bool has_shared_cost(std::size_t rule) const;
  void read_loss(const documents::Node& node, std::vector<double>& out);
  void read_compact(const documents::Node& node, Head& head);
  void read_candidates(const documents::Node& node, Head& head);

  Problem& problem_;
  documents::Context& context_;
  std::size_t table_rules_ = 0;  // rules of the shared table; others appear in candidates alone
  std::unordered_map<std::string, std::uint32_t> rule_index_;
  std::map<std::uint32_t, const documents::Node*> seen_;
};

}  // namespace spanwise::tuner

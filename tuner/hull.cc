// SPDX-License-Identifier: Apache-2.0
#include "tuner/hull.h"

#include <algorithm>
#include <cmath>

namespace spanwise::tuner {
namespace {

Edge edge_between(const ChoiceTable& table, std::size_t class_index, std::size_t from, std::size_t to) {
  const auto& a = table.items[from];
  const auto& b = table.items[to];
  Edge edge{0.0,
            b.cost - a.cost,
            a.value - b.value,
            static_cast<std::uint32_t>(class_index),
            static_cast<std::uint32_t>(from),
            static_cast<std::uint32_t>(to)};
  edge.drop = table.value_scale.number(edge.value) / table.cost_scale.number(edge.cost);
  return edge;
}

}  // namespace

bool steeper(const Edge& a, const Edge& b) {
  // Each drop is off by at most three roundings, so a clear difference decides without wide products. The
  // negated form also sends infinities and zeros, left by extreme scales, to the exact test.
  const double difference = a.drop - b.drop;
  if (std::fabs(difference) > 1e-14 * (a.drop + b.drop) && std::isfinite(difference)) return difference > 0.0;
  return product_less(b.value, a.cost, a.value, b.cost);
}

std::vector<Edge> hull_walk(const ChoiceTable& table) {
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < table.classes(); ++i) {
    const auto first_edge = edges.size();
    for (auto k = table.begin[i] + 1; k < table.begin[i + 1]; ++k) {
      auto edge = edge_between(table, i, k - 1, k);
      // A corner that is not above the line to the new item is no corner.
      while (edges.size() > first_edge && !steeper(edges.back(), edge)) {
        edge = edge_between(table, i, edges.back().from, k);
        edges.pop_back();
      }
      edges.push_back(edge);
    }
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    if (steeper(a, b)) return true;
    if (steeper(b, a)) return false;
    return a.from < b.from;
  });
  return edges;
}

}  // namespace spanwise::tuner

// SPDX-License-Identifier: Apache-2.0
#include "tuner/front.h"

#include <fmt/format.h>

#include <algorithm>

namespace spanwise::tuner {
namespace {

struct Point {
  Amount cost, value;
};

FrontPoint number_of(const ChoiceTable& table, Point point) {
  FrontPoint out;
  out.limited = table.cost_scale.number(point.cost);
  out.minimized = table.value_scale.number(point.value);
  return out;
}

// Keeps the order of rising cost and falling value after rounding: points that round to the same cost or the
// same value as a better one are dropped.
void add(std::vector<FrontPoint>& points, const FrontPoint& next) {
  if (!points.empty() && next.minimized >= points.back().minimized) return;
  if (!points.empty() && next.limited == points.back().limited) points.pop_back();
  points.push_back(next);
}

// Every corner of the relaxation's walk is an assignment. Edges of one steepness have no corner between them.
std::vector<FrontPoint> supported(const Knapsack& knapsack) {
  const auto& table = knapsack.table();
  const auto& walk = knapsack.walk();
  Point at{0, 0};
  for (std::size_t i = 0; i < table.classes(); ++i) {
    at.cost += table.of(i).front().cost;
    at.value += table.of(i).front().value;
  }
  std::vector<FrontPoint> points{number_of(table, at)};
  for (std::size_t e = 0; e < walk.size(); ++e) {
    at.cost += walk[e].cost;
    at.value -= walk[e].value;
    if (e + 1 < walk.size() && !steeper(walk[e], walk[e + 1])) continue;
    add(points, number_of(table, at));
  }
  return points;
}

// The front of one more class: every point with every item, less what is beaten. Both lists by rising cost
// and falling value; `merged` and `spare` are scratch.
bool extend(std::vector<Point>& points, std::span<const Item> items, std::uint64_t max_points,
            std::vector<Point>& merged, std::vector<Point>& spare) {
  merged.clear();
  for (const auto& item : items) {
    const auto shifted = [&](const Point& p) { return Point{p.cost + item.cost, p.value + item.value}; };
    spare.clear();
    auto a = merged.begin();
    auto b = points.begin();
    while (a != merged.end() || b != points.end()) {
      Point next{};
      if (b == points.end()) {
        next = *a++;
      } else {
        next = shifted(*b);
        if (a != merged.end() && (a->cost < next.cost || (a->cost == next.cost && a->value <= next.value))) {
          next = *a++;
        } else {
          ++b;
        }
      }
      if (spare.empty() || next.value < spare.back().value) spare.push_back(next);
    }
    merged.swap(spare);
    if (merged.size() > max_points) return false;
  }
  points.swap(merged);
  return true;
}

core::Result<std::vector<FrontPoint>> all(const ChoiceTable& table, const FrontOptions& options) {
  std::vector<Point> points{{0, 0}}, merged, spare;
  std::uint64_t made = 0;
  for (std::size_t i = 0; i < table.classes(); ++i) {
    made += points.size() * table.of(i).size();
    if (!extend(points, table.of(i), options.max_points, merged, spare) || made > options.max_made) {
      return core::fail(core::Fault::kInput,
                        fmt::format("the whole front is too long: beyond {} points after {} of {} classes",
                                    options.max_points, i + 1, table.classes()),
                        "ask for mode 'supported' or 'at', or round the costs to a grid");
    }
  }
  std::vector<FrontPoint> out;
  for (const auto& point : points) add(out, number_of(table, point));
  return out;
}

std::vector<FrontPoint> at_limits(const Knapsack& knapsack, const std::vector<double>& at,
                                  const Effort& options) {
  std::vector<FrontPoint> points;
  for (const double limit : at) {
    const auto result = knapsack.solve(limit, options);
    FrontPoint point;
    if (result.feasible) {
      point = number_of(knapsack.table(), {result.cost, result.value});
      point.status = result.exhausted ? Status::kOptimal : Status::kFeasible;
      point.gap = relative_gap(point.minimized, result.searched_to);
    } else {
      point.status = Status::kInfeasible;
      point.limited = result.least_cost;
    }
    point.at = limit;
    points.push_back(point);
  }
  return points;
}

}  // namespace

core::Result<Front> make_front(const Knapsack& knapsack, FrontMode mode, const std::vector<double>& at,
                               const FrontOptions& options) {
  Front front;
  front.mode = mode;
  if (mode == FrontMode::kSupported) front.points = supported(knapsack);
  if (mode == FrontMode::kAt) front.points = at_limits(knapsack, at, options.knapsack);
  if (mode == FrontMode::kAll) {
    auto points = all(knapsack.table(), options);
    if (!points) return points.error();
    front.points = std::move(*points);
  }
  return front;
}

}  // namespace spanwise::tuner

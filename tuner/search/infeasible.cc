// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/infeasible.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace spanwise::tuner {
namespace {

class Blaming {
 public:
  Blaming(const Problem& problem, const Effort& effort)
      : problem_(problem), effort_(effort), sides_(limit_sides(problem)) {}

  core::Result<Blame> run() {
    for (const bool alone : {true, false}) {
      const LimitSide* worst = nullptr;
      double worst_change = 0, nearest = 0;
      for (std::size_t i = 0; i < sides_.size(); ++i) {
        auto extreme = extreme_of(i, alone);
        if (!extreme) return extreme.error();
        if (!*extreme) continue;
        const auto& side = sides_[i];
        const double value = **extreme;
        if (side.lower ? value >= side.bound : value <= side.bound) continue;
        const double change = std::fabs(value - side.bound) / std::max(std::fabs(side.bound), 1e-9);
        if (worst != nullptr && (alone ? change <= worst_change : change >= worst_change)) continue;
        worst = &side;
        worst_change = change;
        nearest = value;
      }
      if (worst != nullptr) return blame(*worst, nearest, alone);
    }
    return Blame{{}, {}, "the limits cannot all be kept, nor can all but one of them"};
  }

 private:
  // The least (of a lower limit: the most) that the mix of a limit can be, with all other limits or without.
  core::Result<std::optional<double>> extreme_of(std::size_t i, bool alone) const {
    auto own = dimension_of(sides_[i]);
    std::vector<DimensionRequest> requests{own};
    for (std::size_t j = 0; j < sides_.size() && !alone; ++j) {
      if (j != i) requests.push_back(dimension_of(sides_[j]));
    }
    const auto space = make_space(problem_, requests);
    if (!space) return space.error();
    const auto stage = solve_stage(*space, effort_);
    if (!stage.choice) return std::optional<double>{};
    const double value = space->dimensions[0].scale.number(stage.choice->amounts[0]);
    return std::optional(sides_[i].lower ? -value + 0.0 : value);
  }

  static Blame blame(const LimitSide& side, double nearest, bool alone) {
    const auto name = mix_name(side.of);
    auto reason = fmt::format("'{}' must be at {} {} by its limit, but {}no choice of rules has {} than {}", name,
                              side.lower ? "least" : "most", side.bound, alone ? "" : "while the other limits are kept, ",
                              side.lower ? "more" : "less", nearest);
    return {name, nearest, std::move(reason)};
  }

  const Problem& problem_;
  const Effort& effort_;
  std::vector<LimitSide> sides_;
};

}  // namespace

core::Result<Blame> find_blame(const Problem& problem, const Effort& effort) { return Blaming(problem, effort).run(); }

}  // namespace spanwise::tuner

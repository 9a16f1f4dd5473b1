// SPDX-License-Identifier: Apache-2.0
#include "measure/fit_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/hash.h"
#include "core/statistics.h"
#include "measure/fit_constants.h"
#include "measure/fit_correction.h"
#include "sim/correction.h"

namespace spanwise::measure {
namespace {

constexpr std::size_t kMostForConstants = 1200;  // six numbers need no more, and each costs a hundred prices
constexpr std::size_t kFewestToHoldOut = 40;
constexpr double kLeastFittedError = 0.02;

std::string family_name(const patterns::Case& shape) {
  return fmt::format("{} {} d{}", patterns::name(shape.phase), hwmodels::pattern_kind(shape.pattern), shape.head_dim);
}

// Every regime and run of a shape falls on the same side.
bool held_out(patterns::Case shape) {
  shape.kernel.clear();
  shape.regime = {};
  shape.cache = {};
  const auto hash = core::sha256(patterns::to_json(shape));
  return std::stoul(hash.substr(0, 8), nullptr, 16) % 5 == 0;
}

struct Fitter {
  const hwmodels::KernelModel& kernel;
  const hwmodels::Machine& machine;
  hwmodels::KernelConstants start;

  core::Result<hwmodels::KernelConstants> fit(const std::vector<TimedCase>& rows, std::size_t most_knots) const {
    std::vector<TimedCase> some;
    const auto stride = std::max<std::size_t>(1, (rows.size() + kMostForConstants - 1) / kMostForConstants);
    for (std::size_t i = 0; i < rows.size(); i += stride) some.push_back(rows[i]);
    auto constants = fit_constants(some, kernel, machine, start, kLeastFittedError);
    if (!constants) return constants;
    std::vector<Residual> residuals;
    for (const auto& row : rows) {
      const sim::PricedKernel priced{&kernel, &*constants, &machine, row.work};
      residuals.push_back({row.shape, sim::shape_point(row.shape, priced), std::log(row.seconds / modelled_seconds(row, kernel, machine, *constants))});
    }
    constants->corrections = fit_corrections(residuals, most_knots);
    constants->from.basis = core::Basis::kFitted;
    return constants;
  }

  sim::Estimate estimate(const TimedCase& row, const hwmodels::KernelConstants& constants) const {
    return sim::estimate(row.shape, {&kernel, &constants, &machine, row.work});
  }
};

struct Tested {
  std::vector<double> errors;
  std::size_t covered = 0;

  FitErrors summary(std::string family) const {
    double sum = 0;
    for (const double e : errors) sum += e;
    const auto count = static_cast<double>(errors.size());
    return {std::move(family), errors.size(), sum / count, core::median(errors), core::quantile(errors, 0.9),
            static_cast<double>(covered) / count};
  }
};

std::vector<FitErrors> errors_of(const Fitter& fitter, const std::vector<TimedCase>& rows,
                                 const hwmodels::KernelConstants& constants) {
  std::map<std::string, Tested> families;
  Tested all;
  for (const auto& row : rows) {
    const auto e = fitter.estimate(row, constants);
    const double error = std::abs(e.time.value / row.seconds - 1.0);
    const bool inside = row.seconds >= e.low.value && row.seconds <= e.high.value;
    for (auto* tested : {&families[family_name(row.shape)], &all}) {
      tested->errors.push_back(error);
      tested->covered += inside ? 1 : 0;
    }
  }
  std::vector<FitErrors> out;
  for (const auto& [name, tested] : families) out.push_back(tested.summary(name));
  if (!all.errors.empty()) out.push_back(all.summary("all"));
  return out;
}

constexpr std::size_t kJackknifeGroups = 10;

std::map<std::string, double> spread_of_constants(const Fitter& fitter, const std::vector<TimedCase>& rows) {
  const auto stride = std::max<std::size_t>(1, rows.size() / (kMostForConstants / 4));
  std::map<std::string, std::vector<double>> values;
  for (std::size_t group = 0; group < kJackknifeGroups; ++group) {
    std::vector<TimedCase> some;
    for (std::size_t i = 0; i < rows.size(); i += stride) {
      if (i / stride % kJackknifeGroups != group) some.push_back(rows[i]);
    }
    const auto c = fit_constants(some, fitter.kernel, fitter.machine, fitter.start, kLeastFittedError);
    if (!c) return {};
    for (const auto& [name, value] : constants_by_name(*c)) values[name].push_back(value);
  }
  std::map<std::string, double> spreads;
  for (const auto& [name, found] : values) {
    double mean = 0, square = 0;
    for (const double x : found) mean += x / kJackknifeGroups;
    for (const double x : found) square += (x - mean) * (x - mean);
    spreads[name] = std::sqrt(square * (kJackknifeGroups - 1) / kJackknifeGroups);
  }
  return spreads;
}

// Rows spread out over the shapes; each family gets its share.
std::vector<bool> picked_rows(const std::vector<TimedCase>& rows, const Fitter& fitter, std::size_t count) {
  std::map<std::string, std::vector<std::size_t>> families;
  for (std::size_t i = 0; i < rows.size(); ++i) families[family_name(rows[i].shape)].push_back(i);
  std::vector<bool> picked(rows.size(), false);
  for (const auto& [name, members] : families) {
    std::vector<hwmodels::ShapePoint> points;
    for (const auto i : members) points.push_back(sim::shape_point(rows[i].shape, {&fitter.kernel, &fitter.start, &fitter.machine, rows[i].work}));
    const auto share = (count * members.size() + rows.size() / 2) / rows.size();
    for (const auto j : spread_out(points, std::max<std::size_t>(share, 1))) picked[members[j]] = true;
  }
  return picked;
}

}  // namespace

std::vector<std::pair<std::string, double>> constants_by_name(const hwmodels::KernelConstants& c) {
  return {{"matrix", c.matrix}, {"exponential", c.exponential}, {"partial_per_score", c.partial_per_score}, {"item_cycles", c.item_cycles},
          {"call_us", 1e6 * c.call.value}, {"bandwidth_share", c.bandwidth_share}, {"exposed", c.exposed}, {"step_us", 1e6 * c.step.value}};
}

core::Result<FittedKernel> fit_kernel(const std::vector<MeasuredCase>& rows, const std::string& kernel,
                                      const hwmodels::Machine& machine,
                                      const std::map<std::string, hwmodels::KernelModel>& kernels,
                                      const FitOptions& options) {
  auto priced = machine;
  const auto known = machine.kernels.find(kernel);
  const auto start = known == machine.kernels.end() ? unknown_constants() : known->second;
  priced.kernels[kernel] = start;
  sim::CountCache counts;
  const sim::Pricing pricing{&priced, &kernels, &counts};
  std::vector<TimedCase> timed;
  std::size_t left_out = 0;
  for (const auto& row : rows) {
    auto shape = row.shape;
    shape.kernel = kernel;
    auto choice = sim::choose_kernel(shape, pricing);
    if (!choice) {
      if (++left_out == rows.size()) return choice.error();
      continue;
    }
    timed.push_back({row.shape, std::move(choice->priced.work), row.seconds});
  }
  const Fitter fitter{kernels.at(kernel), machine, start};
  std::vector<TimedCase> seen, unseen;
  const auto picked = options.pick > 0 ? picked_rows(timed, fitter, options.pick) : std::vector<bool>();
  const bool hold_out = timed.size() >= kFewestToHoldOut;
  for (std::size_t i = 0; i < timed.size(); ++i) {
    const bool out = options.pick > 0 ? !picked[i] : hold_out && held_out(timed[i].shape);
    (out ? unseen : seen).push_back(timed[i]);
  }
  auto constants = fitter.fit(seen, options.most_knots);
  if (!constants) return constants.error();
  FittedKernel result;
  result.errors = errors_of(fitter, unseen, *constants);
  result.tested = unseen.size();
  result.left_out = left_out;
  result.fitted = seen.size();
  if (options.pick == 0 && !unseen.empty()) {
    constants = fitter.fit(timed, options.most_knots);
    if (!constants) return constants.error();
    result.fitted = timed.size();
  }
  result.constants = std::move(*constants);
  result.uncertainty = spread_of_constants(fitter, options.pick == 0 ? timed : seen);
  if (!result.errors.empty()) result.constants.error_90 = std::max(result.constants.error_90, result.errors.back().p90);
  return result;
}

}  // namespace spanwise::measure

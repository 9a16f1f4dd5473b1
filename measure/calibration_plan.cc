// SPDX-License-Identifier: Apache-2.0
#include "measure/calibration_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>

#include "measure/fit_constants.h"
#include "measure/fit_correction.h"
#include "sim/correction.h"

namespace spanwise::measure {
namespace {

using patterns::Case;
using patterns::Phase;

constexpr std::int64_t kLengths[] = {256, 512, 1024, 2048, 3072, 4096, 6144, 8192, 16'384, 32'768, 65'536, 131'072};
constexpr std::int64_t kBatches[] = {1, 2, 4, 16, 64};
constexpr std::int64_t kKvHeads[] = {1, 2, 4, 8, 16, 32};
constexpr std::int64_t kGroups[] = {1, 4, 8};
constexpr std::int64_t kBlock = 128;    // of random block masks: a multiple of every kernel's tiles
constexpr double kLeastSeconds = 1e-6;  // below it a call is all overhead

// What is put to the kernel at a length; `tokens` is empty but for layouts of two axes.
struct Masked {
  patterns::Pattern pattern;
  patterns::Lengths tokens;
  bool causal = false;
};

patterns::Pattern random_blocks(double density) {
  patterns::BlockMask mask;
  mask.q_block = mask.kv_block = kBlock;
  mask.random = patterns::RandomBlocks{density, 1};
  mask.causal = true;
  return mask;
}

std::vector<Masked> masks(std::int64_t length) {
  std::vector<Masked> all = {{patterns::Dense{true}, {}, true}, {patterns::Dense{false}, {}, false}};
  for (const std::int64_t window : {256, 2048}) {
    if (window < length) all.push_back({patterns::SlidingWindow{window, 0, true}, {}, true});
  }
  if (length % 64 == 0 && length >= 2048) {
    patterns::Neighborhood box;
    box.window = {16, 32};
    box.stride = {1, 1};
    box.dilation = {1, 1};
    box.causal = {false, false};
    all.push_back({box, {length / 64, 64}, false});
  }
  for (const double density : {0.1, 0.3}) {
    if (length % kBlock == 0 && length >= 16 * kBlock) all.push_back({random_blocks(density), {}, true});
  }
  return all;
}

double bytes_of(const Case& shape) {
  const auto rows = static_cast<double>(shape.q_len * shape.q_heads + shape.kv_len * shape.kv_heads);
  return static_cast<double>(shape.batch) * rows * static_cast<double>(shape.head_dim + shape.head_dim_v) * core::bytes_of(shape.dtype);
}

std::vector<Case> candidates(const hwmodels::KernelModel& kernel, const PlanOptions& options) {
  std::vector<Case> all;
  for (const auto phase : kernel.phases) {
    for (const auto length : kLengths) {
      for (const auto& masked : masks(length)) {
        for (const auto head_dim : options.head_dims) {
          for (const auto batch : kBatches) {
            for (const auto kv_heads : kKvHeads) {
              for (const auto group : kGroups) {
                Case shape;
                shape.kernel = kernel.name;
                shape.phase = phase;
                shape.batch = batch;
                shape.kv_len = length;
                shape.q_len = phase == Phase::kDecode ? 1 : length;
                if (phase == Phase::kDecode && !(masked.tokens.empty() && masked.causal)) continue;
                shape.tokens = masked.tokens;
                shape.q_heads = kv_heads * group;
                shape.kv_heads = kv_heads;
                shape.head_dim = shape.head_dim_v = head_dim;
                shape.dtype = shape.kv_dtype = options.dtype;
                shape.pattern = masked.pattern;
                shape.causal = masked.causal;
                if (kernel.runs(shape) && patterns::check_fits(shape.pattern, shape.grid())) all.push_back(std::move(shape));
              }
            }
          }
        }
      }
    }
  }
  return all;
}

// As corrections are fitted: by phase, kind of pattern and head dim.
std::string family_of(const Case& shape) {
  return fmt::format("{} {} {}", static_cast<int>(shape.phase), hwmodels::pattern_kind(shape.pattern), shape.head_dim);
}

struct Family {
  std::vector<Case> cases;
  std::vector<hwmodels::ShapePoint> points;
  std::map<std::string, std::vector<std::size_t>> variants;  // of the pattern, such as windows of two lengths

  void add(Case shape, const hwmodels::ShapePoint& point) {
    variants[patterns::to_json(shape.pattern)].push_back(cases.size());
    points.push_back(point);
    cases.push_back(std::move(shape));
  }

  // Shapes far from each other, the variants in turn: each time the one of the next variant that is farthest from all picked.
  std::vector<Case> spread(std::size_t count) const {
    const auto first = spread_out(points, 1).front();
    std::vector<double> distance(points.size(), std::numeric_limits<double>::infinity());
    std::vector<Case> picked;
    const auto take = [&](std::size_t at) {
      picked.push_back(cases[at]);
      for (std::size_t i = 0; i < points.size(); ++i) distance[i] = std::min(distance[i], square_distance(points[i], points[at]));
    };
    take(first);
    while (picked.size() < count) {
      std::size_t taken = 0;
      for (const auto& [name, members] : variants) {
        if (picked.size() == count) break;
        const auto next = *std::max_element(members.begin(), members.end(), [&](std::size_t a, std::size_t b) { return distance[a] < distance[b]; });
        if (distance[next] <= 0) continue;
        take(next);
        ++taken;
      }
      if (taken == 0) break;
    }
    return picked;
  }

  static double square_distance(const hwmodels::ShapePoint& a, const hwmodels::ShapePoint& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
  }
};

}  // namespace

core::Result<CalibrationPlan> plan_calibration(const hwmodels::KernelModel& kernel, const hwmodels::Machine& machine,
                                               const PlanOptions& options) {
  const auto known = machine.kernels.find(kernel.name);
  const auto constants = known == machine.kernels.end() ? unknown_constants() : known->second;
  auto priced_machine = machine;
  priced_machine.kernels = {{kernel.name, constants}};
  const std::map<std::string, hwmodels::KernelModel> kernels = {{kernel.name, kernel}};
  sim::CountCache counts;
  const double most_bytes = options.most_bytes > 0 ? options.most_bytes : machine.memory_size.value.value / 8;
  std::map<std::string, Family> families;
  for (auto& shape : candidates(kernel, options)) {
    if (bytes_of(shape) > most_bytes) continue;
    const auto choice = sim::choose_kernel(shape, {&priced_machine, &kernels, &counts});
    if (!choice) continue;
    const double seconds = choice->estimate.time.value;
    if (seconds < kLeastSeconds || seconds > options.most_seconds) continue;
    families[family_of(shape)].add(shape, sim::shape_point(shape, choice->priced));
  }
  if (families.empty()) {
    return core::fail(core::Fault::kFinding,
                      fmt::format("no case of kernel '{}' takes less than {} on {}", kernel.name, core::print(core::Seconds{options.most_seconds}, 2), machine.name),
                      "give more time with --seconds");
  }
  // Families in turn, so that any beginning of the plan is spread over all of them: the anchors are such a beginning.
  const auto share = (options.cases + families.size() - 1) / families.size();
  std::vector<std::vector<Case>> picked;
  for (const auto& [name, family] : families) {
    picked.push_back(family.spread(share));
  }
  CalibrationPlan plan;
  for (std::size_t turn = 0; turn < share; ++turn) {
    for (const auto& some : picked) {
      if (turn < some.size() && plan.cases.size() < options.cases) plan.cases.push_back(some[turn]);
    }
  }
  plan.anchors = std::min(options.anchors, plan.cases.size());
  return plan;
}

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
#include "sim/ladder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sim/remedy.h"
#include "sim/selection.h"

namespace spanwise::sim {
namespace {

using core::to_double;

struct Step {
  Effect effect;
  const char* name;
};
constexpr std::array<Step, 8> kSteps = {{{Effect::kFlops, "flops"},
                                         {Effect::kTiles, "tiles"},
                                         {Effect::kPipeline, "pipeline"},
                                         {Effect::kMemory, "memory"},
                                         {Effect::kSchedule, "schedule"},
                                         {Effect::kSelection, "selection"},
                                         {Effect::kLaunch, "launch"},
                                         {Effect::kClock, "clock"}}};

constexpr double kMemoryBound = 0.5;  // of its time, the dense kernel waits for memory

double share(double part, double whole) { return whole > 0 ? 100.0 * part / whole : 0.0; }

std::string selection_reason(const Choice& choice, bool slower) {
  const auto steps = selection_steps(choice.shape, *choice.priced.machine);
  if (steps.empty()) return slower ? "tokens are permuted into boxes and back" : "nothing to select: the pattern is known beforehand";
  std::vector<std::string> parts;
  for (const auto& step : steps) {
    parts.push_back(fmt::format("{} {}", step.op, core::print(operator_seconds(step, *choice.priced.machine), 2)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

constexpr double kWorthARemedy = 0.05;  // a share lost below it needs none

// "; stride 16x8x8 would leave 3 %", of a share that the remedy lowers.
std::string remedy_words(const std::optional<Remedy>& remedy, double now, double (*share_of)(const Choice&)) {
  if (!remedy || now < kWorthARemedy) return {};
  const double left = share_of(remedy->choice);
  if (left > 0.8 * now) return {};
  return left < 0.005 ? fmt::format("; {} would remove them", remedy->words) : fmt::format("; {} would leave {:.0f} %", remedy->words, 100 * left);
}

// Of the cycles with starts, ends and masks.
std::string pipeline_reason(const Choice& choice, const std::optional<Remedy>& remedy) {
  const auto& counts = *choice.priced.work.counts;
  const double full = full_tile_cycles(choice.priced, choice.shape), masked = partial_share(choice);
  const double masks = masked * to_double(counts.kv_tiles) * partial_tile_cycles(choice.priced);
  const double starts = to_double(counts.q_tiles) * choice.priced.constants->item_cycles;
  const double all = to_double(counts.kv_tiles) * full + masks + starts;
  return fmt::format("{:.0f} % lost to starts and ends of rows, {:.0f} % to masks, which {:.0f} % of the tiles need{}", share(starts, all),
                     share(masks, all), 100 * masked, remedy_words(remedy, masked, partial_share));
}

std::string reason_of(Effect effect, const Choice& choice, const std::optional<Remedy>& remedy, double before, double after) {
  const auto& counts = *choice.priced.work.counts;
  const auto& machine = *choice.priced.machine;
  switch (effect) {
    case Effect::kFlops:
      return fmt::format("{:.3g} % of the pairs of a full mask are kept, at the kernel's own rate for dense tiles",
                         share(to_double(counts.pairs), to_double(counts.dense_pairs)));
    case Effect::kTiles: {
      if (choice.shape.phase == patterns::Phase::kDecode) {
        const auto rows = choice.shape.q_len * (choice.priced.work.packed ? choice.shape.q_heads / choice.shape.kv_heads : 1);
        return fmt::format("tiles of {}x{} hold {} rows of queries; reading K and V decides, see memory", choice.priced.work.q_tile,
                           choice.priced.work.kv_tile, rows);
      }
      const double wasted = wasted_area(choice);
      return fmt::format("{:.0f} % lost to the edges of tiles of {}x{}{}", 100 * wasted, choice.priced.work.q_tile, choice.priced.work.kv_tile,
                         remedy_words(remedy, wasted, wasted_area));
    }
    case Effect::kPipeline:
      return pipeline_reason(choice, remedy);
    case Effect::kMemory:
      return after > before ? fmt::format("reading K and V at {:.0f} % of {} is the limit",
                                          100 * choice.priced.constants->bandwidth_share,
                                          core::print(machine.memory_bandwidth.value))
                            : std::string("memory keeps up");
    case Effect::kSchedule:
      return fmt::format("{:.0f} query tiles on {:.0f} processors: uneven rows and the last wave",
                         to_double(counts.q_tiles) * choice.priced.work.heads, machine.processors.value);
    case Effect::kSelection:
      return selection_reason(choice, after > before);
    case Effect::kLaunch:
      return fmt::format("one call costs {}", core::print(choice.priced.constants->call, 2));
    case Effect::kClock:
      return after > before ? fmt::format("clock falls from {} to {} under load", core::print(machine.clock_burst.value, 3),
                                          core::print(kernel_clock(choice.priced, choice.shape.regime), 3))
                            : fmt::format("clock stays at {}", core::print(machine.clock_burst.value, 3));
  }
  return {};
}

}  // namespace

std::optional<double> Ladder::tile_bound() const {
  const auto rung = std::find_if(rungs.begin(), rungs.end(), [](const Rung& r) { return r.name == "tiles"; });
  if (memory_bound || rung == rungs.end()) return std::nullopt;
  return rung->speedup;
}

core::Result<Ladder> make_ladder(const Choice& sparse, const Choice& dense, const Pricing& pricing) {
  Ladder ladder;
  ladder.reference = estimate(dense.shape, dense.priced).time;  // of this pass, where a workload has several
  ladder.reference_kernel = dense.estimate.kernel;
  ladder.memory_bound = dense.estimate.memory.value > kMemoryBound * ladder.reference.value;
  double time = roof_seconds(sparse.shape, sparse.priced).value;
  const double reference = ladder.reference.value;
  ladder.rungs.push_back({"roof", {time}, reference / time, "kept FLOPs at the matrix peak, every byte once"});
  const auto selection = selection_seconds(sparse.shape, *pricing.machine);
  const auto remedy = tile_remedy(sparse, pricing);
  for (const auto& step : kSteps) {
    const double before = time;
    time = std::max(time, sparse.estimate.correction * attention_seconds(sparse.shape, sparse.priced, step.effect).value +
                              (step.effect >= Effect::kSelection ? selection.value : 0.0));
    ladder.rungs.push_back({step.name, {time}, reference / time, reason_of(step.effect, sparse, remedy, before, time)});
  }

  auto own = sparse.shape;
  own.pattern = dense.shape.pattern;
  if (sparse.priced.kernel->runs(own)) {
    const auto own_dense = choose_kernel(own, pricing);
    if (!own_dense) return own_dense.error();
    ladder.kernel_quality = reference / own_dense->estimate.time.value;
  }
  ladder.dense_schedule_loss =
      reference / (dense.estimate.correction * attention_seconds(dense.shape, dense.priced, Effect::kPipeline).value);
  ladder.natten_worst_tile = sparse.priced.work.counts->tile_speedup_worst();
  return ladder;
}

}  // namespace spanwise::sim

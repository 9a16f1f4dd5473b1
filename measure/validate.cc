// SPDX-License-Identifier: Apache-2.0
#include "measure/validate.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/interrupt.h"
#include "measure/sample_tiles.h"

namespace spanwise::measure {
namespace {

constexpr std::int64_t kSampledTiles = 8;
constexpr std::int64_t kRowsPerTile = 4;
constexpr double kMemoryShare = 0.4;  // of the device, for K and V in the kernel's layout and as generated

void note(Checked& checked, std::string text) {
  if (!checked.note.empty()) checked.note += ", ";
  checked.note += text;
}

// Fewer heads of the same length; the shape of one head is what decides whether a kernel is right and how fast it is.
void shrink_heads(Checked& checked, const hwmodels::Machine& machine) {
  auto& run = checked.run;
  const auto group = run.q_heads / run.kv_heads;
  const auto heads = std::min(run.kv_heads, static_cast<std::int64_t>(machine.processors.value));
  if (heads < run.kv_heads || run.batch > 1) note(checked, fmt::format("{} of {} KV heads", heads, run.kv_heads * run.batch));
  run.batch = 1;
  run.kv_heads = heads;
  run.q_heads = heads * group;
}

void shrink_length(Checked& checked, const hwmodels::Machine& machine) {
  auto& run = checked.run;
  const auto bytes = [&] {
    return 2.0 * static_cast<double>(run.kv_heads) * static_cast<double>(run.kv_len) *
           static_cast<double>(run.head_dim + run.head_dim_v) * core::bytes_of(run.dtype);
  };
  const auto length = run.kv_len;
  while (bytes() > kMemoryShare * machine.memory_size.value.value && run.tokens.empty() && run.kv_len > 1024) {
    if (run.q_len == run.kv_len) run.q_len = std::max<std::int64_t>(1, run.q_len / 2);
    run.kv_len /= 2;
  }
  if (run.kv_len < length) note(checked, fmt::format("shortened from {} to {} tokens", length, run.kv_len));
}

core::Result<Checked> prepare(const Claim& claim, const sim::Pricing& device) {
  Checked checked;
  checked.claim = claim;
  checked.run = claim.shape;
  auto& run = checked.run;
  run.kernel.clear();
  run.regime = patterns::Regime::kBurst;
  if (const auto dtype = sim::priced_dtype(run.dtype, *device.machine, *device.kernels); dtype != run.dtype) {
    note(checked, fmt::format("{} for {}", core::name(dtype), core::name(run.dtype)));
    run.dtype = run.kv_dtype = dtype;
  }
  shrink_heads(checked, *device.machine);
  shrink_length(checked, *device.machine);
  auto choice = sim::choose_kernel(run, device);
  if (!choice) return choice.error();
  run.kernel = choice->estimate.kernel;
  const auto q_tile = patterns::volume(choice->shape.q_tile);
  const auto kv_tile = patterns::volume(choice->shape.kv_tile);
  const auto tiles = core::ceil_div(run.q_len, q_tile);
  if (tiles > kSampledTiles) {
    checked.q_tiles = sample_tiles(run, q_tile, kv_tile, kSampledTiles);
    choice->priced.work = sampled_work(run, choice->priced.work, q_tile, checked.q_tiles);
    note(checked, fmt::format("{} of {} query tiles", checked.q_tiles.size(), tiles));
  }
  checked.predicted = sim::estimate(run, choice->priced);
  return checked;
}

Request request_of(const Checked& checked) {
  Request request;
  request.shape = checked.run;
  request.q_tiles = checked.q_tiles;
  request.check_rows_per_tile = kRowsPerTile;
  request.min_samples = 5;
  request.max_seconds = 2.0;
  // Making K and V, checking in float64 and timing, with room for a slow or busy machine.
  request.limit_seconds = 60 + 40 * checked.predicted.high.value;
  return request;
}

}  // namespace

core::Result<std::vector<Checked>> validate(RunnerClient& runner, const std::vector<Claim>& claims,
                                            const sim::Pricing& device,
                                            const std::function<void(std::size_t, const Claim&)>& progress) {
  std::vector<Checked> done;
  for (const auto& claim : claims) {
    progress(done.size(), claim);
    auto checked = prepare(claim, device);
    if (!checked && core::exit_code(checked.error()) != 1) return checked.error();
    if (!checked) {
      Checked unsupported;
      unsupported.claim = claim;
      unsupported.run = claim.shape;
      unsupported.measurement.status = CaseStatus::kUnsupported;
      unsupported.measurement.message = checked.error().front().message;
      done.push_back(std::move(unsupported));
      continue;
    }
    auto measurement = runner.run(request_of(*checked));
    if (!measurement && core::interrupted()) return done;
    if (!measurement) return measurement.error();
    checked->measurement = std::move(*measurement);
    done.push_back(std::move(*checked));
  }
  return done;
}

}  // namespace spanwise::measure

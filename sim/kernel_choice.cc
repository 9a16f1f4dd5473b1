// SPDX-License-Identifier: Apache-2.0
#include "sim/kernel_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/suggest.h"

namespace spanwise::sim {
namespace {

bool fits(const hwmodels::KernelTile& tile, const hwmodels::KernelModel& kernel, const patterns::Case& shape) {
  // The narrowest row that serves the head dim is the kernel's own choice; rows of the same width are alternatives.
  const auto width = std::max(shape.head_dim, shape.head_dim_v);
  if (width > tile.max_head_dim) return false;
  if (kernel.tiling != patterns::Tiling::kFlat && tile.q_tile.size() != shape.grid().size()) return false;
  return std::none_of(kernel.tiles.begin(), kernel.tiles.end(), [&](const hwmodels::KernelTile& other) {
    return width <= other.max_head_dim && other.max_head_dim < tile.max_head_dim &&
           other.q_tile.size() == tile.q_tile.size();
  });
}

core::Diagnostics nobody(const patterns::Case& shape, const Pricing& pricing) {
  std::vector<std::string> names;
  for (const auto& [name, constants] : pricing.machine->kernels) names.push_back(name);
  const auto wanted = shape.kernel.empty() ? std::string("no kernel") : fmt::format("kernel '{}' does not run", shape.kernel);
  return core::fail(
      core::Fault::kFinding,
      fmt::format("{} on {}: {} of {} in {} with head dim {}", wanted, pricing.machine->name,
                  patterns::name(shape.phase), patterns::short_name(shape.pattern), core::name(shape.dtype), shape.head_dim),
      fmt::format("kernels of this machine: {}; `kernels:` in its file and hwmodels/kernels say what each runs",
                  fmt::join(names, ", ")));
}

}  // namespace

core::DType priced_dtype(core::DType wanted, const hwmodels::Machine& machine, const std::map<std::string, hwmodels::KernelModel>& kernels) {
  const auto runs = [&](core::DType dtype) {
    if (!machine.matrix_flop_per_clock.contains(dtype)) return false;
    return std::any_of(machine.kernels.begin(), machine.kernels.end(), [&](const auto& entry) {
      const auto kernel = kernels.find(entry.first);
      if (kernel == kernels.end()) return false;
      const auto& dtypes = kernel->second.dtypes;
      const auto& kinds = kernel->second.patterns;
      return std::find(dtypes.begin(), dtypes.end(), dtype) != dtypes.end() && kinds != std::vector<std::string>{"dense"};
    });
  };
  for (const auto dtype : {wanted, core::DType::kBf16, core::DType::kFp16, core::DType::kFp32, core::DType::kFp8}) {
    if (runs(dtype)) return dtype;
  }
  return wanted;
}

core::Diagnostics unknown_kernel(const std::string& name, const Pricing& pricing) {
  std::vector<std::string> names;
  for (const auto& [known, constants] : pricing.machine->kernels) names.push_back(known);
  const bool described = pricing.kernels->contains(name);
  return core::fail(core::Fault::kInput,
                    described ? fmt::format("machine '{}' has no constants for kernel '{}'", pricing.machine->name, name)
                              : fmt::format("unknown kernel '{}'", name),
                    core::suggestion(name, names) +
                        (described ? "; spanwise calibrate --from CSV fits constants to measured times" : ""));
}

core::Result<Choice> choose_kernel(const patterns::Case& shape, const Pricing& pricing) {
  if (shape.op != "attention") {
    const bool backward = shape.op.find("backward") != std::string::npos || shape.op.find("bwd") != std::string::npos;
    return core::fail(core::Fault::kInput, fmt::format("the time model does not price op '{}'", shape.op),
                      backward ? "forward passes alone are priced: use op attention" : "allowed: attention");
  }
  if (shape.q_lens.size() != shape.kv_lens.size()) {
    return core::fail(core::Fault::kInput, "a batch of different lengths needs q_lens and kv_lens", "give both, of one length each a sequence");
  }
  if (!shape.kernel.empty() && !pricing.machine->kernels.contains(shape.kernel)) return unknown_kernel(shape.kernel, pricing);
  std::optional<Choice> best;
  for (const auto& [name, constants] : pricing.machine->kernels) {
    const auto kernel = pricing.kernels->find(name);
    if (kernel == pricing.kernels->end()) {
      return core::fail(core::Fault::kInput,
                        fmt::format("machine '{}' names the unknown kernel '{}'", pricing.machine->name, name));
    }
    if (!shape.kernel.empty() && shape.kernel != name) continue;
    if (!kernel->second.runs(shape) || !pricing.machine->matrix_flop_per_clock.contains(shape.dtype)) continue;
    for (const auto& tile : kernel->second.tiles) {
      if (!fits(tile, kernel->second, shape)) continue;
      auto work = tile_work(shape, kernel->second, tile, *pricing.counts);
      if (!work) return work.error();
      Choice choice{shape, {&kernel->second, &constants, pricing.machine, std::move(*work)}, {}};
      choice.shape.kernel = name;
      choice.shape.q_tile = tile.q_tile;
      choice.shape.kv_tile = tile.kv_tile;
      choice.shape.tiling = kernel->second.tiling;
      choice.estimate = estimate(shape, choice.priced);
      if (!best || choice.estimate.time < best->estimate.time) best = std::move(choice);
    }
  }
  if (!best) return nobody(shape, pricing);
  return std::move(*best);
}

}  // namespace spanwise::sim

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "hwmodels/correction_yaml.h"
#include "hwmodels/machine.h"

namespace spanwise::hwmodels {
namespace {

// A double-quoted YAML scalar; sources hold letters of any kind but no control characters worth keeping.
std::string yaml_text(std::string_view text) {
  std::string out(1, '"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  out += '"';
  return out;
}

std::string origin(const core::Provenance& from) {
  return fmt::format("basis: {}, source: {}", core::name(from.basis), yaml_text(from.source));
}

std::string figure(const Figure<double>& f) { return fmt::format("{{value: {}, {}}}", f.value, origin(f.from)); }

template <class Unit>
std::string figure(const Figure<core::Quantity<Unit>>& f) {
  return fmt::format("{{value: {}, {}}}", core::print(f.value), origin(f.from));
}

}  // namespace

std::string to_yaml(const Machine& m) {
  std::string out = fmt::format("version: 1\nname: {}\nsummary: {}\nprocessors: {}\n", yaml_text(m.name),
                                yaml_text(m.summary), figure(m.processors));
  out += fmt::format("clock:\n  burst: {}\n  sustained: {}\n", figure(m.clock_burst), figure(m.clock_sustained));
  out += "matrix_flop_per_clock:\n";
  for (const auto& [dtype, rate] : m.matrix_flop_per_clock) out += fmt::format("  {}: {}\n", core::name(dtype), figure(rate));
  out += fmt::format("exp_per_clock: {}\n", figure(m.exp_per_clock));
  out += fmt::format("memory:\n  bandwidth: {}\n  size: {}\n", figure(m.memory_bandwidth), figure(m.memory_size));
  out += fmt::format("cache:\n  size: {}\n  usable: {}\n", figure(m.cache_size), figure(m.cache_usable));
  if (m.cache_bandwidth.value.value > 0) out += fmt::format("  bandwidth: {}\n", figure(m.cache_bandwidth));
  out += fmt::format("launch: {}\ngemm_share: {}\nstream_share: {}\n", figure(m.launch), figure(m.gemm_share),
                     figure(m.stream_share));
  if (!m.operators.empty()) out += "operators:\n";
  for (const auto& [name, op] : m.operators) {
    out += fmt::format("  - {{op: {}, call: {}, share: {}, row_cycles: {}, score_cycles: {}, pick_cycles: {}, error_90: {}, {}}}\n", name,
                       core::print(op.call), op.share, op.row_cycles, op.score_cycles, op.pick_cycles, op.error_90, origin(op.from));
  }
  if (!m.kernels.empty()) out += "kernels:\n";
  for (const auto& [name, k] : m.kernels) {
    out += fmt::format(
        "  - kernel: {}\n    matrix: {}\n    exponential: {}\n    partial_per_score: {}\n    item_cycles: {}\n    call: {}\n"
        "    bandwidth_share: {}\n",
        name, k.matrix, k.exponential, k.partial_per_score, k.item_cycles, core::print(k.call), k.bandwidth_share);
    if (k.sustained_clock.value > 0) out += fmt::format("    sustained_clock: {}\n", core::print(k.sustained_clock));
    if (k.largest_fitted_head_dim > 0) out += fmt::format("    largest_fitted_head_dim: {}\n", k.largest_fitted_head_dim);
    if (k.exposed > 0) out += fmt::format("    exposed: {}\n", k.exposed);
    if (k.step.value > 0) out += fmt::format("    step: {}\n", core::print(k.step));
    if (k.reorder_share > 0) out += fmt::format("    reorder_share: {}\n", k.reorder_share);
    out += fmt::format("    error_90: {}\n    basis: {}\n    source: {}\n", k.error_90, core::name(k.from.basis), yaml_text(k.from.source));
    if (!k.corrections.empty()) out += "    corrections:\n";
    for (const auto& correction : k.corrections) out += to_yaml(correction);
  }
  return out;
}

}  // namespace spanwise::hwmodels

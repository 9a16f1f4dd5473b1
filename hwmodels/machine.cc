// SPDX-License-Identifier: Apache-2.0
#include "hwmodels/machine.h"

#include "core/documents/map_reader.h"
#include "hwmodels/correction_yaml.h"
#include "hwmodels/figure.h"
#include "patterns/operator_case.h"

namespace spanwise::hwmodels {
namespace {

using documents::MapReader;
using documents::NumberRange;

constexpr NumberRange kShare{0.01, 1.0};
constexpr NumberRange kPositive{1e-6, 1e9};

KernelConstants read_constants(MapReader& map) {
  KernelConstants constants;
  constants.matrix = map.number("matrix", {0, 100});
  constants.exponential = map.number("exponential", {0, 100});
  constants.partial_per_score = map.number("partial_per_score", {0, 1000});
  constants.item_cycles = map.number("item_cycles", {0, 1e9});
  constants.call = map.quantity<core::SecondsUnit>("call");
  constants.bandwidth_share = map.number("bandwidth_share", kShare);
  if (map.find("sustained_clock") != nullptr) constants.sustained_clock = map.quantity<core::HertzUnit>("sustained_clock");
  constants.largest_fitted_head_dim = map.integer_or("largest_fitted_head_dim", {1, 1024}, 0);
  constants.exposed = map.number_or("exposed", {0, 1}, 0);
  if (map.find("step") != nullptr) constants.step = map.quantity<core::SecondsUnit>("step");
  if (map.find("reorder_share") != nullptr) constants.reorder_share = map.number("reorder_share", kShare);
  constants.error_90 = map.number("error_90", {0.01, 10});
  for (const auto& node : map.list("corrections")) constants.corrections.push_back(read_correction(node, map.context()));
  constants.from = read_provenance(map);
  if (constants.matrix == 0 && constants.exponential == 0 && map.context().ok()) {
    map.context().error(map.node(), "matrix and exponential are both 0: the kernel would take no time");
  }
  return constants;
}

void read_kernels(MapReader& map, Machine& machine) {
  std::map<std::string, const documents::Node*> first;
  for (const auto& node : map.list("kernels")) {
    MapReader kernel(node, map.context(), "kernels");
    const auto name = kernel.text("kernel");
    const auto* given = first.try_emplace(name, &node).first->second;
    if (!machine.kernels.emplace(name, read_constants(kernel)).second) {
      map.context().contradiction(node, "kernel '" + name + "' is given twice", "", given, "first given here");
    }
    kernel.finish();
  }
}

void read_operators(MapReader& map, Machine& machine) {
  std::map<std::string, const documents::Node*> first;
  for (const auto& node : map.list("operators")) {
    MapReader entry(node, map.context(), "operators");
    const auto names = patterns::operator_names();
    const auto& name = names[entry.choice("op", names)];
    OperatorConstants constants;
    constants.call = entry.quantity<core::SecondsUnit>("call");
    constants.share = entry.number("share", kShare);
    constants.row_cycles = entry.number_or("row_cycles", {0, 1e9}, 0);
    constants.score_cycles = entry.number_or("score_cycles", {0, 1e6}, 0);
    constants.pick_cycles = entry.number_or("pick_cycles", {0, 1e6}, 0);
    constants.error_90 = entry.number("error_90", {0.01, 10});
    constants.from = read_provenance(entry);
    entry.finish();
    const auto* given = first.try_emplace(name, &node).first->second;
    if (!machine.operators.emplace(name, constants).second) {
      map.context().contradiction(node, "operator '" + name + "' is given twice", "", given, "first given here");
    }
  }
}

void read_rates(MapReader& map, Machine& machine) {
  const auto* node = map.need("matrix_flop_per_clock");
  if (node == nullptr) return;
  MapReader rates(*node, map.context(), "matrix_flop_per_clock");
  for (const auto& name : core::dtype_names()) {
    if (rates.find(name) == nullptr) continue;
    machine.matrix_flop_per_clock[core::dtype_from_name(name)] = read_number_figure(rates, name, kPositive);
  }
  rates.finish();
  if (machine.matrix_flop_per_clock.empty() && map.context().ok()) {
    map.context().error(*node, "matrix_flop_per_clock needs at least one number format");
  }
}

}  // namespace

std::optional<double> Machine::matrix_peak(core::DType dtype, patterns::Regime regime) const {
  const auto rate = matrix_flop_per_clock.find(dtype);
  if (rate == matrix_flop_per_clock.end()) return std::nullopt;
  return rate->second.value * processors.value * clock(regime).value;
}

core::Result<Machine> read_machine(const std::filesystem::path& path) {
  auto document = documents::read_document(path);
  if (!document) return document.error();
  documents::Context context(document->file);
  MapReader map(document->root, context, "machine");
  map.integer("version", {1, 1});
  Machine machine;
  machine.name = map.text("name");
  machine.summary = map.text("summary");
  machine.processors = read_number_figure(map, "processors", {1, 1e6});
  if (const auto* node = map.need("clock")) {
    MapReader clock(*node, context, "clock");
    machine.clock_burst = read_quantity_figure<core::HertzUnit>(clock, "burst");
    machine.clock_sustained = read_quantity_figure<core::HertzUnit>(clock, "sustained");
    clock.finish();
  }
  read_rates(map, machine);
  machine.exp_per_clock = read_number_figure(map, "exp_per_clock", kPositive);
  if (const auto* node = map.need("memory")) {
    MapReader memory(*node, context, "memory");
    machine.memory_bandwidth = read_quantity_figure<core::BytesPerSecondUnit>(memory, "bandwidth");
    machine.memory_size = read_quantity_figure<core::BytesUnit>(memory, "size");
    memory.finish();
  }
  if (const auto* node = map.need("cache")) {
    MapReader cache(*node, context, "cache");
    machine.cache_size = read_quantity_figure<core::BytesUnit>(cache, "size");
    machine.cache_usable = read_number_figure(cache, "usable", kShare);
    if (cache.find("bandwidth") != nullptr) {
      machine.cache_bandwidth = read_quantity_figure<core::BytesPerSecondUnit>(cache, "bandwidth");
    }
    cache.finish();
  }
  machine.launch = read_quantity_figure<core::SecondsUnit>(map, "launch");
  machine.gemm_share = read_number_figure(map, "gemm_share", kShare);
  machine.stream_share = read_number_figure(map, "stream_share", kShare);
  read_operators(map, machine);
  read_kernels(map, machine);
  map.finish();
  const bool rates_positive = machine.clock_burst.value.value > 0 && machine.clock_sustained.value.value > 0 &&
                              machine.memory_bandwidth.value.value > 0;
  if (context.ok() && !rates_positive) context.error(document->root, "clocks and bandwidth must be above 0");
  if (!context.ok()) return context.take();
  return machine;
}

}  // namespace spanwise::hwmodels

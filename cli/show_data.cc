// SPDX-License-Identifier: Apache-2.0
#include "cli/show_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/model_words.h"
#include "cli/plan_report.h"
#include "core/documents/json_text.h"
#include "patterns/tile_picture.h"
#include "sim/model.h"

namespace spanwise::cli {
namespace {

constexpr std::int64_t kPictureColumns = 16;

std::string content_of(const std::filesystem::path& path) {
  const auto document = documents::read_document(path);
  return document ? documents::to_json(document->root) : std::string{};
}

std::string tile_words(const hwmodels::KernelTile& tile) {
  return fmt::format("{} x {}", fmt::join(tile.q_tile, "x"), fmt::join(tile.kv_tile, "x"));
}

std::string machines_with(const std::string& kernel, const hwmodels::DataFolders& folders) {
  std::vector<std::string> names;
  for (const auto& name : hwmodels::data_names("hwmodels/machines", folders)) {
    const auto path = hwmodels::find_data(name, "machine", "hwmodels/machines", folders);
    const auto machine = path ? hwmodels::read_machine(*path) : core::Result<hwmodels::Machine>(path.error());
    if (machine && machine->kernels.contains(kernel)) names.push_back(name);
  }
  return names.empty() ? "no bundled machine" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

core::Result<Shown> show_model(const std::filesystem::path& path) {
  const auto model = sim::read_model(path);
  if (!model) return model.error();
  Shown shown{.kind = "model",
              .title = fmt::format("{}: {} layers, width {}, {}", model->name, model->layers.size(), model->hidden_size, core::name(model->dtype))};
  shown.facts = {{"source", model->source}, {"file", path.string()}};
  if (model->max_tokens > 0) shown.facts.push_back({"max tokens", fmt::format("{}", model->max_tokens)});
  if (model->vocab_size > 0) shown.facts.push_back({"vocabulary", fmt::format("{}", model->vocab_size)});
  if (!model->default_hardware.empty()) shown.facts.push_back({"hardware", model->default_hardware + " unless you say another"});
  std::vector<std::string> rules;
  for (const auto& rule : model->rules) rules.push_back(rule_words(rule));
  shown.facts.push_back({"rules", rules.empty() ? "made by rule of thumb" : fmt::format("{}", fmt::join(rules, "; "))});
  shown.tables = {{"layers", layer_table(*model)}, {"workloads", workload_table(*model)}};
  shown.content = content_of(path);
  return shown;
}

std::vector<reports::ProvenanceRow> machine_figures(const hwmodels::Machine& machine, std::optional<core::DType> dtype) {
  std::vector<reports::ProvenanceRow> rows;
  const auto add = [&](std::string figure, std::string value, const core::Provenance& from) {
    rows.push_back({std::move(figure), std::move(value), from.basis, from.source});
  };
  add("processors", fmt::format("{}", machine.processors.value), machine.processors.from);
  add("clock, burst", core::print(machine.clock_burst.value), machine.clock_burst.from);
  add("clock, sustained", core::print(machine.clock_sustained.value), machine.clock_sustained.from);
  for (const auto& [type, rate] : machine.matrix_flop_per_clock) {
    if (dtype && *dtype != type) continue;
    add(fmt::format("{} FLOP a clock and processor", core::name(type)), fmt::format("{:.4g}", rate.value), rate.from);
  }
  add("exponentials a clock and processor", fmt::format("{:.4g}", machine.exp_per_clock.value), machine.exp_per_clock.from);
  add("memory bandwidth", core::print(machine.memory_bandwidth.value), machine.memory_bandwidth.from);
  if (!dtype) add("memory", core::print(machine.memory_size.value), machine.memory_size.from);
  add("last-level cache", core::print(machine.cache_size.value), machine.cache_size.from);
  add("launch", core::print(machine.launch.value), machine.launch.from);
  add("share of the matrix peak in large products", fmt::format("{:.3g}", machine.gemm_share.value), machine.gemm_share.from);
  for (const auto& [name, constants] : machine.kernels) {
    add(fmt::format("constants of {}", name), fmt::format("90 % within {:.0f} %", 100 * constants.error_90), constants.from);
  }
  return rows;
}

core::Result<Shown> show_machine(const std::filesystem::path& path) {
  const auto machine = hwmodels::read_machine(path);
  if (!machine) return machine.error();
  Shown shown{.kind = "hardware", .title = fmt::format("{}: {}", machine->name, machine->summary), .facts = {{"file", path.string()}}};
  for (const auto& [dtype, rate] : machine->matrix_flop_per_clock) {
    const auto peak = [&](patterns::Regime regime) { return core::print(core::FlopsPerSecond{machine->matrix_peak(dtype, regime).value_or(0)}, 3); };
    shown.facts.push_back({fmt::format("{} peak", core::name(dtype)),
                           fmt::format("{} in a burst, {} sustained", peak(patterns::Regime::kBurst), peak(patterns::Regime::kSustained))});
  }
  reports::Table figures;
  figures.columns = {{"figure", {"figure", "", false}},
                     {"value", {"value", "", true}},
                     {"basis", {"basis", "", false, 1}},
                     {"source", {.header = "source", .numeric = false, .sentence = true}}};
  for (const auto& row : machine_figures(*machine)) figures.rows.push_back({row.figure, row.value, std::string(core::name(row.basis)), row.source});
  shown.tables = {{"figures", std::move(figures)}};
  shown.content = content_of(path);
  return shown;
}

core::Result<Shown> show_kernel(const std::filesystem::path& path, const hwmodels::DataFolders& folders) {
  const auto kernel = hwmodels::read_kernel_model(path);
  if (!kernel) return kernel.error();
  std::vector<std::string> dtypes, phases;
  for (const auto dtype : kernel->dtypes) dtypes.emplace_back(core::name(dtype));
  for (const auto phase : kernel->phases) phases.emplace_back(phase == patterns::Phase::kPrefill ? "prefill" : "decode");
  Shown shown{.kind = "kernel", .title = fmt::format("{}: {}", kernel->name, kernel->summary)};
  const auto yes_no = [](bool value) { return value ? "yes" : "no"; };
  shown.facts = {{"source", kernel->source},
                 {"file", path.string()},
                 {"patterns", fmt::format("{}", fmt::join(kernel->patterns, ", "))},
                 {"phases", fmt::format("{}", fmt::join(phases, ", "))},
                 {"dtypes", fmt::format("{}", fmt::join(dtypes, ", "))},
                 {"split KV", yes_no(kernel->split_kv)},
                 {"sink tokens", yes_no(kernel->sinks && std::find(kernel->patterns.begin(), kernel->patterns.end(), "sliding_window") != kernel->patterns.end())},
                 {"reorders", kernel->reorders_tokens ? "permutes Q, K, V and O into boxes and back" : "no"},
                 {"priced on", machines_with(kernel->name, folders)}};
  reports::Table tiles;
  tiles.columns = {{"max_head_dim", {"head dim up to"}}, {"tile", {"query x KV tile", "", false}}};
  for (const auto& tile : kernel->tiles) tiles.rows.push_back({count_cell(tile.max_head_dim), tile_words(tile)});
  shown.tables = {{"tiles", std::move(tiles)}};
  shown.content = content_of(path);
  return shown;
}

Shown show_pattern(const patterns::KindInfo& kind) {
  Shown shown{.kind = "pattern", .title = fmt::format("{}: {}", kind.name, kind.summary)};
  shown.facts = {{"source", std::string(kind.source)},
                 {"example", std::string(kind.example)},
                 {"try", fmt::format("spanwise bound --pattern '{}' --tokens {}", kind.example, kind.layout)}};
  reports::Table parameters;
  parameters.columns = {{"parameter", {"parameter", "", false}},
                        {"type", {"type", "", false, 2}},
                        {"unit", {"unit", "", false, 1}},
                        {"default", {"default", "", false}},
                        {"meaning", {.header = "meaning", .numeric = false, .sentence = true}}};
  for (const auto& p : kind.parameters) {
    parameters.rows.push_back({std::string(p.name), std::string(p.type), std::string(p.unit), std::string(p.fallback), std::string(p.meaning)});
  }
  shown.tables = {{"parameters", std::move(parameters)}};
  const auto shape = patterns::parse_case(fmt::format(R"({{"tokens": "{0}", "q_len": {1}, "kv_len": {1}, "pattern": {2}}})", kind.layout,
                                                      256, kind.example));
  if (shape) {
    shown.picture = fmt::format("the example on {} tokens, queries downwards: # all, + some, . none\n{}", kind.layout,
                                patterns::draw(shape->pattern, shape->grid(), kPictureColumns));
  }
  return shown;
}

}  // namespace spanwise::cli

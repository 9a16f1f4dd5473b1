// SPDX-License-Identifier: Apache-2.0
#include "cli/catalog_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/model_words.h"
#include "patterns/kinds.h"
#include "reports/numbers.h"
#include "sim/model.h"

namespace spanwise::cli {
namespace {

using hwmodels::DataFolders;
using reports::Cell;

const DataKind& kind_of(const std::string& plural) {
  const auto& kinds = data_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const DataKind& kind) { return plural == kind.plural; });
  core::ensure(found != kinds.end(), "list_of() of an unknown kind");
  return *found;
}

// Calls add(path) for every file of the kind; what it returns as wrong is kept.
template <class Add>
void each_file(const DataKind& kind, const DataFolders& folders, Listing& listing, const Add& add) {
  for (const auto& name : hwmodels::data_names(kind.subfolder, folders)) {
    const auto path = hwmodels::find_data(name, kind.singular, kind.subfolder, folders);
    const auto done = path ? add(name, *path) : core::Status(path.error());
    if (!done) listing.problems.insert(listing.problems.end(), done.error().begin(), done.error().end());
  }
}

Listing list_models(const DataKind& kind, const DataFolders& folders) {
  Listing listing;
  listing.table.columns = {{"name", {"model", "", false}},
                           {"layers", {"layers"}},
                           {"hidden_size", {"width", "", true, 3}},
                           {"heads", {"heads", "", false, 2}},
                           {"ffn", {"FFN", "", false, 4}},
                           {"workloads", {.header = "workloads", .numeric = false, .sentence = true}}};
  each_file(kind, folders, listing, [&](const std::string& name, const std::filesystem::path& path) -> core::Status {
    const auto model = sim::read_model(path);
    if (!model) return model.error();
    std::vector<std::string> workloads;
    for (const auto& workload : model->workloads) workloads.push_back(workload.label());
    listing.table.rows.push_back({name, count_cell(static_cast<std::int64_t>(model->layers.size())), count_cell(model->hidden_size),
                                  attention_words(model->attention()), ffn_words(model->layers.front().ffn), fmt::format("{}", fmt::join(workloads, "; "))});
    return core::Done{};
  });
  return listing;
}

Listing list_machines(const DataKind& kind, const DataFolders& folders) {
  Listing listing;
  listing.table.columns = {{"name", {"machine", "", false}},
                           {"processors", {"processors", "procs"}},
                           {"matrix_flop_per_s", {"matrix peak", "peak"}},
                           {"memory_bytes_per_s", {"bandwidth", "bw"}},
                           {"memory_bytes", {"memory", "", true, 2}},
                           {"kernels", {"kernels", "", true, 1}},
                           {"summary", {.header = "what it is", .numeric = false, .sentence = true}}};
  each_file(kind, folders, listing, [&](const std::string& name, const std::filesystem::path& path) -> core::Status {
    const auto machine = hwmodels::read_machine(path);
    if (!machine) return machine.error();
    const auto dtype = machine->matrix_flop_per_clock.contains(core::DType::kBf16) ? core::DType::kBf16 : machine->matrix_flop_per_clock.begin()->first;
    const core::FlopsPerSecond peak{machine->matrix_peak(dtype, patterns::Regime::kBurst).value_or(0)};
    listing.table.rows.push_back({name, Cell(fmt::format("{:g}", machine->processors.value), machine->processors.value),
                                  Cell(fmt::format("{} {}", core::print(peak, 3), core::name(dtype)), peak.value),
                                  Cell(core::print(machine->memory_bandwidth.value, 3), machine->memory_bandwidth.value.value),
                                  Cell(core::print(machine->memory_size.value, 3), machine->memory_size.value.value),
                                  count_cell(static_cast<std::int64_t>(machine->kernels.size())), machine->summary});
    return core::Done{};
  });
  return listing;
}

Listing list_kernels(const DataKind& kind, const DataFolders& folders) {
  Listing listing;
  listing.table.columns = {{"name", {"kernel", "", false}},
                           {"phases", {"phases", "", false, 1}},
                           {"dtypes", {"dtypes", "", false, 2}},
                           {"patterns", {.header = "patterns", .numeric = false, .sentence = true}}};
  each_file(kind, folders, listing, [&](const std::string& name, const std::filesystem::path& path) -> core::Status {
    const auto kernel = hwmodels::read_kernel_model(path);
    if (!kernel) return kernel.error();
    std::vector<std::string> phases, dtypes;
    for (const auto phase : kernel->phases) phases.emplace_back(phase == patterns::Phase::kPrefill ? "prefill" : "decode");
    for (const auto dtype : kernel->dtypes) dtypes.emplace_back(core::name(dtype));
    listing.table.rows.push_back({name, fmt::format("{}", fmt::join(phases, ", ")), fmt::format("{}", fmt::join(dtypes, ", ")),
                                  fmt::format("{}", fmt::join(kernel->patterns, ", "))});
    return core::Done{};
  });
  return listing;
}

Listing list_patterns() {
  Listing listing;
  listing.table.columns = {{"name", {"pattern", "", false}},
                           {"parameters", {"parameters", "", false, 1}},
                           {"summary", {.header = "which keys a query sees", .numeric = false, .sentence = true}}};
  for (const auto& kind : patterns::kinds()) {
    std::vector<std::string_view> parameters;
    for (const auto& parameter : kind.parameters) parameters.push_back(parameter.name);
    listing.table.rows.push_back({std::string(kind.name), fmt::format("{}", fmt::join(parameters, ", ")), std::string(kind.summary)});
  }
  return listing;
}

Listing list_suites(const DataKind& kind, const DataFolders& folders) {
  Listing listing;
  listing.table.columns = {{"name", {"suite", "", false}}, {"file", {.header = "file", .numeric = false, .sentence = true}}};
  each_file(kind, folders, listing, [&](const std::string& name, const std::filesystem::path& path) -> core::Status {
    listing.table.rows.push_back({name, path.string()});
    return core::Done{};
  });
  return listing;
}

}  // namespace

const std::vector<DataKind>& data_kinds() {
  static const std::vector<DataKind> kinds = {{"hardware", "hardware", "hwmodels/machines"},
                                              {"models", "model", "configs/models"},
                                              {"kernels", "kernel", "hwmodels/kernels"},
                                              {"patterns", "pattern", ""},
                                              {"suites", "suite", "configs/suites"}};
  return kinds;
}

std::vector<std::string> names_of(const std::string& plural, const DataFolders& folders) {
  if (plural != "patterns") return hwmodels::data_names(kind_of(plural).subfolder, folders);
  std::vector<std::string> names;
  for (const auto& kind : patterns::kinds()) names.emplace_back(kind.name);
  return names;
}

Listing list_of(const std::string& plural, const DataFolders& folders) {
  const auto& kind = kind_of(plural);
  if (plural == "models") return list_models(kind, folders);
  if (plural == "hardware") return list_machines(kind, folders);
  if (plural == "kernels") return list_kernels(kind, folders);
  if (plural == "patterns") return list_patterns();
  return list_suites(kind, folders);
}

}  // namespace spanwise::cli

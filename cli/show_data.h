// SPDX-License-Identifier: Apache-2.0
// What is known of a machine, a model, a kernel and a pattern.
#pragma once

#include <filesystem>
#include <string>

#include "cli/shown.h"
#include "core/result.h"
#include "hwmodels/catalog.h"
#include "patterns/kinds.h"
#include "reports/report_model.h"

namespace spanwise::cli {

core::Result<Shown> show_model(const std::filesystem::path& path);
core::Result<Shown> show_machine(const std::filesystem::path& path);
core::Result<Shown> show_kernel(const std::filesystem::path& path, const hwmodels::DataFolders& folders);
Shown show_pattern(const patterns::KindInfo& kind);

// Every figure of the machine with its origin; rates of one type alone when `dtype` says so.
std::vector<reports::ProvenanceRow> machine_figures(const hwmodels::Machine& machine, std::optional<core::DType> dtype = {});

}  // namespace spanwise::cli

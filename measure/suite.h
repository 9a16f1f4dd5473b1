// SPDX-License-Identifier: Apache-2.0
// A suite: named cases to time on any device (docs/formats.md, "Suite").
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "patterns/case.h"

namespace spanwise::measure {

struct SuiteEntry {
  std::string name;
  patterns::Case shape;
  std::optional<std::size_t> against;  // an earlier entry, timed in turns with this one
};

struct Suite {
  std::string name, summary;
  std::int64_t min_samples = 5;
  double max_seconds = 0.5;  // of one timing
  std::vector<SuiteEntry> entries;
};

core::Result<Suite> read_suite(const std::filesystem::path& path);

}  // namespace spanwise::measure

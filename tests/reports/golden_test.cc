// SPDX-License-Identifier: Apache-2.0
// The whole outputs of one sample, kept under tests/golden/reports. Run with SPANWISE_UPDATE_GOLDEN=1 to
// write them anew, and look at the difference.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/file.h"
#include "reports/json.h"
#include "reports/terminal.h"
#include "tests/reports/sample_models.h"

using namespace spanwise;  // NOLINT: a test

namespace {

void check_golden(const char* name, const std::string& text) {
  const auto path = std::filesystem::path(SPANWISE_SOURCE_DIR) / "tests/golden/reports" / name;
  if (std::getenv("SPANWISE_UPDATE_GOLDEN") != nullptr) REQUIRE(core::write_file_atomically(path, text));
  const auto expected = core::read_file(path, 1 << 20);
  REQUIRE(expected);
  CHECK(text == *expected);
}

}  // namespace

TEST_CASE("golden outputs") {
  const auto model = reports::samples::language_model();
  check_golden("first_screen_100.txt", *reports::render_terminal(model, 100, false));
  check_golden("first_screen_80.txt", *reports::render_terminal(model, 80, false));
  check_golden("first_screen_infeasible.txt",
               *reports::render_terminal(reports::samples::infeasible(), 100, false));
  check_golden("ladder.txt", *reports::render_terminal(*model.workloads[0].ladder, 100, false));
  check_golden("report_least.json", *reports::render_json(reports::samples::least()));
}

// SPDX-License-Identifier: Apache-2.0
#include "hwmodels/machine.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "hwmodels/catalog.h"
#include "tests/support/sample_files.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;
using testing::TemporaryFolder;

TEST_CASE("a machine written as YAML reads back as the same bytes") {
  const TemporaryFolder folder;
  auto machine = testing::sample_machine();
  machine.memory_size.value = {50.0 * 1024 * 1024};
  machine.launch.value = {2.4e-6};
  machine.summary = "quotes \" and \\ survive";
  const auto text = hwmodels::to_yaml(machine);
  const auto back = hwmodels::read_machine(folder.write("m.yaml", text));
  REQUIRE(back);
  CHECK(hwmodels::to_yaml(*back) == text);
  CHECK(back->kernels.at("dense-kernel").item_cycles == 500);
  CHECK(*back->matrix_peak(core::DType::kBf16, patterns::Regime::kSustained) == 10 * 1000 * 0.5e9);
  CHECK_FALSE(back->matrix_peak(core::DType::kFp32, patterns::Regime::kBurst));
}

TEST_CASE("every shipped machine and kernel reads, and machines name kernels that exist") {
  const hwmodels::DataFolders folders = {testing::source_path("")};
  const auto kernels = hwmodels::read_kernel_models(folders);
  REQUIRE(kernels);
  CHECK(kernels->contains("spanwise-cpu-fp32"));
  const auto names = hwmodels::data_names("hwmodels/machines", folders);
  CHECK(std::find(names.begin(), names.end(), "h200-sxm") != names.end());
  for (const auto& name : names) {
    CAPTURE(name);
    const auto machine = hwmodels::read_machine(testing::source_path("hwmodels/machines/" + name + ".yaml"));
    REQUIRE(machine);
    CHECK(machine->name == name);
    for (const auto& [kernel, constants] : machine->kernels) CHECK(kernels->contains(kernel));
  }
}

TEST_CASE("mistakes in a machine are reported where they are") {
  const TemporaryFolder folder;
  auto text = hwmodels::to_yaml(testing::sample_machine());
  const auto replace = [](std::string where, const std::string& from, const std::string& to) {
    const auto at = where.find(from);
    REQUIRE(at != std::string::npos);
    return where.replace(at, from.size(), to);
  };
  const auto error_of = [&](const std::string& bad) {
    const auto machine = hwmodels::read_machine(folder.write("bad.yaml", bad));
    REQUIRE_FALSE(machine);
    return machine.error().front();
  };
  SUBCASE("a bandwidth in the wrong unit") {
    const auto error = error_of(replace(text, "1 TB/s", "1 TB"));
    CHECK(error.message.find("bandwidth such as '4.8 TB/s'") != std::string::npos);
    CHECK(error.place.line == 12);
    CHECK(error.place.column == 22);
  }
  SUBCASE("an unknown basis") {
    const auto error = error_of(replace(text, "basis: assumed", "basis: asumed"));
    CHECK(error.hint.find("did you mean 'assumed'") != std::string::npos);
    CHECK(error.place.line == 4);
  }
  SUBCASE("a clock of zero") {
    CHECK(error_of(replace(text, "burst: {value: 1 GHz", "burst: {value: 0 GHz")).message.find("above 0") != std::string::npos);
  }
  SUBCASE("a share above one") {
    CHECK(error_of(replace(text, "gemm_share: {value: 0.5", "gemm_share: {value: 1.5")).hint.find("0.01 to 1") != std::string::npos);
  }
}

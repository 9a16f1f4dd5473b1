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

TEST_CASE("every bundled machine reads, writes itself and names kernels that exist") {
  const hwmodels::DataFolders folders = {testing::source_path(".")};
  const auto kernels = hwmodels::read_kernel_models(folders);
  REQUIRE(kernels);
  const testing::TemporaryFolder folder;
  const auto names = hwmodels::data_names("hwmodels/machines", folders);
  CHECK(names.size() >= 13);
  for (const auto& name : names) {
    CAPTURE(name);
    const auto machine = hwmodels::read_machine(testing::source_path("hwmodels/machines/" + name + ".yaml"));
    REQUIRE(machine);
    CHECK(machine->name == name);
    const auto text = hwmodels::to_yaml(*machine);
    const auto again = hwmodels::read_machine(folder.write("again.yaml", text));
    REQUIRE(again);
    CHECK(hwmodels::to_yaml(*again) == text);
    bool prefill = false, decode = false, windows = false;
    for (const auto& [kernel_name, constants] : machine->kernels) {
      CAPTURE(kernel_name);
      REQUIRE(kernels->contains(kernel_name));
      const auto& kernel = kernels->at(kernel_name);
      for (const auto phase : kernel.phases) (phase == patterns::Phase::kDecode ? decode : prefill) = true;
      for (const auto& pattern : kernel.patterns) windows = windows || pattern == "sliding_window";
      // What nobody measured has a wide interval.
      if (constants.from.basis == core::Basis::kAssumed) CHECK(constants.error_90 >= 0.5);
      if (constants.from.basis == core::Basis::kExtrapolated) CHECK(constants.error_90 >= 0.15);
    }
    CHECK(prefill);
    CHECK(decode);
    CHECK(windows);
  }
}

TEST_CASE("rates of the machines give the peaks that their makers publish") {
  struct Peak {
    const char* machine;
    core::DType dtype;
    double clock_ghz;  // that the published figure is for
    double tflops;
  };
  using core::DType;
  for (const auto& p : {Peak{"h200-sxm", DType::kBf16, 1.83, 989}, Peak{"h100-sxm", DType::kBf16, 1.83, 989}, Peak{"h100-sxm", DType::kFp8, 1.83, 1979},
                        Peak{"h100-pcie", DType::kBf16, 1.62, 756}, Peak{"a100-sxm-80g", DType::kBf16, 1.41, 312}, Peak{"a100-sxm-80g", DType::kFp32, 1.41, 19.5},
                        Peak{"b200-sxm", DType::kBf16, 1.86, 2250}, Peak{"l40s", DType::kBf16, 2.52, 362}, Peak{"rtx-4090", DType::kBf16, 2.52, 165.2},
                        Peak{"rtx-pro-6000", DType::kBf16, 2.43, 467.8}, Peak{"mi300x", DType::kBf16, 2.1, 1307.4}, Peak{"mi300x", DType::kFp32, 2.1, 163.4},
                        Peak{"tpu-v5e", DType::kBf16, 1.5, 197}, Peak{"apple-m3-max", DType::kFp32, 1.38, 14.1}}) {
    CAPTURE(p.machine);
    const auto machine = hwmodels::read_machine(testing::source_path(std::string("hwmodels/machines/") + p.machine + ".yaml"));
    REQUIRE(machine);
    const auto peak = machine->processors.value * machine->matrix_flop_per_clock.at(p.dtype).value * p.clock_ghz * 1e-3;
    CHECK(peak == doctest::Approx(p.tflops).epsilon(0.015));
  }
}

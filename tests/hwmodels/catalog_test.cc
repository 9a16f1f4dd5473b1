// SPDX-License-Identifier: Apache-2.0
#include "hwmodels/catalog.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/sample_files.h"

using namespace spanwise;

TEST_CASE("data is found by name, an earlier folder first, and a miss names the nearest") {
  const testing::TemporaryFolder first, second;
  for (const auto* folder : {&first, &second}) std::filesystem::create_directories(folder->path() / "configs/models");
  first.write("configs/models/llama-3.1-8b.yaml", "a");
  second.write("configs/models/llama-3.1-8b.yaml", "b");
  second.write("configs/models/other.yaml", "c");
  const hwmodels::DataFolders folders = {first.path(), second.path()};
  const auto found = hwmodels::find_data("llama-3.1-8b", "model", "configs/models", folders);
  REQUIRE(found);
  CHECK(testing::read_text(*found) == "a");
  CHECK(testing::read_text(*hwmodels::find_data("other", "model", "configs/models", folders)) == "c");
  const auto miss = hwmodels::find_data("lama-3.1-8b", "model", "configs/models", folders);
  REQUIRE_FALSE(miss);
  CHECK(miss.error().front().hint.find("did you mean 'llama-3.1-8b'?") != std::string::npos);
  CHECK(*hwmodels::find_data("my/own.yaml", "model", "configs/models", folders) == "my/own.yaml");
  CHECK(hwmodels::data_names("configs/models", folders) == std::vector<std::string>{"llama-3.1-8b", "other"});
}

TEST_CASE("a kernel runs what its file says") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("k.yaml",
                                 "version: 1\nname: k\nsummary: s\nsource: s\npatterns: [dense, neighborhood]\nphases: [prefill]\n"
                                 "dtypes: [bf16]\ntiling: static\ntiles: [{max_head_dim: 128, q_tile: 4x4x8, kv_tile: 4x4x8}]\n"
                                 "pack_group: never\nmask: whole_problem\nschedule: waves\n");
  const auto kernel = hwmodels::read_kernel_model(path);
  REQUIRE(kernel);
  patterns::Case shape;
  shape.q_len = shape.kv_len = 512;
  shape.tokens = {8, 8, 8};
  CHECK(kernel->runs(shape));
  auto other = shape;
  other.tokens = {512};
  CHECK_FALSE(kernel->runs(other));  // no tile of one axis
  other = shape;
  other.head_dim = 256;
  CHECK_FALSE(kernel->runs(other));
  other = shape;
  other.phase = patterns::Phase::kDecode;
  CHECK_FALSE(kernel->runs(other));
  other = shape;
  other.pattern = patterns::SlidingWindow{4, 0, true};
  CHECK_FALSE(kernel->runs(other));
}

// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_claims.h"

#include <doctest/doctest.h>

#include "tests/support/sample_files.h"

using namespace spanwise;

TEST_CASE("validation runs what runners can: the last pass, and the longest sequence of a ragged batch") {
  const testing::TemporaryFolder folder;
  auto text = testing::read_text(testing::source_path("tests/corpus/plan.yaml"));
  const auto with = [&](const std::string& shape) {
    auto changed = text;
    const std::string from = "tokens: 4096, q_len: 4096, batch: 1";
    changed.replace(changed.find(from), from.size(), shape);
    const auto plan = tuner::read_plan(folder.write("plan.yaml", changed));
    REQUIRE(plan);
    const auto claims = cli::plan_claims(*plan);
    REQUIRE(claims.size() == 2);  // one a rule
    return claims.back().shape;
  };
  const auto ragged = with("lengths: [100, 3000, 2000]");
  CHECK(ragged.batch == 1);
  CHECK(ragged.kv_len == 3000);
  CHECK(ragged.kv_lens.empty());
  const auto chunked = with("tokens: 4096, chunk: 1000, batch: 2");
  CHECK(chunked.q_len == 96);
  CHECK(chunked.kv_len == 4096);
  CHECK(chunked.batch == 2);
}

// SPDX-License-Identifier: Apache-2.0
// Exact counts against the oracle: every field of every random request.
#include "patterns/tile_count.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <string>

#include "brute_force.h"
#include "describe.h"
#include "random_cases.h"
#include "tests/support/sanitized.h"

using namespace spanwise;

namespace {

// How often the cases that are easy to miss came up.
struct Met {
  std::array<int, 3> tiling{};
  std::map<std::string, int> kinds_in_boxes;  // over several axes
  int causal_axis = 0, dilated = 0, strided = 0, chunk = 0, extra = 0, grouped = 0;
  std::map<std::string, int> kinds;
  int block_sparse = 0, natten_only = 0, exact_only = 0, kernel_visits_more = 0, sees_nothing = 0;

  void add(const patterns::CountRequest& request, const patterns::TileCounts& counts) {
    ++tiling[static_cast<std::size_t>(request.tiling)];
    ++kinds[std::string(patterns::kind_name(request.pattern))];
    if (request.tiling != patterns::Tiling::kFlat && request.tokens.size() > 1) ++kinds_in_boxes[std::string(patterns::kind_name(request.pattern))];
    if (const auto* rule = std::get_if<patterns::Neighborhood>(&request.pattern)) {
      for (std::size_t axis = 0; axis < rule->window.size(); ++axis) {
        causal_axis += rule->causal[axis] ? 1 : 0;
        dilated += rule->dilation[axis] > 1 ? 1 : 0;
        strided += rule->stride[axis] > 1 ? 1 : 0;
      }
    }
    chunk += request.q_tokens.empty() ? 0 : 1;
    extra += request.extra_kv_tokens + request.extra_q_tokens > 0 ? 1 : 0;
    grouped += request.group_heads > 1 ? 1 : 0;
    const bool sparse = counts.block_sparse.value_or(false),
               natten = counts.natten_block_sparse.value_or(false);
    block_sparse += sparse ? 1 : 0;
    natten_only += natten && request.tiling == patterns::Tiling::kStatic && !sparse ? 1 : 0;
    exact_only += sparse && counts.natten_block_sparse == false ? 1 : 0;
    kernel_visits_more += counts.kernel_kv_tiles > counts.kv_tiles ? 1 : 0;
    sees_nothing += counts.kv_tiles_min == 0 ? 1 : 0;
  }
};

template <class Make>
Met compare_with_oracle(std::uint64_t cases, Make make) {
  Met met;
  const std::uint64_t seed = oracle::test_seed();
  for (std::uint64_t index = 0; index < cases; ++index) {
    const patterns::CountRequest request = make(seed, index);
    INFO("SPANWISE_TEST_SEED=" << seed << " case " << index << ": " << oracle::describe(request));
    const auto counts = patterns::count_tiles(request);
    if (!counts) {
      FAIL_CHECK(core::render(counts.error()));
      continue;
    }
    CHECK(oracle::describe(*counts) == oracle::describe(oracle::count(request)));
    auto totals_wanted = request;
    totals_wanted.histogram = false;
    auto totals = patterns::count_tiles(totals_wanted);
    REQUIRE(totals);
    totals->rows = counts->rows;
    CHECK(oracle::describe(*totals) == oracle::describe(*counts));
    met.add(request, *counts);
  }
  return met;
}

}  // namespace

constexpr int kTenths = static_cast<int>(spanwise::testing::random_cases(10));

TEST_CASE("counts of random requests equal the oracle") {
  const Met met = compare_with_oracle(2000 * kTenths, oracle::random_request);
  for (const int cases : met.tiling) CHECK(cases > 500 * kTenths);
  for (const int cases : {met.causal_axis, met.dilated, met.strided, met.chunk, met.extra, met.grouped}) {
    CHECK(cases > 150 * kTenths);
  }
  for (const int cases : {met.kernel_visits_more, met.sees_nothing}) CHECK(cases > 5 * kTenths);
  CHECK(met.block_sparse > 10 * kTenths);
  if (kTenths == 10) {
    for (const int cases : {met.natten_only, met.exact_only}) CHECK(cases > 3);
  }
  // Every kind whose pairs are determined: all but pyramid.
  CHECK(met.kinds.size() == patterns::kind_names().size() - 1);
  for (const auto& [kind, cases] : met.kinds) {
    CAPTURE(kind);
    CHECK(cases > 10 * kTenths);
  }
  // All but token subsets, whose tokens are a line.
  CHECK(met.kinds_in_boxes.size() == met.kinds.size() - 1);
  for (const auto& [kind, cases] : met.kinds_in_boxes) {
    CAPTURE(kind);
    CHECK(cases > 5 * kTenths);
  }
}

TEST_CASE("counts of long lines equal the oracle") {
  const Met met = compare_with_oracle(15 * kTenths, oracle::random_long_request);
  for (const int cases : met.tiling) CHECK(cases > 3 * kTenths);
}

TEST_CASE("counts of rows that repeat equal the oracle") {
  const Met met = compare_with_oracle(20 * kTenths, oracle::random_repeating_request);
  for (const int cases : met.tiling) CHECK(cases > 4 * kTenths);
}

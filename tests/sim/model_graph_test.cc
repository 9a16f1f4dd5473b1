// SPDX-License-Identifier: Apache-2.0
#include "sim/model_graph.h"

#include <doctest/doctest.h>

#include "tests/support/sample_layer.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;

TEST_CASE("the critical path is the sum of a chain, split by kind") {
  const auto machine = testing::sample_machine();
  sim::Model model;
  model.hidden_size = 64;
  model.layers.assign(2, testing::sample_layer({4, 2, 16, 16, true, {}}, 64, 128));
  sim::Workload workload;
  workload.batch = 2;
  workload.q_len = workload.kv_len = 100;
  const auto time = sim::model_time(model, workload, machine, {{1e-3}, {2e-3}});
  CHECK(time.parts.at(sim::OperatorKind::kAttention).value == doctest::Approx(3e-3));
  // Per layer: Q, K, V in one product of width 128, O; up and gate in one of width 256, down; on 200 tokens.
  const auto gemm = [&](double n, double k) { return sim::gemm_seconds(machine, core::DType::kBf16, 200, n, k).value; };
  CHECK(time.parts.at(sim::OperatorKind::kProjection).value == doctest::Approx(2 * (gemm(128, 64) + gemm(64, 64))));
  CHECK(time.parts.at(sim::OperatorKind::kFeedForward).value == doctest::Approx(2 * (gemm(256, 64) + gemm(64, 128))));
  double sum = 0;
  for (const auto& [kind, part] : time.parts) sum += part.value;
  CHECK(time.total.value == doctest::Approx(sum));
}

TEST_CASE("a product is bound by FLOPs or by bytes, and pays one launch") {
  const auto machine = testing::sample_machine();  // 5e12 FLOP/s sustained, half reached; 1e12 B/s, half reached
  CHECK(sim::gemm_seconds(machine, core::DType::kBf16, 4096, 4096, 4096).value ==
        doctest::Approx(2.0 * 4096 * 4096 * 4096 / 2.5e12 + 1e-6));
  CHECK(sim::gemm_seconds(machine, core::DType::kBf16, 1, 4096, 4096).value ==
        doctest::Approx(2.0 * (4096 + 4096.0 * 4096 + 4096) / 0.5e12 + 1e-6));
}

// SPDX-License-Identifier: Apache-2.0
// The operators of selectors (patterns/operator_case.h) on this processor, from inputs to a checked and timed run.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/thread_pool.h"
#include "kernels/runner/protocol.h"
#include "patterns/operator_case.h"

namespace spanwise::kernels {

// One operator with its inputs and outputs in memory. Outputs do not depend on the number of threads.
class OperatorRun {
 public:
  virtual ~OperatorRun() = default;
  virtual void run(core::ThreadPool& pool) = 0;
  // Fills the output with what no run writes.
  virtual void poison() = 0;
  // Changes one element of the output, as a broken kernel might.
  virtual void damage() = 0;
  // Compares about `rows` rows of some lists with plain loops in float64. leaked_rows: rows that are wrong where the answer
  // is exact (picked, moved, hidden).
  virtual CheckResult compare(std::int64_t rows) const = 0;
  // As it lies in memory, list after list.
  virtual std::span<const std::byte> output_bytes() const = 0;
};

// What an operator is made from; `isa` is one of runnable_isas().
struct OperatorSetup {
  const patterns::Case& shape;
  const patterns::OperatorShape& op;
  std::string_view isa;
  core::ThreadPool& pool;
};
std::unique_ptr<OperatorRun> make_block_pool(const OperatorSetup& setup);
std::unique_ptr<OperatorRun> make_index_score(const OperatorSetup& setup);
std::unique_ptr<OperatorRun> make_top_k(const OperatorSetup& setup);
std::unique_ptr<OperatorRun> make_move_rows(const OperatorSetup& setup);
std::unique_ptr<OperatorRun> make_kmeans_assign(const OperatorSetup& setup);
std::unique_ptr<OperatorRun> make_operator(const OperatorSetup& setup);

// Answers a request whose op is one of operator_names(), as measure_attention() does.
Measurement measure_operator(const Request& request, std::string_view isa, std::uint64_t memory_limit, core::ThreadPool& pool,
                             double slowdown = 0);

}  // namespace spanwise::kernels

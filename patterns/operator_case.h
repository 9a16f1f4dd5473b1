// SPDX-License-Identifier: Apache-2.0
// The operators that routed patterns pay for beside attention, as Cases (docs/formats.md, "Operators"): what their
// `params` mean, and how much they compute and move. A selector is a chain of them: pool, score, pick, move.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/documents/map_reader.h"
#include "core/int128.h"
#include "core/result.h"
#include "patterns/case.h"

namespace spanwise::patterns {

enum class Operator { kBlockPool, kIndexScore, kTopK, kPermute, kGather, kScatter, kKMeansAssign };

// block_pool, index_score, topk, permute, gather, scatter, kmeans_assign: the `op` of a Case.
std::string_view name(Operator op);
std::span<const std::string> operator_names();
std::optional<Operator> operator_of(std::string_view op);

enum class Pooling { kMean, kMax };

// How a score of the query heads of a KV group becomes one:
//   mean, max  of the products, scaled by 1 / sqrt(head_dim) (MoBA, SeerAttention)
//   softmax    the mean over heads of each head's softmax over all columns (NSA, arXiv 2502.11089, equation 10)
//   relu_sum   the sum over heads of weight * max(0, product) (the indexer of DeepSeek-V3.2), not scaled
enum class Combine { kMean, kMax, kSoftmax, kReluSum };

// One operator over `lists` independent lists (sequences times heads) of one shape.
struct OperatorShape {
  Operator op = Operator::kTopK;
  std::int64_t lists = 1;
  std::int64_t heads = 1;    // index_score: query heads that make one score
  std::int64_t rows = 1;     // of a list, at its output: blocks, rows of scores, rows moved, tokens assigned
  std::int64_t columns = 1;  // of a row: tokens of a block, scores, centroids
  std::int64_t tokens = 1;   // of a list, where rows come from (pool, moves, k-means)
  std::int64_t keep = 0;     // topk: columns picked of a row
  std::int64_t q_block = 1, kv_block = 1;  // tokens of a row and of a column (index_score, topk)
  bool of_queries = false;   // block_pool, moves, k-means: of Q instead of K
  Pooling pooling = Pooling::kMean;
  Combine combine = Combine::kMean;
  std::int64_t offset = 0;  // position of the first query
  std::int64_t kv_len = 1, q_len = 1;
  bool causal = false;

  // How many columns row `row` sees: those that begin at or before its last query.
  std::int64_t visible(std::int64_t row) const;
  // The same summed over all rows, in time that does not grow with them.
  core::Count visible_total() const;
};

// Reads the params of an operator's Case; `params` is null where the document gives none, `at` is where missing ones are
// reported. The rest of `shape` has been read.
OperatorShape read_operator(const Case& shape, const documents::Node* params, const documents::Node& at, documents::Context& context);

// The same from a Case that may have been made in any way.
core::Result<OperatorShape> operator_shape(const Case& shape);

// What cannot be avoided: inputs and outputs of `dtype` (scores, pooled values and indices of 4 bytes) once each, products
// and exponentials of visible pairs. FLOPs of comparisons and sums are not counted.
struct OperatorWork {
  double flops = 0, exps = 0, bytes = 0;
};
OperatorWork operator_work(const OperatorShape& shape, std::int64_t head_dim, core::DType dtype);

}  // namespace spanwise::patterns

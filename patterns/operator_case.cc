// SPDX-License-Identifier: Apache-2.0
#include "patterns/operator_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>


namespace spanwise::patterns {
namespace {

using core::Count;
using documents::Context;
using documents::MapReader;
using documents::Node;

const std::array<std::string, 7> kOperators = {"block_pool", "index_score", "topk", "permute", "gather", "scatter", "kmeans_assign"};
const std::array<std::string, 2> kPoolings = {"mean", "max"};
const std::array<std::string, 4> kCombines = {"mean", "max", "softmax", "relu_sum"};
const std::array<std::string, 2> kTensors = {"keys", "queries"};

constexpr documents::IntegerRange kAtLeastOne{1, std::int64_t{1} << 40};
constexpr std::int64_t kMostColumns = std::int64_t{1} << 31;  // indices are 32-bit

// sum over i in [0, n) of floor((a i + b) / m), a, b >= 0, by the Euclidean algorithm.
Count floor_sum(Count n, Count m, Count a, Count b) {
  Count sum = 0;
  while (n > 0) {
    sum += (n - 1) * n / 2 * (a / m) + n * (b / m);
    a %= m;
    b %= m;
    const Count top = a * n + b;
    if (top < m) break;
    n = top / m;
    b = top % m;
    std::swap(m, a);
  }
  return sum;
}

// The tensor that rows come from.
void read_tensor(MapReader& map, const Case& shape, OperatorShape& result) {
  result.of_queries = map.choice_or("of", kTensors, 0) == 1;
  result.tokens = result.of_queries ? shape.q_len : shape.kv_len;
  result.lists = shape.batch * (result.of_queries ? shape.q_heads : shape.kv_heads);
}

void read_score_axes(MapReader& map, const Case& shape, OperatorShape& result) {
  result.q_block = map.integer_or("q_block", kAtLeastOne, 1);
  result.kv_block = map.integer_or("kv_block", kAtLeastOne, 1);
  result.lists = shape.batch * shape.kv_heads;
  result.rows = core::ceil_div(shape.q_len, result.q_block);
  result.columns = core::ceil_div(shape.kv_len, result.kv_block);
  result.q_len = shape.q_len;
  result.kv_len = shape.kv_len;
  result.offset = shape.kv_len - shape.q_len;
  result.causal = shape.causal;
}

void check_columns(const OperatorShape& result, const Node& at, Context& context) {
  if (result.columns < kMostColumns && result.tokens < kMostColumns) return;
  context.error(at, fmt::format("'case' indexes {} places, but an index has 32 bits", std::max(result.columns, result.tokens)),
                fmt::format("allowed: fewer than {}", kMostColumns));
}

void read_params(MapReader& map, const Case& shape, OperatorShape& result) {
  switch (result.op) {
    case Operator::kBlockPool:
      read_tensor(map, shape, result);
      result.columns = map.integer("block", kAtLeastOne);
      result.rows = core::ceil_div(result.tokens, std::max<std::int64_t>(result.columns, 1));
      result.pooling = static_cast<Pooling>(map.choice_or("how", kPoolings, 0));
      return;
    case Operator::kIndexScore:
      read_score_axes(map, shape, result);
      result.heads = shape.q_heads / std::max<std::int64_t>(shape.kv_heads, 1);
      result.combine = static_cast<Combine>(map.choice_or("combine", kCombines, 0));
      return;
    case Operator::kTopK:
      read_score_axes(map, shape, result);
      result.keep = map.integer("k", {1, result.columns});
      return;
    case Operator::kPermute:
      read_tensor(map, shape, result);
      result.rows = result.tokens;
      return;
    case Operator::kGather:
    case Operator::kScatter:
      read_tensor(map, shape, result);
      result.rows = map.integer("keep", {1, result.tokens});
      return;
    case Operator::kKMeansAssign:
      read_tensor(map, shape, result);
      result.rows = result.tokens;
      result.columns = map.integer("centroids", {1, std::int64_t{1} << 20});
      return;
  }
}

}  // namespace

std::string_view name(Operator op) {
  return kOperators.at(static_cast<std::size_t>(op));
}

std::span<const std::string> operator_names() {
  return kOperators;
}

std::optional<Operator> operator_of(std::string_view op) {
  const auto found = std::find(kOperators.begin(), kOperators.end(), op);
  if (found == kOperators.end()) return std::nullopt;
  return static_cast<Operator>(found - kOperators.begin());
}

std::int64_t OperatorShape::visible(std::int64_t row) const {
  if (!causal) return columns;
  const std::int64_t last = offset + std::min((row + 1) * q_block, q_len) - 1;
  return last < 0 ? 0 : last / kv_block + 1;
}

core::Count OperatorShape::visible_total() const {
  if (!causal) return static_cast<Count>(rows) * static_cast<Count>(columns);
  // All rows but the last end at offset + (row + 1) * q_block - 1; the first of them may end before the first key.
  const std::int64_t even = rows - 1;
  const std::int64_t before = offset + q_block > 0 ? 0 : std::min(even, -offset / q_block);
  const std::int64_t start = offset + (before + 1) * q_block - 1;
  Count total = static_cast<Count>(visible(rows - 1));
  if (even > before && start >= 0) {
    const auto n = static_cast<Count>(even - before);
    total += n + floor_sum(n, static_cast<Count>(kv_block), static_cast<Count>(q_block), static_cast<Count>(start));
  }
  return total;
}

OperatorShape read_operator(const Case& shape, const Node* params, const Node& at, Context& context) {
  static const Node kNone = [] {
    Node node;
    node.kind = documents::Kind::kMap;
    return node;
  }();
  Node empty = kNone;  // at the place where missing keys are reported
  empty.line = at.line;
  empty.column = at.column;
  OperatorShape result;
  const auto op = operator_of(shape.op);
  core::ensure(op.has_value(), "read_operator: no operator of a selector");
  result.op = *op;
  MapReader map(params == nullptr ? empty : *params, context, "params");
  const auto errors_before = context.count();
  read_params(map, shape, result);
  map.finish();
  if (context.count() == errors_before) check_columns(result, map.node(), context);
  return result;
}

core::Result<OperatorShape> operator_shape(const Case& shape) {
  const auto document = documents::parse_json(shape.params, "params");
  if (!document) return document.error();
  Context context("params");
  auto result = read_operator(shape, &document->root, document->root, context);
  if (!context.ok()) return context.take();
  return result;
}

OperatorWork operator_work(const OperatorShape& shape, std::int64_t head_dim, core::DType dtype) {
  constexpr double kWord = 4;  // a score, a pooled value, an index
  const auto lists = static_cast<double>(shape.lists), rows = static_cast<double>(shape.rows);
  const auto columns = static_cast<double>(shape.columns), tokens = static_cast<double>(shape.tokens);
  const auto width = static_cast<double>(head_dim);
  const double row_bytes = width * core::bytes_of(dtype);
  OperatorWork work;
  switch (shape.op) {
    case Operator::kBlockPool:
      work.bytes = lists * (tokens * row_bytes + rows * width * kWord);
      break;
    case Operator::kIndexScore: {
      const double pairs = lists * core::to_double(shape.visible_total());
      const auto heads = static_cast<double>(shape.heads);
      work.flops = 2 * pairs * heads * width;
      work.exps = shape.combine == Combine::kSoftmax ? pairs * heads : 0;
      work.bytes = lists * (rows * heads + columns) * row_bytes + pairs * kWord;
      break;
    }
    case Operator::kTopK:
      work.bytes = lists * (core::to_double(shape.visible_total()) + rows * static_cast<double>(shape.keep)) * kWord;
      break;
    case Operator::kPermute:
    case Operator::kGather:
    case Operator::kScatter:
      work.bytes = lists * rows * (2 * row_bytes + kWord);
      break;
    case Operator::kKMeansAssign:
      work.flops = 2 * lists * rows * columns * width;
      work.bytes = lists * ((rows + columns) * row_bytes + rows * kWord);
      break;
  }
  return work;
}

}  // namespace spanwise::patterns

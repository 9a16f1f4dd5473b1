// SPDX-License-Identifier: Apache-2.0
// One score for every pair of a row (pooled or single queries of all heads of a KV head) and a column (pooled or single keys).
// Heads of one row lie side by side in a tile of 64 rows, so that they are combined while their products are in the first
// cache.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "kernels/cpu/operator_check.h"
#include "kernels/cpu/operator_run.h"
#include "kernels/cpu/row_tile.h"
#include "kernels/rounding.h"

namespace spanwise::kernels {
namespace {

using patterns::Combine;

constexpr float kHidden = -std::numeric_limits<float>::infinity();

// Softmax needs all products of a row before the first weight.
struct Workspace {
  RowTile tile;
  AlignedBuffer<float> wide;

  Workspace(const TileOps& ops, std::int64_t head_dim, std::int64_t wide_size)
      : tile(ops, head_dim), wide(static_cast<std::size_t>(wide_size)) {}
};

class IndexScoreRun : public OperatorRun {
 public:
  explicit IndexScoreRun(const OperatorSetup& setup)
      : op_(setup.op),
        seed_(setup.shape.seed),
        dim_(setup.shape.head_dim),
        scale_(1.0f / std::sqrt(static_cast<float>(dim_))),
        tile_ops_(best_tile_ops(setup.shape.dtype, setup.isa)),
        fold_(selection_ops(setup.isa)),
        heads_at_once_(std::min<std::int64_t>(op_.heads, kQueryTile)),
        rows_at_once_(kQueryTile / heads_at_once_),
        wide_pitch_((op_.columns + kChunk - 1) / kChunk * kChunk),
        rows_(setup.shape.dtype, op_.lists * op_.heads, op_.rows, dim_, seed_, Tensor::kQueries, setup.pool),
        columns_(pack_keys(packed_case(setup.shape, op_.columns), tile_ops_, setup.pool)),
        weights_(op_.combine == Combine::kReluSum ? static_cast<std::size_t>(op_.lists * op_.rows * op_.heads) : 0),
        output_(static_cast<std::size_t>(op_.lists * op_.rows * op_.columns)),
        dtype_(setup.shape.dtype) {
    fill_normal(seed_, Tensor::kWeights, 0, weights_);
    const std::int64_t wide = op_.combine == Combine::kSoftmax ? kQueryTile * wide_pitch_ : 0;
    for (int i = 0; i < setup.pool.threads(); ++i) workspaces_.emplace_back(tile_ops_, dim_, wide);
  }

  void run(core::ThreadPool& pool) override {
    const std::int64_t tiles = (op_.rows + rows_at_once_ - 1) / rows_at_once_;
    pool.run(static_cast<std::size_t>(op_.lists * tiles), [&](std::size_t item, int worker) {
      const auto list = static_cast<std::int64_t>(item) % op_.lists;
      const std::int64_t tile = tiles - 1 - static_cast<std::int64_t>(item) / op_.lists;  // the last rows see most: first
      if (tile_ops_.begin != nullptr) tile_ops_.begin();
      run_tile(list, tile * rows_at_once_, workspaces_[static_cast<std::size_t>(worker)]);
      if (tile_ops_.end != nullptr) tile_ops_.end();
    });
  }

  std::span<const std::byte> output_bytes() const override { return std::as_bytes(output_.span()); }
  void poison() override { kernels::poison(output_.span()); }
  void damage() override { output_.data()[0] = std::isfinite(output_.data()[0]) ? output_.data()[0] + 1.0f : 0.0f; }
  CheckResult compare(std::int64_t rows) const override;

 private:
  float* output(std::int64_t list, std::int64_t row) const { return output_.data() + (list * op_.rows + row) * op_.columns; }
  float weight(std::int64_t list, std::int64_t row, std::int64_t head) const {
    return weights_[static_cast<std::size_t>((list * op_.rows + row) * op_.heads + head)];
  }

  void run_tile(std::int64_t list, std::int64_t first_row, Workspace& workspace) {
    const std::int64_t rows = std::min(rows_at_once_, op_.rows - first_row);
    for (std::int64_t row = first_row; row < first_row + rows; ++row) {
      const std::int64_t seen = op_.visible(row);
      std::fill_n(output(list, row), seen, op_.combine == Combine::kMax ? kHidden : 0.0f);
      std::fill(output(list, row) + seen, output(list, row) + op_.columns, kHidden);
    }
    for (std::int64_t head = 0; head < op_.heads; head += heads_at_once_) {
      add_heads(list, first_row, rows, head, std::min(heads_at_once_, op_.heads - head), workspace);
    }
  }

  // slot of the tile = row * heads + head
  void add_heads(std::int64_t list, std::int64_t first_row, std::int64_t rows, std::int64_t first_head, std::int64_t heads, Workspace& workspace) {
    auto& tile = workspace.tile;
    for (std::int64_t slot = 0; slot < rows * heads; ++slot) {
      tile.load(slot, rows_, list * op_.heads + first_head + slot % heads, first_row + slot / heads);
    }
    tile.for_strips(columns_, list, op_.visible(first_row + rows - 1), rows * heads, [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t slot = 0; slot < rows * heads; ++slot) {
        const std::int64_t row = first_row + slot / heads;
        const std::int64_t seen = std::min(count, op_.visible(row) - first);
        if (seen <= 0) continue;
        if (op_.combine == Combine::kSoftmax) {
          std::copy_n(tile.scores(slot), seen, workspace.wide.data() + slot * wide_pitch_ + first);
        } else {
          fold(tile.scores(slot), seen, list, row, first_head + slot % heads, output(list, row) + first);
        }
      }
    });
    if (op_.combine != Combine::kSoftmax) return;
    for (std::int64_t slot = 0; slot < rows * heads; ++slot) {
      const std::int64_t row = first_row + slot / heads;
      add_softmax(workspace.wide.data() + slot * wide_pitch_, op_.visible(row), output(list, row));
    }
  }

  void fold(const float* scores, std::int64_t count, std::int64_t list, std::int64_t row, std::int64_t head, float* out) const {
    const auto n = static_cast<std::size_t>(count);
    if (op_.combine == Combine::kMax) return fold_.max_scaled(scores, n, scale_, out);
    if (op_.combine == Combine::kReluSum) return fold_.add_relu(scores, n, weight(list, row, head), out);
    fold_.add_scaled(scores, n, scale_ / static_cast<float>(op_.heads), out);
  }

  // out += softmax(scale * scores) / heads; the scores are overwritten.
  void add_softmax(float* scores, std::int64_t count, float* out) const {
    if (count == 0) return;
    const std::int64_t padded = (count + kChunk - 1) / kChunk * kChunk;
    std::fill(scores + count, scores + padded, kHidden);
    float top[kChunk], sums[kChunk] = {};
    std::copy_n(scores, kChunk, top);
    for (std::int64_t i = kChunk; i < padded; i += kChunk) {
      for (int lane = 0; lane < kChunk; ++lane) top[lane] = scores[i + lane] > top[lane] ? scores[i + lane] : top[lane];
    }
    const float largest = *std::max_element(top, top + kChunk), factor = scale_ * std::numbers::log2e_v<float>;
    for (std::int64_t i = 0; i < padded; ++i) scores[i] = (scores[i] - largest) * factor;
    tile_ops_.exp2(scores, scores, static_cast<std::size_t>(padded));
    for (std::int64_t i = 0; i < padded; i += kChunk) {
      for (int lane = 0; lane < kChunk; ++lane) sums[lane] += scores[i + lane];
    }
    float sum = 0;
    for (const float part : sums) sum += part;
    fold_.add_scaled(scores, static_cast<std::size_t>(count), 1 / (sum * static_cast<float>(op_.heads)), out);
  }

  std::vector<double> reference(std::int64_t list, std::int64_t row, const std::vector<float>& keys) const;

  patterns::OperatorShape op_;
  std::uint64_t seed_;
  std::int64_t dim_;
  float scale_;
  const TileOps& tile_ops_;
  const SelectionOps& fold_;
  std::int64_t heads_at_once_, rows_at_once_, wide_pitch_;
  RowTensor rows_;  // a list of it is one query head
  PackedTiles columns_;
  std::vector<float> weights_;  // [list][row][head]
  AlignedBuffer<float> output_;
  core::DType dtype_;
  std::vector<Workspace> workspaces_;
};

// Of the visible columns; `keys` are all of the list, row-major.
std::vector<double> IndexScoreRun::reference(std::int64_t list, std::int64_t row, const std::vector<float>& keys) const {
  std::vector<double> result(static_cast<std::size_t>(op_.visible(row)), op_.combine == Combine::kMax ? static_cast<double>(kHidden) : 0.0);
  std::vector<double> products(result.size());
  std::vector<float> query(static_cast<std::size_t>(dim_));
  const double scale = 1 / std::sqrt(static_cast<double>(dim_)), heads = static_cast<double>(op_.heads);
  for (std::int64_t head = 0; head < op_.heads; ++head) {
    rows_.read(list * op_.heads + head, row, query);
    for (std::size_t column = 0; column < result.size(); ++column) {
      products[column] = 0;
      for (std::size_t i = 0; i < query.size(); ++i) {
        products[column] += static_cast<double>(query[i]) * static_cast<double>(keys[column * query.size() + i]);
      }
    }
    double sum = 0, largest = static_cast<double>(kHidden);
    for (const double product : products) largest = std::max(largest, product);
    for (const double product : products) sum += std::exp((product - largest) * scale);
    for (std::size_t column = 0; column < result.size(); ++column) {
      const double product = products[column];
      switch (op_.combine) {
        case Combine::kMean: result[column] += product * scale / heads; break;
        case Combine::kMax: result[column] = std::max(result[column], product * scale); break;
        case Combine::kSoftmax: result[column] += std::exp((product - largest) * scale) / (sum * heads); break;
        case Combine::kReluSum: result[column] += std::max(0.0, product) * static_cast<double>(weight(list, row, head)); break;
      }
    }
  }
  return result;
}

CheckResult IndexScoreRun::compare(std::int64_t rows) const {
  CheckResult result;
  result.unwritten = count_poison(output_.span());
  std::vector<float> keys(static_cast<std::size_t>(op_.columns * dim_));
  for (const auto list : sample_indices(op_.lists, 2)) {
    fill_normal(seed_, Tensor::kKeys, static_cast<std::uint64_t>(list) * keys.size(), keys);
    round_all(dtype_, keys);
    ListErrors errors;
    for (const auto row : sample_indices(op_.rows, rows)) {
      const auto wanted = reference(list, row, keys);
      errors.add({output(list, row), wanted.size()}, wanted);
      const bool leaks = std::any_of(output(list, row) + wanted.size(), output(list, row) + op_.columns, [](float x) { return x != kHidden; });
      result.leaked_rows += leaks ? 1 : 0;
    }
    errors.add_to(result);
  }
  return result;
}

}  // namespace

std::unique_ptr<OperatorRun> make_index_score(const OperatorSetup& setup) {
  return std::make_unique<IndexScoreRun>(setup);
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// The nearest centroid of every token by squared distance, ties to the lower index: the largest of product - |centroid|^2 / 2.
#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/cpu/operator_check.h"
#include "kernels/cpu/operator_run.h"
#include "kernels/cpu/row_tile.h"
#include "kernels/rounding.h"

namespace spanwise::kernels {
namespace {

constexpr std::int32_t kUnassigned = -1;

// The case whose K are the centroids: as many lists as there are lists of tokens.
patterns::Case centroid_case(const OperatorSetup& setup) {
  auto shape = packed_case(setup.shape, setup.op.columns);
  shape.kv_heads = setup.op.lists / shape.batch;
  shape.q_heads = shape.kv_heads;
  return shape;
}

class KMeansAssignRun : public OperatorRun {
 public:
  explicit KMeansAssignRun(const OperatorSetup& setup)
      : op_(setup.op),
        seed_(setup.shape.seed),
        dim_(setup.shape.head_dim),
        dtype_(setup.shape.dtype),
        tile_ops_(best_tile_ops(dtype_, setup.isa)),
        pick_(selection_ops(setup.isa)),
        tokens_(dtype_, op_.lists, op_.rows, dim_, seed_, Tensor::kQueries, setup.pool),
        centroids_(pack_keys(centroid_case(setup), tile_ops_, setup.pool)),
        half_norms_(static_cast<std::size_t>(op_.lists * op_.columns)),
        output_(static_cast<std::size_t>(op_.lists * op_.rows)) {
    for (std::int64_t list = 0; list < op_.lists; ++list) fill_norms(list);
    for (int i = 0; i < setup.pool.threads(); ++i) tiles_.emplace_back(tile_ops_, dim_);
  }

  void run(core::ThreadPool& pool) override {
    const std::int64_t tiles = (op_.rows + kQueryTile - 1) / kQueryTile;
    pool.run(static_cast<std::size_t>(op_.lists * tiles), [&](std::size_t item, int worker) {
      if (tile_ops_.begin != nullptr) tile_ops_.begin();
      assign(static_cast<std::int64_t>(item) / tiles, static_cast<std::int64_t>(item) % tiles * kQueryTile, tiles_[static_cast<std::size_t>(worker)]);
      if (tile_ops_.end != nullptr) tile_ops_.end();
    });
  }

  std::span<const std::byte> output_bytes() const override { return std::as_bytes(output_.span()); }
  void poison() override { std::fill_n(output_.data(), output_.size(), kUnassigned); }
  void damage() override { output_.data()[0] = static_cast<std::int32_t>(op_.columns); }

  // How much farther the chosen centroid is than the nearest, beside the squared lengths: rounding may swap near ties.
  CheckResult compare(std::int64_t rows) const override {
    CheckResult result;
    result.unwritten = std::count(output_.span().begin(), output_.span().end(), kUnassigned);
    std::vector<float> token(static_cast<std::size_t>(dim_));
    for (const auto list : sample_indices(op_.lists, 4)) {
      const auto centroids = list_centroids(list);
      for (const auto row : sample_indices(op_.rows, 16 * rows)) {
        tokens_.read(list, row, token);
        compare_token(token, centroids, output_.data()[list * op_.rows + row], result);
      }
    }
    return result;
  }

 private:
  std::vector<float> list_centroids(std::int64_t list) const {
    std::vector<float> centroids(static_cast<std::size_t>(op_.columns * dim_));
    fill_normal(seed_, Tensor::kKeys, static_cast<std::uint64_t>(list) * centroids.size(), centroids);
    round_all(dtype_, centroids);
    return centroids;
  }

  void fill_norms(std::int64_t list) {
    const auto centroids = list_centroids(list);
    for (std::int64_t i = 0; i < op_.columns; ++i) {
      double sum = 0;
      for (std::int64_t j = 0; j < dim_; ++j) {
        const auto x = static_cast<double>(centroids[static_cast<std::size_t>(i * dim_ + j)]);
        sum += x * x / 2;
      }
      half_norms_[static_cast<std::size_t>(list * op_.columns + i)] = static_cast<float>(sum);
    }
  }

  void assign(std::int64_t list, std::int64_t first_row, RowTile& tile) {
    const std::int64_t rows = std::min<std::int64_t>(kQueryTile, op_.rows - first_row);
    for (std::int64_t row = 0; row < rows; ++row) tile.load(row, tokens_, list, first_row + row);
    float best[kQueryTile];
    std::fill_n(best, rows, -std::numeric_limits<float>::infinity());
    std::int32_t* out = output_.data() + list * op_.rows + first_row;
    std::fill_n(out, rows, 0);
    tile.for_strips(centroids_, list, op_.columns, rows, [&](std::int64_t first, std::int64_t count) {
      const float* norms = half_norms_.data() + list * op_.columns + first;
      for (std::int64_t row = 0; row < rows; ++row) {
        const auto found = pick_.best(tile.scores(row), norms, static_cast<std::size_t>(count));
        if (found.value <= best[row]) continue;
        best[row] = found.value;
        out[row] = static_cast<std::int32_t>(first) + found.index;
      }
    });
  }

  void compare_token(const std::vector<float>& token, const std::vector<float>& centroids, std::int32_t chosen, CheckResult& result) const {
    ++result.accuracy.rows;
    if (chosen < 0 || chosen >= op_.columns) {
      ++result.leaked_rows;
      return;
    }
    double nearest = std::numeric_limits<double>::infinity(), own = 0, lengths = 0;
    for (std::int64_t c = 0; c < op_.columns; ++c) {
      double distance = 0, squares = 0;
      for (std::size_t i = 0; i < token.size(); ++i) {
        const auto x = static_cast<double>(token[i]), y = static_cast<double>(centroids[static_cast<std::size_t>(c) * token.size() + i]);
        distance += (x - y) * (x - y);
        squares += x * x + y * y;
      }
      nearest = std::min(nearest, distance);
      if (c == chosen) own = distance, lengths = squares;
    }
    if (own > nearest) result.accuracy.relative_error = std::max(result.accuracy.relative_error, (own - nearest) / lengths);
  }

  patterns::OperatorShape op_;
  std::uint64_t seed_;
  std::int64_t dim_;
  core::DType dtype_;
  const TileOps& tile_ops_;
  const SelectionOps& pick_;
  RowTensor tokens_;
  PackedTiles centroids_;
  std::vector<float> half_norms_;  // [list][centroid]
  AlignedBuffer<std::int32_t> output_;
  std::vector<RowTile> tiles_;
};

}  // namespace

std::unique_ptr<OperatorRun> make_kmeans_assign(const OperatorSetup& setup) {
  return std::make_unique<KMeansAssignRun>(setup);
}

}  // namespace spanwise::kernels

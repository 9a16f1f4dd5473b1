// SPDX-License-Identifier: Apache-2.0
// Mean or maximum over blocks of tokens: the coarse keys (or queries) that selectors score.
#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/cpu/operator_check.h"
#include "kernels/cpu/operator_run.h"
#include "kernels/cpu/row_tensor.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

class BlockPoolRun : public OperatorRun {
 public:
  explicit BlockPoolRun(const OperatorSetup& setup)
      : op_(setup.op),
        ops_(selection_ops(setup.isa)),
        width_(setup.shape.head_dim),
        rows_(setup.shape.dtype, op_.lists, op_.tokens, width_, setup.shape.seed, op_.of_queries ? Tensor::kQueries : Tensor::kKeys, setup.pool),
        output_(static_cast<std::size_t>(op_.lists * op_.rows * width_)) {}

  void run(core::ThreadPool& pool) override {
    const auto kernel = op_.pooling == patterns::Pooling::kMax ? ops_.pool_max : ops_.pool_mean;
    const std::int64_t items = (op_.rows + kBlocksAtOnce - 1) / kBlocksAtOnce;
    pool.run(static_cast<std::size_t>(op_.lists * items), [&](std::size_t item, int) {
      const auto list = static_cast<std::int64_t>(item) / items;
      const std::int64_t first = static_cast<std::int64_t>(item) % items * kBlocksAtOnce;
      for (std::int64_t block = first; block < std::min(first + kBlocksAtOnce, op_.rows); ++block) {
        const std::int64_t token = block * op_.columns;
        kernel(rows_.list(list), token, std::min(op_.columns, op_.tokens - token), output(list, block));
      }
    });
  }

  std::span<const std::byte> output_bytes() const override { return std::as_bytes(output_.span()); }
  void poison() override { kernels::poison(output_.span()); }
  void damage() override { output_.data()[0] += 1.0f; }

  CheckResult compare(std::int64_t rows) const override {
    CheckResult result;
    result.unwritten = count_poison(output_.span());
    std::vector<double> reference(static_cast<std::size_t>(width_));
    for (const auto list : sample_indices(op_.lists, 4)) {
      ListErrors errors;
      for (const auto block : sample_indices(op_.rows, rows)) {
        fill_reference(list, block, reference);
        errors.add({output(list, block), reference.size()}, reference);
      }
      errors.add_to(result);
    }
    return result;
  }

 private:
  static constexpr std::int64_t kBlocksAtOnce = 16;

  float* output(std::int64_t list, std::int64_t block) const { return output_.data() + (list * op_.rows + block) * width_; }

  void fill_reference(std::int64_t list, std::int64_t block, std::vector<double>& reference) const {
    const bool largest = op_.pooling == patterns::Pooling::kMax;
    std::fill(reference.begin(), reference.end(), largest ? -std::numeric_limits<double>::infinity() : 0.0);
    std::vector<float> row(reference.size());
    const std::int64_t begin = block * op_.columns, end = std::min(begin + op_.columns, op_.tokens);
    for (std::int64_t token = begin; token < end; ++token) {
      rows_.read(list, token, row);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const auto value = static_cast<double>(row[i]);
        reference[i] = largest ? std::max(reference[i], value) : reference[i] + value / static_cast<double>(end - begin);
      }
    }
  }

  patterns::OperatorShape op_;
  const SelectionOps& ops_;
  std::int64_t width_;
  RowTensor rows_;
  AlignedBuffer<float> output_;
};

}  // namespace

std::unique_ptr<OperatorRun> make_block_pool(const OperatorSetup& setup) {
  return std::make_unique<BlockPoolRun>(setup);
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
// The indices of the k largest scores of every row, over random scores.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/cpu/operator_check.h"
#include "kernels/cpu/operator_run.h"
#include "kernels/cpu/row_tensor.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/cpu/top_k.h"

namespace spanwise::kernels {
namespace {

constexpr std::int32_t kUnwritten = std::numeric_limits<std::int32_t>::min();

class TopKRun : public OperatorRun {
 public:
  explicit TopKRun(const OperatorSetup& setup)
      : op_(setup.op),
        scores_(core::DType::kFp32, op_.lists, op_.rows, op_.columns, setup.shape.seed, Tensor::kScores, setup.pool),
        output_(static_cast<std::size_t>(op_.lists * op_.rows * op_.keep)),
        workers_(static_cast<std::size_t>(setup.pool.threads()), TopK(selection_ops(setup.isa), op_.keep, op_.columns)) {}

  void run(core::ThreadPool& pool) override {
    const std::int64_t at_once = rows_at_once(), rows = op_.lists * op_.rows, items = (rows + at_once - 1) / at_once;
    pool.run(static_cast<std::size_t>(items), [&](std::size_t item, int worker) {
      const std::int64_t first = static_cast<std::int64_t>(item) * at_once;
      for (std::int64_t row = first; row < std::min(first + at_once, rows); ++row) {
        workers_[static_cast<std::size_t>(worker)].pick(scores(row), output(row));
      }
    });
  }

  std::span<const std::byte> output_bytes() const override { return std::as_bytes(output_.span()); }
  void poison() override { std::fill_n(output_.data(), output_.size(), kUnwritten); }
  void damage() override { output_.data()[0] = output_.data()[0] == 0 ? 1 : 0; }

  CheckResult compare(std::int64_t rows) const override {
    CheckResult result;
    result.unwritten = std::count(output_.span().begin(), output_.span().end(), kUnwritten);
    for (const auto list : sample_indices(op_.lists, 4)) {
      for (const auto row : sample_indices(op_.rows, rows)) {
        const auto wanted = reference(scores(list * op_.rows + row));
        ++result.accuracy.rows;
        if (!std::equal(wanted.begin(), wanted.end(), output(list * op_.rows + row))) ++result.leaked_rows;
      }
    }
    return result;
  }

 private:
  // Short rows in groups, so that handing them out costs little; long ones one by one.
  std::int64_t rows_at_once() const { return std::max<std::int64_t>(1, 8192 / op_.columns); }

  std::span<const float> scores(std::int64_t row) const {
    const auto* data = reinterpret_cast<const float*>(scores_.row(0, row));
    return {data, static_cast<std::size_t>(op_.visible(row % op_.rows))};
  }
  std::int32_t* output(std::int64_t row) const { return output_.data() + row * op_.keep; }

  std::vector<std::int32_t> reference(std::span<const float> scores) const {
    std::vector<std::int32_t> order;
    for (std::size_t i = 0; i < scores.size(); ++i) order.push_back(static_cast<std::int32_t>(i));
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    });
    order.resize(std::min(order.size(), static_cast<std::size_t>(op_.keep)));
    std::sort(order.begin(), order.end());
    order.resize(static_cast<std::size_t>(op_.keep), kNoIndex);
    return order;
  }

  patterns::OperatorShape op_;
  RowTensor scores_;
  AlignedBuffer<std::int32_t> output_;
  std::vector<TopK> workers_;
};

}  // namespace

std::unique_ptr<OperatorRun> make_top_k(const OperatorSetup& setup) {
  return std::make_unique<TopKRun>(setup);
}

}  // namespace spanwise::kernels

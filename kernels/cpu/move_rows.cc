// SPDX-License-Identifier: Apache-2.0
// Rows from one order to another: permute (all rows), gather (some rows, one after the other), scatter (those back to their
// places). Nothing but bytes moves.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "core/random.h"
#include "kernels/cpu/operator_check.h"
#include "kernels/cpu/operator_run.h"
#include "kernels/cpu/row_tensor.h"

namespace spanwise::kernels {
namespace {

using patterns::Operator;

constexpr std::uint64_t kOrderStream = 7;
constexpr std::byte kPoison{0xfe};

// For every list the tokens in a random order (Fisher and Yates), the first `rows` of them; of fewer than all the picked
// ones ascend, as selectors give them.
std::vector<std::int32_t> make_order(const patterns::OperatorShape& op, std::uint64_t seed) {
  std::vector<std::int32_t> order;
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(op.tokens));
  for (std::int64_t list = 0; list < op.lists; ++list) {
    std::iota(tokens.begin(), tokens.end(), 0);
    for (std::size_t i = tokens.size(); i > 1; --i) {
      const auto draw = core::random_bits(seed, kOrderStream, static_cast<std::uint64_t>(list) * tokens.size() + i - 1);
      std::swap(tokens[i - 1], tokens[draw % i]);
    }
    if (op.op != Operator::kPermute) std::sort(tokens.begin(), tokens.begin() + op.rows);
    order.insert(order.end(), tokens.begin(), tokens.begin() + op.rows);
  }
  return order;
}

class MoveRowsRun : public OperatorRun {
 public:
  explicit MoveRowsRun(const OperatorSetup& setup)
      : op_(setup.op),
        scatters_(op_.op == Operator::kScatter),
        input_(setup.shape.dtype, op_.lists, scatters_ ? op_.rows : op_.tokens, setup.shape.head_dim, setup.shape.seed,
               op_.of_queries ? Tensor::kQueries : Tensor::kKeys, setup.pool),
        output_(setup.shape.dtype, op_.lists, scatters_ ? op_.tokens : op_.rows, setup.shape.head_dim),
        order_(make_order(op_, setup.shape.seed)) {}

  void run(core::ThreadPool& pool) override {
    const std::int64_t items = (op_.rows + kRowsAtOnce - 1) / kRowsAtOnce;
    pool.run(static_cast<std::size_t>(op_.lists * items), [&](std::size_t item, int) {
      const auto list = static_cast<std::int64_t>(item) / items;
      const std::int64_t first = static_cast<std::int64_t>(item) % items * kRowsAtOnce;
      move(list, first, std::min(first + kRowsAtOnce, op_.rows));
    });
  }

  std::span<const std::byte> output_bytes() const override { return output_.bytes(); }
  void poison() override { std::fill_n(output_.bytes().data(), output_.bytes().size(), kPoison); }
  void damage() override { *output_.row(0, scatters_ ? token(0, 0) : 0) ^= std::byte{1}; }

  CheckResult compare(std::int64_t rows) const override {
    CheckResult result;
    const auto bytes = static_cast<std::size_t>(input_.row_bytes());
    for (const auto list : sample_indices(op_.lists, 4)) {
      for (const auto row : sample_indices(op_.rows, 64 * rows)) {
        ++result.accuracy.rows;
        if (std::memcmp(output_.row(list, place(list, row)), input_.row(list, source(list, row)), bytes) != 0) ++result.leaked_rows;
      }
      if (scatters_) result.leaked_rows += written_beside(list);
    }
    return result;
  }

 private:
  static constexpr std::int64_t kRowsAtOnce = 512;
  static constexpr std::int64_t kAhead = 8;  // rows that are on their way while one is copied

  std::int64_t token(std::int64_t list, std::int64_t row) const { return order_[static_cast<std::size_t>(list * op_.rows + row)]; }
  std::int64_t source(std::int64_t list, std::int64_t row) const { return scatters_ ? row : token(list, row); }
  std::int64_t place(std::int64_t list, std::int64_t row) const { return scatters_ ? token(list, row) : row; }

  void move(std::int64_t list, std::int64_t begin, std::int64_t end) {
    const std::int64_t bytes = input_.row_bytes();
    for (std::int64_t row = begin; row < end; ++row) {
      if (row + kAhead < end) {
        const std::byte* next = scatters_ ? output_.row(list, token(list, row + kAhead)) : input_.row(list, token(list, row + kAhead));
        for (std::int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(next + i);
      }
      std::memcpy(output_.row(list, place(list, row)), input_.row(list, source(list, row)), static_cast<std::size_t>(bytes));
    }
  }

  // Rows that scatter must leave alone and did not.
  std::int64_t written_beside(std::int64_t list) const {
    std::int64_t wrong = 0;
    const auto* picked = order_.data() + list * op_.rows;
    for (std::int64_t token = 0; token < op_.tokens; ++token) {
      if (std::binary_search(picked, picked + op_.rows, static_cast<std::int32_t>(token))) continue;
      const std::byte* row = output_.row(list, token);
      if (std::any_of(row, row + output_.row_bytes(), [](std::byte b) { return b != kPoison; })) ++wrong;
    }
    return wrong;
  }

  patterns::OperatorShape op_;
  bool scatters_;
  RowTensor input_, output_;
  std::vector<std::int32_t> order_;
};

}  // namespace

std::unique_ptr<OperatorRun> make_move_rows(const OperatorSetup& setup) {
  return std::make_unique<MoveRowsRun>(setup);
}

}  // namespace spanwise::kernels

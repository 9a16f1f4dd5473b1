// SPDX-License-Identifier: Apache-2.0
#include "kernels/visible_keys.h"

#include "patterns/visibility.h"

namespace spanwise::kernels {

VisibleKeys::VisibleKeys(const patterns::Case& shape, std::span<const SampledRow> rows,
                         core::ThreadPool& pool)
    : words_per_row_(static_cast<std::size_t>((shape.kv_len + 63) / 64)),
      words_(rows.size() * words_per_row_) {
  const patterns::Visibility visibility(shape);
  pool.run(rows.size(), [&](std::size_t index, int) {
    const auto row = visibility.row(rows[index].token);
    std::uint64_t* words = words_.data() + index * words_per_row_;
    for (std::int64_t key = 0; key < shape.kv_len; ++key) {
      if (row.sees(key)) words[key >> 6] |= std::uint64_t{1} << (key & 63);
    }
  });
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/result.h"

namespace spanwise::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::size_t kTileRows = kQueryTile;
constexpr std::size_t kStretch = 32;  // tiles

int panels(const patterns::Case& shape) {
  return panels_of(static_cast<int>(shape.head_dim_v));
}

// Sums over keys, relative to 2^row_max; the layout of `output` is that of tile_ops.h.
struct Sums {
  float* output;  // [panels][64][16]
  float* row_sum;
  float* row_max;
};

void clear(const Sums& sums, int panel_count) {
  std::fill_n(sums.output, kTileRows * kPanel * static_cast<std::size_t>(panel_count), 0.0f);
  std::fill_n(sums.row_sum, kTileRows, 0.0f);
}

// total = total * 2^(its maximum - the new one) + stretch; the stretch starts again from 0.
void finish_stretch(const Sums& stretch, const Sums& total, int panel_count) {
  float factor[kTileRows];
  for (std::size_t row = 0; row < kTileRows; ++row) {
    // Equal maxima may both be -infinity.
    const bool same = total.row_max[row] == stretch.row_max[row];
    factor[row] = same ? 1.0f : std::exp2(total.row_max[row] - stretch.row_max[row]);
    total.row_sum[row] = total.row_sum[row] * factor[row] + stretch.row_sum[row];
    total.row_max[row] = stretch.row_max[row];
  }
  const std::size_t rows = kTileRows * static_cast<std::size_t>(panel_count);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = row * kPanel; i < (row + 1) * kPanel; ++i) {
      total.output[i] = total.output[i] * factor[row % kTileRows] + stretch.output[i];
    }
  }
  clear(stretch, panel_count);
}

}  // namespace

// The memory of one item.
struct Attention::Workspace {
  float* queries;  // [64][head_dim], scaled, in base 2
  float* scores;   // [64][64]
  float* correction;
  Sums stretch;  // of the tiles of this stretch
  Sums total;    // of the stretches before; unused when there is only one
  int rows = 0;  // of this item, rounded up to what the inner loop handles
};

Attention::Attention(const patterns::Case& shape, const TilePlan& plan, const TileOps& ops, int threads)
    : shape_(shape),
      plan_(plan),
      ops_(ops),
      memory_(workspace_floats(shape) * static_cast<std::size_t>(threads)) {
  core::ensure(shape.head_dim <= kMaxHeadDim && shape.head_dim_v <= kMaxHeadDim, "Attention: head_dim");
  std::vector<std::size_t> order(plan.tiles.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return plan.visits_of(a).size() > plan.visits_of(b).size();
  });
  for (std::size_t begin = 0; begin < order.size();) {
    // Equal tiles head by head: neighbours in the order then read the same K and V.
    std::size_t end = begin;
    while (end < order.size() && plan.visits_of(order[end]).size() == plan.visits_of(order[begin]).size())
      ++end;
    for (std::int64_t head = 0; head < shape.batch * shape.q_heads; head += plan.group) {
      for (std::size_t i = begin; i < end; ++i) items_.push_back({head, order[i]});
    }
    begin = end;
  }
}

std::size_t Attention::workspace_floats(const patterns::Case& shape) {
  const std::size_t queries = kTileRows * static_cast<std::size_t>(shape.head_dim);
  const std::size_t output = kTileRows * kPanel * static_cast<std::size_t>(panels(shape));
  return queries + kTileRows * kKeyTile + 2 * output + 5 * kTileRows;
}

Attention::Workspace Attention::workspace_of(int worker) const {
  float* next = memory_.data() + workspace_floats(shape_) * static_cast<std::size_t>(worker);
  const auto take = [&next](std::size_t floats) { return std::exchange(next, next + floats); };
  const std::size_t output = kTileRows * kPanel * static_cast<std::size_t>(panels(shape_));
  Workspace workspace{};
  workspace.queries = take(kTileRows * static_cast<std::size_t>(shape_.head_dim));
  workspace.scores = take(kTileRows * kKeyTile);
  workspace.correction = take(kTileRows);
  for (auto* sums : {&workspace.stretch, &workspace.total}) {
    *sums = {take(output), take(kTileRows), take(kTileRows)};
  }
  return workspace;
}

void Attention::run(const AttentionTensors& tensors, float scale, core::ThreadPool& pool) {
  pool.run(items_.size(), [&](std::size_t item, int worker) {
    run_item(items_[item], tensors, scale, workspace_of(worker));
  });
}

void Attention::run_item(const Item& item, const AttentionTensors& tensors, float scale,
                         Workspace workspace) const {
  load_queries(item, tensors, scale, workspace);
  const auto visits = plan_.visits_of(item.tile);
  const bool several_stretches = visits.size() > kStretch;
  for (const auto& sums : {workspace.stretch, workspace.total}) {
    clear(sums, panels(shape_));
    std::fill_n(sums.row_max, kTileRows, -kInfinity);
    if (!several_stretches) break;
  }
  const std::int64_t kv_head = item.head / (shape_.q_heads / shape_.kv_heads);
  for (std::size_t i = 0; i < visits.size(); ++i) {
    visit(visits[i], kv_head, tensors, workspace);
    if (several_stretches && ((i + 1) % kStretch == 0 || i + 1 == visits.size())) {
      finish_stretch(workspace.stretch, workspace.total, panels(shape_));
    }
  }
  if (!several_stretches) workspace.total = workspace.stretch;
  store_rows(item, tensors, workspace);
}

void Attention::visit(const TileVisit& visit, std::int64_t kv_head, const AttentionTensors& tensors,
                      const Workspace& workspace) const {
  const auto& sums = workspace.stretch;
  ops_.scores(workspace.queries, workspace.rows, static_cast<int>(shape_.head_dim),
              tensors.keys->tile(kv_head, visit.kv_tile), workspace.scores);
  if (visit.mask != TileVisit::kFull) {
    ops_.mask(workspace.scores, workspace.rows, plan_.masks[static_cast<std::size_t>(visit.mask)].data());
  }
  ops_.softmax(workspace.scores, workspace.rows, sums.row_max, sums.row_sum, workspace.correction);
  ops_.accumulate(workspace.scores, workspace.rows, tensors.values->tile(kv_head, visit.kv_tile),
                  panels(shape_), workspace.correction, sums.output);
}

// The row of the whole tensors that belongs to a row of the tile.
std::int64_t Attention::row_of(const Item& item, std::int64_t tile_row) const {
  const std::int64_t head = item.head + tile_row % plan_.group;
  return head * plan_.rows + plan_.tiles[item.tile].first_row + tile_row / plan_.group;
}

void Attention::load_queries(const Item& item, const AttentionTensors& tensors, float scale,
                             Workspace& workspace) const {
  const std::int64_t dim = shape_.head_dim;
  const std::int64_t rows = plan_.tiles[item.tile].tokens * plan_.group;
  workspace.rows = static_cast<int>((rows + kRowGroup - 1) / kRowGroup * kRowGroup);
  const float factor = scale * std::numbers::log2e_v<float>;
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* query = tensors.queries + row_of(item, row) * dim;
    for (std::int64_t i = 0; i < dim; ++i) workspace.queries[row * dim + i] = query[i] * factor;
  }
  std::fill(workspace.queries + rows * dim, workspace.queries + workspace.rows * dim, 0.0f);
}

void Attention::store_rows(const Item& item, const AttentionTensors& tensors,
                           const Workspace& workspace) const {
  const std::int64_t dim = shape_.head_dim_v;
  const std::int64_t rows = plan_.tiles[item.tile].tokens * plan_.group;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t target = row_of(item, row);
    const float sum = workspace.total.row_sum[row];
    const float divisor = sum > 0.0f ? sum : 1.0f;  // no visible key: 0, not 0 / 0
    float* output = tensors.output + target * dim;
    for (std::int64_t first = 0; first < dim; first += kPanel) {
      const float* panel = workspace.total.output + (first / kPanel * kQueryTile + row) * kPanel;
      const std::int64_t count = std::min<std::int64_t>(kPanel, dim - first);
      for (std::int64_t i = 0; i < count; ++i) output[first + i] = panel[i] / divisor;
    }
    const double log2_sum =
        static_cast<double>(workspace.total.row_max[row]) + std::log2(static_cast<double>(sum));
    tensors.log_sum_exp[target] = static_cast<float>(log2_sum * std::numbers::ln2);
  }
}

}  // namespace spanwise::kernels

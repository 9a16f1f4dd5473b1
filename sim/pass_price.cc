// SPDX-License-Identifier: Apache-2.0
#include "sim/pass_price.h"

#include "sim/selection.h"

#include <algorithm>

namespace spanwise::sim {
namespace {

using patterns::Case;

// Whether a kernel of the machine runs the case at all.
core::Result<Choice> choose_or_dense(Case shape, const Pricing& pricing) {
  auto choice = choose_kernel(shape, pricing);
  if (choice || core::exit_code(choice.error()) != 1 || std::holds_alternative<patterns::Dense>(shape.pattern)) return choice;
  shape.pattern = patterns::Dense{shape.causal};  // no kernel skips what the mask hides: dense with a mask
  return choose_kernel(shape, pricing);
}

// Attention inside boxes is dense attention of as many short sequences (how Swin runs it): exact where the boxes divide
// the grid, and the last box is counted as a whole one where they do not.
Case boxes_case(const Layer& layer, Case shape) {
  const auto grid = shape.grid();
  std::int64_t boxes = 1, queries = 1;
  for (std::size_t axis = 0; axis < grid.size(); ++axis) {
    const auto box = std::min(layer.block[axis], grid[axis]);
    const auto rows = grid.size() == 1 ? shape.q_len : grid[axis];
    boxes *= core::ceil_div(rows, box);
    queries *= std::min(box, rows);
  }
  shape.batch *= boxes;
  shape.q_len = queries;
  shape.kv_len = 1;
  for (std::size_t axis = 0; axis < grid.size(); ++axis) shape.kv_len *= std::min(layer.block[axis], grid[axis]);
  shape.tokens.clear();
  shape.q_lens.clear();
  shape.kv_lens.clear();
  return shape;
}

core::Result<core::Seconds> own_attention(const Layer& layer, core::DType dtype, const Workload& workload, const Pricing& pricing) {
  core::Seconds total;
  const auto& a = layer.attention;
  for (const auto& pass : workload.passes()) {
    const bool sliding = layer.mixing == Mixing::kSliding;
    const patterns::Pattern rule = sliding ? patterns::Pattern(patterns::SlidingWindow{layer.window, 0, a.causal})
                                           : patterns::Pattern(patterns::Dense{a.causal});
    auto shape = attention_case(a, dtype, workload, pass, rule, a.kv_heads);
    if (!sliding) shape = boxes_case(layer, std::move(shape));
    const auto choice = choose_or_dense(std::move(shape), pricing);
    if (!choice) return choice.error();
    total = total + choice->estimate.time * pass.times;
  }
  return total;
}

core::Result<core::Seconds> cross_attention(const CrossAttention& cross, core::DType dtype, const Workload& workload,
                                            const Pricing& pricing) {
  core::Seconds total;
  for (const auto& pass : workload.passes()) {
    const AttentionSpec spec{cross.heads, cross.heads, cross.head_dim, cross.head_dim, false, {}};
    auto shape = attention_case(spec, dtype, workload, pass, patterns::Dense{}, cross.heads);
    shape.tokens.clear();
    shape.kv_lens.clear();
    shape.kv_len = cross.tokens;
    const auto choice = choose_kernel(shape, pricing);
    if (!choice) return choice.error();
    total = total + choice->estimate.time * pass.times;
  }
  return total;
}

}  // namespace

Case attention_case(const AttentionSpec& attention, core::DType dtype, const Workload& workload, const Pass& pass,
                    const patterns::Pattern& rule, std::int64_t kv_heads) {
  Case shape;
  shape.phase = workload.phase;
  shape.batch = workload.batch;
  shape.q_len = pass.q_len;
  shape.kv_len = pass.kv_len;
  shape.tokens = workload.tokens;
  if (!workload.lengths.empty()) {
    shape.kv_lens = workload.lengths;
    shape.q_lens = workload.phase == patterns::Phase::kDecode ? std::vector<std::int64_t>(workload.lengths.size(), 1) : workload.lengths;
  }
  shape.q_heads = attention.q_heads / attention.kv_heads * kv_heads;
  shape.kv_heads = kv_heads;
  shape.head_dim = attention.head_dim;
  shape.head_dim_v = attention.head_dim_v;
  if (attention.latent.width > 0) {
    if (workload.phase == patterns::Phase::kDecode) {
      shape.head_dim = attention.latent.width + attention.latent.rope;
      shape.head_dim_v = attention.latent.width;
    } else {
      shape.kv_heads = shape.q_heads;
    }
  }
  shape.dtype = dtype;
  shape.kv_dtype = dtype;
  shape.causal = attention.causal;
  shape.pattern = rule;
  shape.regime = patterns::Regime::kSustained;  // a served model is never an idle card
  return shape;
}

core::Result<Choice> price_passes(const AttentionSpec& attention, core::DType dtype, const Workload& workload,
                                  const patterns::Pattern& rule, std::int64_t kv_heads, const std::string& kernel, const Pricing& pricing) {
  Estimate sum;
  const auto passes = workload.passes();
  for (std::size_t i = 0;; ++i) {
    auto shape = attention_case(attention, dtype, workload, passes[i], rule, kv_heads);
    shape.kernel = kernel;
    auto choice = choose_kernel(shape, pricing);
    if (!choice) return choice.error();
    auto& one = choice->estimate;
    const double times = passes[i].times;
    const auto selection = selection_seconds(shape, *pricing.machine);
    for (auto* part : {&one.time, &one.low, &one.high}) *part = *part + selection;
    sum.time = sum.time + one.time * times;
    sum.low = sum.low + one.low * times;
    sum.high = sum.high + one.high * times;
    sum.memory = sum.memory + one.memory * times;
    sum.basis = i == 0 ? one.basis : core::weaker(sum.basis, one.basis);
    sum.kernel = one.kernel;
    if (i + 1 < passes.size()) continue;
    choice->estimate = std::move(sum);
    return choice;
  }
}

core::Result<std::vector<core::Seconds>> unplanned_attention(const Model& model, const Workload& workload, const Pricing& pricing) {
  std::vector<core::Seconds> times(model.layers.size());
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const auto& layer = model.layers[i];
    if (i > 0 && layer == model.layers[i - 1]) {
      times[i] = times[i - 1];
      continue;
    }
    const auto scaled = workload.downsampled(layer.downsample);
    if (layer.mixing == Mixing::kSliding || layer.mixing == Mixing::kBlocks) {
      const auto own = own_attention(layer, model.dtype, scaled, pricing);
      if (!own) return own.error();
      times[i] = times[i] + *own;
    }
    if (layer.cross.tokens > 0) {
      const auto cross = cross_attention(layer.cross, model.dtype, scaled, pricing);
      if (!cross) return cross.error();
      times[i] = times[i] + *cross;
    }
  }
  return times;
}

}  // namespace spanwise::sim

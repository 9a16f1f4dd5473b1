// SPDX-License-Identifier: Apache-2.0
#include "sim/model_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>
#include <cmath>

#include "core/result.h"

namespace spanwise::sim {
namespace {

struct Operator {
  OperatorKind kind = OperatorKind::kOther;
  double seconds = 0;
};

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Operator>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

// Rows that the matrix products of a pass see.
struct PassRows {
  double tokens = 1;     // of all sequences
  double sequences = 1;
  double context = 1;    // keys of all sequences
  double times = 1;
};

// Adds operators one after another, with residual edges that skip over a block; an operator's time is the sum over the
// passes of the workload.
class Builder {
 public:
  Builder(const Model& model, const Workload& workload, const hwmodels::Machine& machine)
      : model_(model), workload_(workload), machine_(machine) {
    last_ = boost::add_vertex(Operator{}, graph_);
  }

  void add_layer(const Layer& layer, core::Seconds attention) {
    if (layer.downsample != downsample_) merge_tokens(layer);
    set_rows(layer.downsample);
    hidden_ = static_cast<double>(layer.hidden_size);
    if (layer.mixing == Mixing::kState) {
      block([&] { add_state(layer.state); });
    } else if (layer.mixing != Mixing::kNone) {
      block([&] { add_attention(layer, attention); });
    }
    if (layer.cross.tokens > 0) block([&] { add_cross(layer.cross); });
    if (layer.ffn.intermediate_size > 0) block([&] { add_feed_forward(layer.ffn); });
  }

  void add_output_head() {
    if (model_.vocab_size == 0) return;
    // Serving computes logits for the last token of each sequence alone.
    const auto vocabulary = static_cast<double>(model_.vocab_size);
    append(OperatorKind::kOther, over_passes([&](const PassRows& pass) {
             return gemm_seconds(machine_, model_.dtype, pass.sequences, vocabulary, static_cast<double>(model_.hidden_size));
           }));
  }

  ModelTime critical_path() const {
    std::vector<Vertex> order;
    boost::topological_sort(graph_, std::back_inserter(order));  // sinks first
    std::reverse(order.begin(), order.end());
    std::vector<double> done(boost::num_vertices(graph_), 0.0);
    std::vector<Vertex> before(boost::num_vertices(graph_), Graph::null_vertex());
    for (const auto vertex : order) {
      done[vertex] += graph_[vertex].seconds;
      for (auto [edge, end] = boost::out_edges(vertex, graph_); edge != end; ++edge) {
        const auto next = boost::target(*edge, graph_);
        if (done[vertex] > done[next] || before[next] == Graph::null_vertex()) {
          done[next] = done[vertex];
          before[next] = vertex;
        }
      }
    }
    ModelTime time;
    time.total = {done[last_]};
    for (auto vertex = last_; vertex != Graph::null_vertex(); vertex = before[vertex]) {
      auto& part = time.parts[graph_[vertex].kind];
      part = part + core::Seconds{graph_[vertex].seconds};
    }
    return time;
  }

 private:
  // A norm, what `inside` adds, and the residual sum.
  template <class Inside>
  void block(Inside inside) {
    const auto input = last_;
    stream(2 * hidden_);
    inside();
    stream(3 * hidden_);
    boost::add_edge(input, last_, graph_);
  }

  void add_attention(const Layer& layer, core::Seconds attention) {
    const auto& a = layer.attention;
    const double q_width = static_cast<double>(a.q_heads * a.head_dim);
    const double o_width = static_cast<double>(a.q_heads * a.head_dim_v);
    if (a.latent.width > 0) {
      add_latent(a, q_width);
    } else {
      const double kv_width = static_cast<double>(a.kv_heads * (a.head_dim + a.head_dim_v));
      gemm(OperatorKind::kProjection, q_width + kv_width, hidden_);
      stream(2 * (q_width + kv_width));  // rotary embedding and the write to the KV cache
    }
    append(OperatorKind::kAttention, attention);
    gemm(OperatorKind::kProjection, hidden_, o_width);
  }

  // Down to the latents and up again. In prefill the keys and values of the whole context are expanded from the cache; in
  // decode the same matrices work on the queries and outputs of the new tokens instead.
  void add_latent(const AttentionSpec& a, double q_width) {
    const auto latent = static_cast<double>(a.latent.width);
    const auto narrow = static_cast<double>(a.latent.q_width);
    const double cached = latent + static_cast<double>(a.latent.rope);
    if (narrow > 0) {
      gemm(OperatorKind::kProjection, narrow + cached, hidden_);
      gemm(OperatorKind::kProjection, q_width, narrow);
    } else {
      gemm(OperatorKind::kProjection, q_width + cached, hidden_);
    }
    stream(2 * (q_width + cached));  // rotary embedding and the write to the KV cache
    const double expanded = static_cast<double>(a.q_heads * (a.head_dim - a.latent.rope + a.head_dim_v));
    const bool absorbed = workload_.phase == patterns::Phase::kDecode;
    append(OperatorKind::kProjection, over_passes([&](const PassRows& pass) {
             return gemm_seconds(machine_, model_.dtype, absorbed ? pass.tokens : pass.context, expanded, latent);
           }));
  }

  void add_cross(const CrossAttention& cross) {
    const double width = static_cast<double>(cross.heads * cross.head_dim);
    gemm(OperatorKind::kProjection, width, hidden_);
    append(OperatorKind::kProjection, over_passes([&](const PassRows& pass) {
             return gemm_seconds(machine_, model_.dtype, pass.sequences * static_cast<double>(cross.tokens), 2 * width,
                                 static_cast<double>(cross.width));
           }));
    gemm(OperatorKind::kProjection, hidden_, width);
  }

  // Mamba-2 (arXiv 2405.21060, section 6): in prefill a chunk of Q tokens costs, a token and head, Q (N + P) FLOPs on the
  // causal half inside the chunk and 4 N P for the state; in decode the state of every sequence is read and written.
  void add_state(const StateMixer& state) {
    const auto heads = static_cast<double>(state.heads);
    const auto p = static_cast<double>(state.head_dim);
    const auto n = static_cast<double>(state.state_size);
    const double inner = heads * p;
    const double mixed = inner + 2 * static_cast<double>(state.groups) * n;  // what the convolution sees
    gemm(OperatorKind::kProjection, inner + mixed + heads, hidden_);
    stream(2 * mixed);
    const bool decode = workload_.phase == patterns::Phase::kDecode;
    append(OperatorKind::kOther, over_passes([&](const PassRows& pass) {
             const double bytes = (pass.tokens * 2 * mixed + (decode ? pass.sequences * 2 * inner * n : 0)) * core::bytes_of(model_.dtype);
             const double chunk = std::min(static_cast<double>(state.chunk), pass.tokens);
             const double flops = pass.tokens * heads * (decode ? 4 * n * p : chunk * (n + p) + 4 * n * p);
             const double compute = flops / (*machine_.matrix_peak(model_.dtype, patterns::Regime::kSustained) * machine_.gemm_share.value);
             return core::Seconds{std::max(compute + machine_.launch.value.value, stream_seconds(machine_, bytes).value)};
           }));
    gemm(OperatorKind::kProjection, hidden_, inner);
  }

  void add_feed_forward(const FeedForward& ffn) {
    const double inner = static_cast<double>(ffn.intermediate_size);
    const double up = ffn.gated ? 2 * inner : inner;
    if (ffn.experts == 0) {
      gemm(OperatorKind::kFeedForward, up, hidden_);
      stream(up + inner);  // activation
      gemm(OperatorKind::kFeedForward, hidden_, inner);
      return;
    }
    const double active = static_cast<double>(ffn.active_experts);
    const double shared = static_cast<double>(ffn.shared_size);
    gemm(OperatorKind::kFeedForward, static_cast<double>(ffn.experts), hidden_);  // router
    experts(ffn, up, hidden_);
    stream(active * (up + inner));
    experts(ffn, hidden_, inner);
    if (shared > 0) {
      gemm(OperatorKind::kFeedForward, ffn.gated ? 2 * shared : shared, hidden_);
      gemm(OperatorKind::kFeedForward, hidden_, shared);
    }
    stream((active + 2) * hidden_);  // tokens to their experts and the weighted sum
  }

  void experts(const FeedForward& ffn, double n, double k) {
    const auto active = static_cast<double>(ffn.active_experts);
    append(OperatorKind::kFeedForward, over_passes([&](const PassRows& pass) {
             const double touched = experts_touched(static_cast<double>(ffn.experts), active, pass.tokens);
             return gemm_seconds(machine_, model_.dtype, pass.tokens * active, n, k, touched);
           }));
  }

  // Between stages neighbours are joined into one wider token (Swin, arXiv 2103.14030, patch merging).
  void merge_tokens(const Layer& layer) {
    const auto coarser = static_cast<double>(layer.downsample) / static_cast<double>(downsample_);
    const double joined = hidden_ * std::pow(coarser, static_cast<double>(workload_.grid().size()));
    set_rows(layer.downsample);
    if (coarser > 1) gemm(OperatorKind::kOther, static_cast<double>(layer.hidden_size), joined);
    downsample_ = layer.downsample;
  }

  void set_rows(std::int64_t downsample) {
    const auto workload = workload_.downsampled(downsample);
    rows_.clear();
    for (const auto& pass : workload.passes()) {
      const auto sequences = static_cast<double>(workload.batch);
      const auto context = workload.lengths.empty() ? sequences * static_cast<double>(pass.kv_len) : workload.batch_tokens(pass);
      rows_.push_back({workload.batch_tokens(pass), sequences, context, pass.times});
    }
  }

  template <class Seconds>
  core::Seconds over_passes(Seconds seconds) const {
    core::Seconds total;
    for (const auto& pass : rows_) total = total + seconds(pass) * pass.times;
    return total;
  }

  void append(OperatorKind kind, core::Seconds time) {
    const auto vertex = boost::add_vertex(Operator{kind, time.value}, graph_);
    boost::add_edge(last_, vertex, graph_);
    last_ = vertex;
  }
  void gemm(OperatorKind kind, double n, double k) {
    append(kind, over_passes([&](const PassRows& pass) { return gemm_seconds(machine_, model_.dtype, pass.tokens, n, k); }));
  }
  void stream(double values_per_token) {
    append(OperatorKind::kOther, over_passes([&](const PassRows& pass) {
             return stream_seconds(machine_, pass.tokens * values_per_token * core::bytes_of(model_.dtype));
           }));
  }

  const Model& model_;
  const Workload& workload_;
  const hwmodels::Machine& machine_;
  std::vector<PassRows> rows_;
  double hidden_ = 1;
  std::int64_t downsample_ = 1;
  Graph graph_;
  Vertex last_;
};

}  // namespace

ModelTime model_time(const Model& model, const Workload& workload, const hwmodels::Machine& machine,
                     const std::vector<core::Seconds>& attention) {
  core::ensure(attention.size() == model.layers.size(), "model_time: one attention time a layer");
  Builder builder(model, workload, machine);
  for (std::size_t i = 0; i < model.layers.size(); ++i) builder.add_layer(model.layers[i], attention[i]);
  builder.add_output_head();
  return builder.critical_path();
}

}  // namespace spanwise::sim

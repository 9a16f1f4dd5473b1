// SPDX-License-Identifier: Apache-2.0
#include "sim/model_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>

#include "core/result.h"

namespace spanwise::sim {
namespace {

struct Operator {
  OperatorKind kind = OperatorKind::kOther;
  double seconds = 0;
};

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Operator>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

// Adds operators one after another, with residual edges that skip over a block.
class Builder {
 public:
  Builder(const Model& model, const Workload& workload, const hwmodels::Machine& machine)
      : model_(model),
        machine_(machine),
        sequences_(static_cast<double>(workload.batch)),
        tokens_(sequences_ * static_cast<double>(workload.q_len)) {
    last_ = boost::add_vertex(Operator{}, graph_);
  }

  void add_layer(const Layer& layer, core::Seconds attention) {
    const auto& a = layer.attention;
    const auto hidden = static_cast<double>(model_.hidden_size);
    const double q_width = static_cast<double>(a.q_heads * a.head_dim);
    const double kv_width = static_cast<double>(a.kv_heads * (a.head_dim + a.head_dim_v));
    const double o_width = static_cast<double>(a.q_heads * a.head_dim_v);
    const auto input = last_;
    stream(2 * hidden);  // norm
    gemm(OperatorKind::kProjection, q_width + kv_width, hidden);
    stream(2 * (q_width + kv_width));  // rotary embedding and the write to the KV cache
    append(OperatorKind::kAttention, attention);
    gemm(OperatorKind::kProjection, hidden, o_width);
    stream(3 * hidden);  // residual sum
    boost::add_edge(input, last_, graph_);

    const auto middle = last_;
    const double inner = static_cast<double>(layer.ffn.intermediate_size);
    const double up = layer.ffn.gated ? 2 * inner : inner;
    stream(2 * hidden);  // norm
    gemm(OperatorKind::kFeedForward, up, hidden);
    stream(up + inner);  // activation
    gemm(OperatorKind::kFeedForward, hidden, inner);
    stream(3 * hidden);  // residual sum
    boost::add_edge(middle, last_, graph_);
  }

  void add_output_head() {
    // Serving computes logits for the last token of each sequence alone.
    if (model_.vocab_size > 0) {
      append(OperatorKind::kOther, gemm_seconds(machine_, model_.dtype, sequences_, static_cast<double>(model_.vocab_size),
                                                static_cast<double>(model_.hidden_size)));
    }
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
  void append(OperatorKind kind, core::Seconds time) {
    const auto vertex = boost::add_vertex(Operator{kind, time.value}, graph_);
    boost::add_edge(last_, vertex, graph_);
    last_ = vertex;
  }
  void gemm(OperatorKind kind, double n, double k) {
    append(kind, gemm_seconds(machine_, model_.dtype, tokens_, n, k));
  }
  void stream(double values_per_token) {
    append(OperatorKind::kOther, stream_seconds(machine_, tokens_ * values_per_token * core::bytes_of(model_.dtype)));
  }

  const Model& model_;
  const hwmodels::Machine& machine_;
  double sequences_;
  double tokens_;
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

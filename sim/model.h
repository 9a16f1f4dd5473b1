// SPDX-License-Identifier: Apache-2.0
// A transformer as far as its time depends on it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/result.h"
#include "patterns/pattern.h"
#include "sim/workload.h"

namespace spanwise::sim {

struct AttentionSpec {
  std::int64_t q_heads = 1;
  std::int64_t kv_heads = 1;  // divides q_heads
  std::int64_t head_dim = 128;
  std::int64_t head_dim_v = 128;
  bool causal = false;
  bool operator==(const AttentionSpec&) const = default;
};

struct FeedForward {
  bool gated = false;  // three matrices (up, gate, down) instead of two
  std::int64_t intermediate_size = 1;
  bool operator==(const FeedForward&) const = default;
};

struct Layer {
  AttentionSpec attention;
  FeedForward ffn;
  bool operator==(const Layer&) const = default;
};

struct Model {
  std::string name;
  std::string source;
  std::int64_t hidden_size = 1;
  std::int64_t vocab_size = 0;  // 0: no output head
  std::int64_t max_tokens = 0;  // longest context it was trained for; 0: not said
  core::DType dtype = core::DType::kBf16;
  std::string default_hardware;         // a machine name; empty: none
  std::vector<Layer> layers;            // every layer, repeats written out
  std::vector<Workload> workloads;
  std::vector<patterns::Pattern> rules;  // patterns worth considering; empty: candidates are made by rule of thumb

  // All layers have the same heads: what plans of this version need.
  const AttentionSpec& attention() const { return layers.front().attention; }
};

// Strict reader of docs/formats.md, "Model". Every layer must have the same attention shape in this version.
core::Result<Model> read_model(const std::filesystem::path& path);

}  // namespace spanwise::sim

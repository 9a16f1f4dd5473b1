// SPDX-License-Identifier: Apache-2.0
// A transformer as far as its time depends on it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/result.h"
#include "patterns/pattern.h"
#include "sim/workload.h"

namespace spanwise::sim {

// How the tokens of a layer see each other.
enum class Mixing {
  kFull,     // every layer that a plan may make sparse
  kSliding,  // a window over the sequence, as trained (Mistral, Gemma, gpt-oss)
  kBlocks,   // attention inside boxes of tokens, as trained (Swin windows, chunked attention)
  kState,    // a state space model (Mamba-2, arXiv 2405.21060): no attention
  kNone,     // no mixing: a layer that is a feed-forward block alone
};

// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1): keys and values of all heads are made from one
// latent of `width` values a token, beside `rope` rotary values shared by all heads. The cache holds width + rope values.
// Prefill runs with keys and values expanded (q_heads heads of head_dim and head_dim_v); decode in absorbed form, as one
// KV head of width + rope (values: width) that all query heads share.
struct Latent {
  std::int64_t width = 0;    // 0: not latent attention
  std::int64_t rope = 0;     // of head_dim
  std::int64_t q_width = 0;  // latent of the queries; 0: projected directly
  bool operator==(const Latent&) const = default;
};

// The lightning indexer of DeepSeek-V3.2: `heads` small heads score every visible key, and each query keeps top_k keys.
struct Indexer {
  std::int64_t heads = 0;  // 0: none
  std::int64_t head_dim = 0;
  std::int64_t top_k = 0;
  bool operator==(const Indexer&) const = default;
};

struct AttentionSpec {
  std::int64_t q_heads = 1;
  std::int64_t kv_heads = 1;  // divides q_heads; 1 for latent attention: all heads share what the cache holds
  std::int64_t head_dim = 128;
  std::int64_t head_dim_v = 128;
  bool causal = false;
  Latent latent;
  bool operator==(const AttentionSpec&) const = default;
};

// Attention to tokens of another sequence (the text of a video model): dense, and never planned.
struct CrossAttention {
  std::int64_t tokens = 0;  // 0: none
  std::int64_t heads = 1;
  std::int64_t head_dim = 128;
  std::int64_t width = 0;  // of a token of the other sequence
  bool operator==(const CrossAttention&) const = default;
};

// Mamba-2: `heads` heads of head_dim values with a state of state_size each; `groups` share input and output matrices.
struct StateMixer {
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t state_size = 0;
  std::int64_t groups = 1;
  std::int64_t conv_width = 4;
  std::int64_t chunk = 256;  // tokens that prefill mixes at once
  bool operator==(const StateMixer&) const = default;
};

struct FeedForward {
  bool gated = false;  // three matrices (up, gate, down) instead of two
  std::int64_t intermediate_size = 0;  // of one expert; 0: no feed-forward block
  std::int64_t experts = 0;            // 0: dense. All are in memory ...
  std::int64_t active_experts = 0;     // ... a token goes through these many
  std::int64_t shared_size = 0;        // of the experts that every token goes through, together; 0: none
  bool operator==(const FeedForward&) const = default;
};

struct Layer {
  Mixing mixing = Mixing::kFull;
  AttentionSpec attention;    // kFull, kSliding, kBlocks
  std::int64_t window = 0;    // kSliding: keys that a query sees, itself included
  patterns::Lengths block;    // kBlocks: tokens of a box along each axis
  bool sink_logits = false;   // a learned logit a head joins the softmax (gpt-oss): no tokens, no time worth counting
  Indexer indexer;            // kFull
  CrossAttention cross;
  StateMixer state;           // kState
  FeedForward ffn;
  std::int64_t hidden_size = 1;
  std::int64_t downsample = 1;  // the workload's grid, divided by this along every axis (Swin's stages)
  bool operator==(const Layer&) const = default;
};

struct Model {
  std::string name;
  std::string source;
  std::int64_t hidden_size = 1;
  std::int64_t vocab_size = 0;  // 0: no output head
  bool tied_embeddings = false;  // input and output share one matrix
  std::int64_t max_tokens = 0;  // longest context it was trained for; 0: not said
  core::DType dtype = core::DType::kBf16;
  std::string default_hardware;         // a machine name; empty: none
  std::vector<Layer> layers;            // every layer, repeats written out
  std::vector<Workload> workloads;
  std::vector<patterns::Pattern> rules;  // patterns worth considering; empty: candidates are made by rule of thumb
  std::vector<std::string> notes;        // what a reader assumed where the file says nothing

  // Indices of the layers with full attention, which a plan decides about; never empty after reading. They all have the
  // same heads and tokens: what plans of this version need.
  std::vector<std::size_t> planned_layers() const;
  const Layer& planned_layer() const { return layers[planned_layers().front()]; }
  const AttentionSpec& attention() const { return planned_layer().attention; }

  // The workloads as the planned layers see them: on a downsampled grid in a late stage.
  std::vector<Workload> planned_workloads() const;
};

// Strict reader of docs/formats.md, "Model". A `.json` file is a Hugging Face config.json (model_hf.h),
// a folder the one that it holds.
core::Result<Model> read_model(const std::filesystem::path& path);

// Workloads of a model that names none. Causal: prefill of 32k and decode over 128k tokens at batch 8, or the longest
// context if that is shorter. Else: the longest context as one sequence, batch 32.
std::vector<Workload> default_workloads(bool causal, std::int64_t max_tokens);

}  // namespace spanwise::sim

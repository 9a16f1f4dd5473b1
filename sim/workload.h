// SPDX-License-Identifier: Apache-2.0
// What a model is asked to do: one phase at one length and batch, in one pass or in several.
#pragma once

#include <string>
#include <vector>

#include "core/documents/map_reader.h"
#include "patterns/case.h"

namespace spanwise::sim {

// One run of the model, or several that are alike.
struct Pass {
  std::int64_t q_len = 1;
  std::int64_t kv_len = 1;
  double times = 1;
};

struct Workload {
  std::string name;  // an identifier: prefill_32k
  patterns::Phase phase = patterns::Phase::kPrefill;
  std::int64_t batch = 1;
  std::int64_t q_len = 1;   // new tokens of the longest sequence in its last pass, extra ones included
  std::int64_t kv_len = 1;  // tokens seen by the longest sequence in its last pass, extra ones included
  patterns::Lengths tokens;  // the grid of a multi-axis layout; empty for a sequence
  std::int64_t chunk = 0;       // prefill: new tokens a pass; 0: all at once
  std::int64_t new_tokens = 1;  // decode: passes, each over one token more than the one before
  std::vector<std::int64_t> lengths;  // a ragged batch: tokens of each sequence; empty: all alike
  std::int64_t steps = 1;        // diffusion steps of one run
  std::int64_t dense_steps = 0;  // of them, how many stay dense (warm-up)

  patterns::Lengths grid() const { return tokens.empty() ? patterns::Lengths{kv_len} : tokens; }

  // The passes in order; the last one is the longest. Long runs of passes are summed at up to 16 lengths in the middle of
  // equal parts, as a pass costs nearly a linear function of its length.
  std::vector<Pass> passes() const;

  // New tokens of all sequences in a pass.
  double batch_tokens(const Pass& pass) const;

  // The same on a grid divided by `factor` along every axis (at least one token an axis).
  Workload downsampled(std::int64_t factor) const;

  // For people: "prefill 32k, b1" or "30x48x80 + 256, b1, 50 steps".
  std::string label() const;

  bool operator==(const Workload&) const = default;
};

// A map such as {name: prefill_32k, phase: prefill, tokens: 32768, batch: 1}; see docs/formats.md, "Model".
Workload read_workload(const documents::Node& node, documents::Context& context);

// The inside of that map: read_workload() reads it back as the same workload.
std::string to_yaml(const Workload& workload);

// 32768 -> "32k", 4160 -> "4160".
std::string print_tokens(std::int64_t tokens);

}  // namespace spanwise::sim

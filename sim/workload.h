// SPDX-License-Identifier: Apache-2.0
// What a model is asked to do: one phase at one length and batch.
#pragma once

#include <string>

#include "core/documents/map_reader.h"
#include "patterns/case.h"

namespace spanwise::sim {

struct Workload {
  std::string name;  // an identifier: prefill_32k
  patterns::Phase phase = patterns::Phase::kPrefill;
  std::int64_t batch = 1;
  std::int64_t q_len = 1;   // new tokens, extra ones included
  std::int64_t kv_len = 1;  // tokens seen, extra ones included
  patterns::Lengths tokens;  // the grid of a multi-axis layout; empty for a sequence
  std::int64_t steps = 1;        // diffusion steps of one run
  std::int64_t dense_steps = 0;  // of them, how many stay dense (warm-up)

  patterns::Lengths grid() const { return tokens.empty() ? patterns::Lengths{kv_len} : tokens; }

  // For people: "prefill 32k, b1" or "30x48x80 + 256, b1, 50 steps".
  std::string label() const;
};

// A map such as {name: prefill_32k, phase: prefill, tokens: 32768, batch: 1}; see docs/formats.md, "Model".
Workload read_workload(const documents::Node& node, documents::Context& context);

// 32768 -> "32k", 4160 -> "4160".
std::string print_tokens(std::int64_t tokens);

}  // namespace spanwise::sim

// SPDX-License-Identifier: Apache-2.0
// A pattern whose lengths may depend on the number of tokens n: `window: 1024 + 0.25*n` (MoA's elastic windows, arXiv
// 2406.14909). Any integer of any kind may be elastic: a sum of decimal numbers (nine digits behind the point) and
// multiples of n. It is rounded down, at least 1; where a sliding_window has a block, to whole blocks, at least one.
#pragma once

#include <cstdint>
#include <string>

#include "core/documents/document.h"
#include "core/result.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

class Rule {
 public:
  explicit Rule(const Pattern& pattern);  // the same at every length

  bool elastic() const { return elastic_; }

  // The pattern for n tokens, 1 to kMaxLength. Errors at their place: a length that leaves its range at this n.
  core::Result<Pattern> at(std::int64_t n) const;

  // One line that parse_rule() reads back.
  std::string to_json() const;

 private:
  friend Rule read_rule(const documents::Node& node, documents::Context& context, bool default_causal);
  Rule() = default;

  documents::Node node_;
  std::string file_ = "pattern";
  bool default_causal_ = false;
  bool elastic_ = false;
};

// What is wrong with the rule at a length of 2^20 tokens is found here already.
Rule read_rule(const documents::Node& node, documents::Context& context, bool default_causal);
core::Result<Rule> parse_rule(const std::string& text, bool default_causal);

}  // namespace spanwise::patterns

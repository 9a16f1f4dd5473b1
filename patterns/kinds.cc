// SPDX-License-Identifier: Apache-2.0
#include "patterns/kinds.h"

#include <algorithm>
#include <array>

namespace spanwise::patterns {
namespace {

constexpr std::array kDense = {
    ParameterInfo{"causal", "truth value", "", "a query sees no key after itself", "as the model or case says"},
};

constexpr std::array kSlidingWindow = {
    ParameterInfo{"window", "integer", "tokens", "keys of the window; a causal one counts the query itself", "required"},
    ParameterInfo{"sinks", "integer", "tokens", "first keys, visible to every query behind them", "0"},
    ParameterInfo{"causal", "truth value", "", "the window ends at the query; else the query is in its middle", "true"},
};

constexpr std::array kNeighborhood = {
    ParameterInfo{"window", "lengths", "tokens", "keys that a query sees on each axis", "required"},
    ParameterInfo{"stride", "lengths", "tokens", "neighbours that share the window of their middle query", "1"},
    ParameterInfo{"dilation", "lengths", "tokens", "distance between the keys of a window", "1"},
    ParameterInfo{"causal", "truth values", "", "axes on which a query sees no key after itself", "false"},
};

constexpr std::array kKinds = {
    KindInfo{"dense", "Every query sees every key, or every key up to itself", "the baseline of every comparison", kDense,
             R"({"dense": {"causal": true}})", "256"},
    KindInfo{"sliding_window", "A window of neighbours and the first keys",
             "arXiv 2309.17453 (StreamingLLM); MoA, DuoAttention, SmallThinker, gpt-oss", kSlidingWindow,
             R"({"sliding_window": {"window": 64, "sinks": 16}})", "256"},
    KindInfo{"neighborhood", "A window on each axis of a token layout, shifted inwards at borders",
             "arXiv 2504.16922 (generalized neighborhood attention); Swin, HaloNet, sliding tile attention", kNeighborhood,
             R"({"neighborhood": {"window": [8, 8], "stride": [4, 4]}})", "16x16"},
};

}  // namespace

std::span<const KindInfo> kinds() {
  return kKinds;
}

const KindInfo* find_kind(std::string_view name) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [name](const KindInfo& kind) { return kind.name == name; });
  return found == kKinds.end() ? nullptr : found;
}

}  // namespace spanwise::patterns

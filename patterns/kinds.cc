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
    ParameterInfo{"block", "integer", "tokens", "window and sinks are whole blocks; a block's queries share a window", "1"},
};

constexpr std::array kNeighborhood = {
    ParameterInfo{"window", "lengths", "tokens", "keys that a query sees on each axis", "required"},
    ParameterInfo{"stride", "lengths", "tokens", "neighbours that share the window of their middle query", "1"},
    ParameterInfo{"dilation", "lengths", "tokens", "distance between the keys of a window", "1"},
    ParameterInfo{"causal", "truth values", "", "axes on which a query sees no key after itself", "false"},
};

constexpr std::array kStrided = {
    ParameterInfo{"block", "integer", "tokens", "size of a block", "required"},
    ParameterInfo{"local", "integer", "blocks", "nearest key blocks, the query's own included", "1"},
    ParameterInfo{"stride", "integer", "blocks", "every stride-th key block is visible from everywhere", "required"},
    ParameterInfo{"phase", "integer", "blocks", "which of them: block j with j mod stride = phase; differs by head", "stride - 1"},
    ParameterInfo{"causal", "truth value", "", "a query sees no key after itself", "true"},
};

constexpr std::array kPower = {
    ParameterInfo{"block", "integer", "tokens", "size of a block", "required"},
    ParameterInfo{"window", "integer", "blocks", "nearest key blocks, the query's own included", "1"},
    ParameterInfo{"sinks", "integer", "blocks", "first key blocks", "0"},
    ParameterInfo{"causal", "truth value", "", "a query sees no key after itself", "true"},
};

constexpr std::array kVerticalSlash = {
    ParameterInfo{"columns", "list or integer", "tokens", "key positions that every query sees, or only their number", "none"},
    ParameterInfo{"diagonals", "list or integer", "tokens", "distances from query to key, or only their number", "none"},
    ParameterInfo{"causal", "truth value", "", "a query sees no key after itself", "true"},
    ParameterInfo{"basis", "measured or assumed", "", "whose word it is", "assumed"},
    ParameterInfo{"source", "text", "", "where the reader can look it up", "none"},
};

constexpr std::array kBlockMask = {
    ParameterInfo{"block", "lengths", "tokens", "size of a block, or of query and key blocks", "required"},
    ParameterInfo{"list", "list of lists", "blocks", "key blocks of each row of query blocks; fewer rows are the last", "one of four"},
    ParameterInfo{"file", "path", "blocks", "the same in a file: a line a row, units and ranges a-b", "one of four"},
    ParameterInfo{"row_blocks", "list", "blocks", "how many key blocks each row sees; counts only", "one of four"},
    ParameterInfo{"random", "{density, seed}", "", "so many blocks of each row, drawn", "one of four"},
    ParameterInfo{"causal", "truth value", "", "a query sees no key after itself", "as the model or case says"},
    ParameterInfo{"basis", "measured or assumed", "", "whose word it is", "assumed"},
    ParameterInfo{"source", "text", "", "where the reader can look it up", "none"},
};

constexpr std::array kRouted = {
    ParameterInfo{"unit", "word", "", "token, page, block, region, cluster or span", "block"},
    ParameterInfo{"unit_size", "integer", "tokens", "keys of a unit (token: 1)", "required"},
    ParameterInfo{"q_block", "integer", "tokens", "queries that share a selection", "1"},
    ParameterInfo{"keep", "{top_k | density, mass}", "units", "how many units a row keeps, forced ones included", "or a list"},
    ParameterInfo{"list", "list of lists", "units", "the units that each row keeps", "or keep"},
    ParameterInfo{"file", "path", "units", "the same in a file", "or keep"},
    ParameterInfo{"spread", "number", "units", "standard deviation of the kept units of a row", "0"},
    ParameterInfo{"overlap", "number", "", "share of its units that the next row keeps as well", "0"},
    ParameterInfo{"forced", "{sinks, local}", "units", "first and nearest units that are always kept", "none"},
    ParameterInfo{"shared_by", "word", "", "who shares a selection: head, group or layer", "group"},
    ParameterInfo{"selector", "text", "", "what selects; for the reader", "none"},
    ParameterInfo{"causal", "truth value", "", "a query sees no key after itself", "as the model or case says"},
    ParameterInfo{"basis", "measured or assumed", "", "whose word it is", "assumed"},
    ParameterInfo{"source", "text", "", "where the reader can look it up", "none"},
};

constexpr std::array kPyramid = {
    ParameterInfo{"block", "lengths", "tokens", "size of a block, or of query and key blocks", "required"},
    ParameterInfo{"levels", "list of {pool, share}", "", "share of the blocks whose keys are pooled by so many", "required"},
    ParameterInfo{"packed", "truth value", "", "several pooled blocks share one tile", "false"},
    ParameterInfo{"causal", "truth value", "", "a query sees no key after itself", "as the model or case says"},
    ParameterInfo{"basis", "measured or assumed", "", "whose word it is", "assumed"},
    ParameterInfo{"source", "text", "", "where the reader can look it up", "none"},
};

constexpr std::array kTokenSubset = {
    ParameterInfo{"keep", "integer, share or list", "tokens", "how many tokens are gathered, or which", "or file"},
    ParameterInfo{"file", "path", "tokens", "the kept positions in a file", "or keep"},
    ParameterInfo{"inner", "pattern", "", "the pattern among the kept tokens", "required"},
    ParameterInfo{"basis", "measured or assumed", "", "whose word it is", "assumed"},
    ParameterInfo{"source", "text", "", "where the reader can look it up", "none"},
};

constexpr std::array kPermuted = {
    ParameterInfo{"permutation", "list, {file} or {seed, segment}", "tokens", "the token at each place", "unknown: counts only"},
    ParameterInfo{"keys_only", "truth value", "", "queries stay where they are", "false"},
    ParameterInfo{"causal", "truth value", "", "a query sees no key that was after itself", "as the model or case says"},
    ParameterInfo{"inner", "pattern", "", "the pattern on the places", "required"},
};

constexpr std::array kReuse = {
    ParameterInfo{"layer", "integer", "", "the layer whose selection is used again", "required"},
    ParameterInfo{"pattern", "pattern", "", "that layer's pattern; without it nothing can be counted", "none"},
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
    KindInfo{"strided", "Near blocks and every n-th block, the phase differing by head",
             "arXiv 2407.17678 (S2-Attention)", kStrided,
             R"({"strided": {"block": 8, "local": 2, "stride": 4, "phase": 3}})", "256"},
    KindInfo{"power", "Near blocks, first blocks and blocks at a distance of a power of two",
             "PowerAttention (block 256, window 5, sinks 1)", kPower,
             R"({"power": {"block": 8, "window": 3, "sinks": 1}})", "256"},
    KindInfo{"vertical_slash", "Columns of keys and diagonals",
             "arXiv 2407.02490 (MInference)", kVerticalSlash,
             R"({"vertical_slash": {"columns": [0, 1, 2, 3, 90, 91, 150], "diagonals": [0, 1, 2, 3, 4, 5, 6, 7, 64, 65]}})", "256"},
    KindInfo{"block_mask", "Blocks given one by one, drawn at random, or counted by row",
             "Block-Sparse-Attention, SparseD, BigBird", kBlockMask,
             R"({"block_mask": {"block": 16, "random": {"density": 0.2, "seed": 1}, "causal": true}})", "256"},
    KindInfo{"routed", "Units of keys that a selector picks for each block of queries",
             "NSA, MoBA, SeerAttention, DSA, HISA, HiP, BiFormer, Routing Transformer, Superlinear, SALE, ProxyAttn, SPT", kRouted,
             R"({"routed": {"unit_size": 16, "q_block": 16, "keep": {"top_k": 4}, "forced": {"sinks": 1, "local": 2}, "causal": true}})",
             "256"},
    KindInfo{"pyramid", "Blocks computed with keys pooled by level, or skipped", "Pyramid Sparse Attention (PSA)", kPyramid,
             R"({"pyramid": {"block": 16, "levels": [{"pool": 1, "share": 0.1}, {"pool": 4, "share": 0.25}]}})", "256"},
    KindInfo{"token_subset", "Attention among some of the tokens, gathered", "Token Sparse Attention, SpAtten", kTokenSubset,
             R"({"token_subset": {"keep": 0.25, "inner": {"dense": {"causal": true}}}})", "256"},
    KindInfo{"permuted", "A pattern that holds after the tokens have been reordered",
             "PBS-Attn, S2O, DraftAttention, SVG-EAR", kPermuted,
             R"({"permuted": {"permutation": {"seed": 1, "segment": 64}, "inner": {"sliding_window": {"window": 32, "causal": false}}}})",
             "256"},
    KindInfo{"union", "Visible where one of its parts is: a list of patterns", "the branches of NSA; the heads of a KV group", {},
             R"({"union": [{"sliding_window": {"window": 32}}, {"strided": {"block": 8, "stride": 4}}]})", "256"},
    KindInfo{"reuse", "The selection of an earlier layer", "HyLRA, IndexCache, DELTA, Kascade", kReuse,
             R"({"reuse": {"layer": 2, "pattern": {"sliding_window": {"window": 64}}}})", "256"},
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

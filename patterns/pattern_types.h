// SPDX-License-Identifier: Apache-2.0
// The kinds of patterns as plain data. kinds.cc explains every field; docs/formats.md, "Patterns", fixes the semantics.
// Positions are token indices in flat order (row-major over the grid), and a query stands at the position of its own token.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/provenance.h"

namespace spanwise::patterns {

// Sizes along the axes of a token layout, slowest first: {n}, {height, width} or {time, height, width}.
using Lengths = std::vector<std::int64_t>;

struct Dense {
  bool causal = false;
  bool operator==(const Dense&) const = default;
};

// Causal: query at position p sees keys [p - window + 1, p] and keys [0, sinks), each once, none after p; with a block
// of b, window and sinks are multiples of b and all queries of a block see from where the window of its last one begins.
// Not causal: the window splits as Neighborhood does; keys [0, sinks) are visible too; block is 1.
struct SlidingWindow {
  std::int64_t window = 1;
  std::int64_t sinks = 0;
  bool causal = true;
  std::int64_t block = 1;
  bool operator==(const SlidingWindow&) const = default;
};

// Generalized neighborhood attention (arXiv 2504.16922) over 1 to 3 axes; all vectors have one entry an axis.
// Needs window * dilation <= axis length and 1 <= stride <= window. A pair is visible when it is on every axis.
struct Neighborhood {
  Lengths window;
  Lengths stride;
  Lengths dilation;
  std::vector<bool> causal;
  bool operator==(const Neighborhood&) const = default;
};

// S2-Attention (arXiv 2407.17678): query block i sees key block j when |i - j| < local or j mod stride = phase; causal:
// no key after the query.
struct Strided {
  std::int64_t block = 1;   // tokens
  std::int64_t local = 1;   // blocks, the query's own included
  std::int64_t stride = 1;  // blocks
  std::int64_t phase = 0;   // blocks, below stride
  bool causal = true;
  bool operator==(const Strided&) const = default;
};

// PowerAttention (arXiv 2503.03588): query block i sees key block j when |i - j| < window, |i - j| is a power of two or
// j < sinks; causal: no key after the query.
struct Power {
  std::int64_t block = 1;   // tokens
  std::int64_t window = 1;  // blocks, the query's own included
  std::int64_t sinks = 0;   // blocks
  bool causal = true;
  bool operator==(const Power&) const = default;
};

// Whose word a content-dependent pattern is.
struct Stated {
  core::Basis basis = core::Basis::kAssumed;  // measured or assumed
  std::string source;
  bool operator==(const Stated&) const = default;
};

// Places of a line: listed, or only how many there are.
struct Places {
  std::vector<std::int64_t> at;  // ascending, distinct
  std::int64_t count = 0;        // at.size() when listed
  bool listed() const { return count == static_cast<std::int64_t>(at.size()); }
  bool operator==(const Places&) const = default;
};

// MInference (arXiv 2407.02490): a query at position p sees the keys in `columns` and those at p - d for d in
// `diagonals`; causal: no key after itself.
struct VerticalSlash {
  Places columns;
  Places diagonals;
  bool causal = true;
  Stated from;
  bool operator==(const VerticalSlash&) const = default;
};

// Which units each row of queries sees: row r has units[first[r]] to units[first[r + 1] - 1], ascending and distinct.
struct UnitRows {
  std::vector<std::size_t> first{0};
  std::vector<std::int64_t> units;
  std::size_t rows() const { return first.size() - 1; }
  bool operator==(const UnitRows&) const = default;
};

// A selection that is known unit by unit. Rows belong to the blocks of queries; fewer rows than blocks are the last
// ones, and queries before them see nothing.
struct Selection {
  std::shared_ptr<const UnitRows> rows;  // never empty
  std::string file;                      // where the rows were read from; empty: they stand in the pattern
  bool operator==(const Selection& other) const { return file == other.file && *rows == *other.rows; }
};

// max(1, round(density * blocks)) key blocks a row, of those up to the row's own where the mask is causal, drawn by
// the documented generator (docs/formats.md, "Random numbers").
struct RandomBlocks {
  double density = 0;
  std::uint64_t seed = 0;
  bool operator==(const RandomBlocks&) const = default;
};

// One of selection, row_blocks and random is given.
struct BlockMask {
  std::int64_t q_block = 1;   // tokens
  std::int64_t kv_block = 1;  // tokens
  std::optional<Selection> selection;
  std::vector<std::int64_t> row_blocks;  // how many key blocks each row sees
  std::optional<RandomBlocks> random;
  bool causal = false;
  Stated from;
  bool operator==(const BlockMask&) const = default;
};

enum class Unit { kToken, kPage, kBlock, kRegion, kCluster, kSpan };
enum class SharedBy { kHead, kGroup, kLayer };

// A selector picks units of keys for each block of queries: NSA, MoBA, SeerAttention, DSA, ... One of top_k and density
// says how many, or a selection which ones; forced units count among the kept.
struct Routed {
  Unit unit = Unit::kBlock;
  std::int64_t unit_size = 1;  // tokens
  std::int64_t q_block = 1;    // queries that share a selection
  std::optional<std::int64_t> top_k;
  std::optional<double> density;  // share of the visible units
  std::optional<double> mass;     // the threshold behind the density, for the reader
  double spread = 0;              // standard deviation of the kept units of a row
  double overlap = 0;             // share of a row's kept units that the next row keeps as well
  std::int64_t sinks = 0;         // forced first units
  std::int64_t local = 0;         // forced last units, the query's own included
  SharedBy shared_by = SharedBy::kGroup;
  std::string selector;  // a word for the reader
  std::optional<Selection> selection;
  bool causal = false;
  Stated from;
  bool operator==(const Routed&) const = default;
};

struct PyramidLevel {
  std::int64_t pool = 1;  // keys that are averaged into one
  double share = 0;       // of the visible blocks
  bool operator==(const PyramidLevel&) const = default;
};

// Pyramid sparse attention: a pair of blocks is computed with pooled keys of some level, or skipped.
struct Pyramid {
  std::int64_t q_block = 1, kv_block = 1;
  std::vector<PyramidLevel> levels;  // ascending by pool; shares add up to at most 1
  bool packed = false;               // pooled blocks share tiles
  bool causal = false;
  Stated from;
  bool operator==(const Pyramid&) const = default;
};

struct PatternNode;

// A pattern inside another one; copies share it.
class SubPattern {
 public:
  SubPattern() = default;
  explicit SubPattern(PatternNode node);
  const PatternNode& node() const { return *node_; }
  explicit operator bool() const { return node_ != nullptr; }
  bool operator==(const SubPattern& other) const;

 private:
  std::shared_ptr<const PatternNode> node_;
};

// Attention among a subset of the tokens, gathered: the inner pattern holds on their ranks. Other queries and keys see
// nothing and are seen by nobody.
struct TokenSubset {
  std::optional<double> density;  // kept share of the tokens
  Places keep;                    // without a density
  std::string file;               // where keep was read from
  SubPattern inner;
  Stated from;
  bool operator==(const TokenSubset&) const = default;
};

// order[i] is the token at place i after the permutation.
struct Permutation {
  enum class Form { kUnknown, kListed, kRandom };
  Form form = Form::kUnknown;
  std::vector<std::int64_t> order;
  std::string file;
  std::uint64_t seed = 0;
  std::int64_t segment = 0;  // tokens that are shuffled among themselves; 0: all
  bool operator==(const Permutation&) const = default;
};

// The inner pattern holds on the places of keys (and queries unless keys_only) after the permutation; causal: no key
// after the query in the order before it either.
struct Permuted {
  Permutation permutation;
  bool keys_only = false;
  bool causal = false;
  SubPattern inner;
  bool operator==(const Permuted&) const = default;
};

// Visible where one of its parts is: what the heads of a KV group keep together, or the branches of NSA.
struct Union {
  std::vector<SubPattern> parts;  // at least one
  bool operator==(const Union&) const = default;
};

// The selection of an earlier layer; cannot be counted without its pattern.
struct Reuse {
  std::int64_t layer = 0;
  SubPattern pattern;  // may be absent
  bool operator==(const Reuse&) const = default;
};

}  // namespace spanwise::patterns

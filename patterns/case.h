// SPDX-License-Identifier: Apache-2.0
// A Case is one kernel or operator at one shape. The runner's request, a row of `predict`, a suite's entry, a row of
// the store and a row of `calibrate --from` are all a Case (docs/formats.md, "Case").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/documents/document.h"
#include "core/dtype.h"
#include "core/result.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

enum class Phase { kPrefill, kDecode };
enum class Tiling { kStatic, kDynamic, kFlat };  // see tile_count.h
enum class Cache { kWarm, kCold };
enum class Regime { kBurst, kSustained };

std::string_view name(Phase phase);
std::string_view name(Tiling tiling);
std::string_view name(Cache cache);
std::string_view name(Regime regime);
std::span<const std::string> tiling_names();

struct Case {
  std::string op = "attention";
  std::string kernel;  // empty: the runner's or the machine's choice
  Phase phase = Phase::kPrefill;
  std::int64_t batch = 1;
  std::int64_t q_len = 1;   // tokens, extra ones included
  std::int64_t kv_len = 1;  // tokens, extra ones included
  Lengths tokens;           // the grid; empty: one axis of kv_len tokens. kv_len - volume(tokens) are extra tokens
  std::int64_t q_heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t head_dim = 128;
  std::int64_t head_dim_v = 128;
  core::DType dtype = core::DType::kBf16;
  core::DType kv_dtype = core::DType::kBf16;
  bool causal = false;  // what an absent pattern means: dense with this flag. As read: is_causal(pattern)
  Pattern pattern = Dense{};
  Lengths q_tile;   // empty: the kernel's own
  Lengths kv_tile;
  Tiling tiling = Tiling::kFlat;
  std::int64_t page = 0;  // tokens of a KV page; 0: contiguous
  std::vector<std::int64_t> q_lens, kv_lens;  // ragged batches; empty: every sequence has q_len, kv_len
  Cache cache = Cache::kWarm;
  Regime regime = Regime::kBurst;
  std::string params = "{}";  // JSON object, for other ops
  std::uint64_t seed = 0;  // below 2^63 in documents

  // The grid, with its default filled in.
  Lengths grid() const { return tokens.empty() ? Lengths{kv_len} : tokens; }
  std::int64_t extra_tokens() const { return tokens.empty() ? 0 : kv_len - volume(tokens); }

  bool operator==(const Case&) const = default;
};

// Strict: unknown fields, wrong types and contradictions (heads that do not divide, a pattern that does not fit) are
// errors at their place. Absent fields take the defaults above, but for those that follow from others:
//   kv_len      the volume of `tokens`, else the longest of `kv_lens`, else q_len
//   q_len       the longest of `q_lens`, else 1 in decode and kv_len in prefill
//   kv_heads    q_heads
//   head_dim_v  head_dim
//   kv_dtype    dtype
// An attention case needs one of q_len, kv_len, tokens. q_len may exceed kv_len for dense patterns and for causal
// windows (rows before the first key see nothing) over one axis; elsewhere queries are tokens of the layout.
Case read_case(const documents::Node& node, documents::Context& context);
core::Result<Case> parse_case(const std::string& json, std::string file = "case");

// One line of JSON that read_case() reads back: lengths, heads, head_dim and dtype always, other fields where they
// differ from their default. Equal cases give equal text.
std::string to_json(const Case& value);

}  // namespace spanwise::patterns

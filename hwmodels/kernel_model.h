// SPDX-License-Identifier: Apache-2.0
// What a kernel is, whatever machine it runs on: its tiles, what it can run, how it hands out work. These facts matter
// more for its time than the micro-architecture does; the constants in cycles belong to the machine (machine.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/result.h"
#include "patterns/case.h"

namespace spanwise::hwmodels {

enum class MaskPolicy {
  kPartialTiles,  // mask code runs on partial tiles only
  kWholeProblem,  // on every tile unless no tile of the whole problem needs it (NATTEN)
};

enum class Schedule {
  kWaves,         // one block an item, in launch order
  kLongestFirst,  // items taken heaviest first by whichever processor is free
};

// Whether the rows of a query tile are (token, query head of the KV group) pairs, so that K and V are loaded once for
// the whole group, instead of tokens of one head.
enum class PackGroup {
  kNever,
  kAlways,
  kShort,  // when all rows of a KV group fit one query tile, as in decode
};

// Into how many parts a kernel cuts a long row of keys so that idle processors help (sim/split_rule.h).
enum class SplitRule {
  kBest,          // not known: the fastest power of two
  kFullestWaves,  // FlashAttention-2
  kEvenShares,    // FlashAttention-3 for sequences of different lengths
};

struct KernelTile {
  std::int64_t max_head_dim = 0;  // of the largest head dim this row serves
  patterns::Lengths q_tile;       // one length for flat tiling, one an axis for static
  patterns::Lengths kv_tile;
};

struct KernelModel {
  std::string name;
  std::string summary;
  std::string source;
  std::vector<std::string> patterns;  // kinds: dense, sliding_window, neighborhood
  std::vector<patterns::Phase> phases;
  std::vector<core::DType> dtypes;
  patterns::Tiling tiling = patterns::Tiling::kFlat;
  std::int64_t row_step = 0;      // a query tile with fewer rows costs its rows rounded up to this; 0: always all rows
  std::vector<KernelTile> tiles;  // several rows for one head dim are alternatives: the fastest is taken
  PackGroup pack_group = PackGroup::kNever;
  bool sinks = true;              // windows may have sink tokens
  bool split_kv = false;          // long rows may be cut over idle processors, with a combining step
  std::int64_t split_slots = 1;   // items a processor holds at once, as the rule for cutting rows counts them
  SplitRule split_rule = SplitRule::kBest;
  // A group's heads become rows by swapping axes, for one query a sequence: queries and outputs of more than one sequence and KV head are copied, and
  // only such calls cut rows. FlashAttention-2 with sequences of different lengths.
  bool swaps_groups = false;
  bool shared_kv = false;         // V is the first head_dim_v values of K (absorbed latent attention), for one KV head alone
  bool reorders_tokens = false;   // needs Q, K, V, O permuted into boxes before and after (static tiling)
  MaskPolicy mask = MaskPolicy::kPartialTiles;
  Schedule schedule = Schedule::kLongestFirst;

  bool runs(const patterns::Case& shape) const;  // pattern kind, phase, dtype, axes and head dim
};

core::Result<KernelModel> read_kernel_model(const std::filesystem::path& path);

}  // namespace spanwise::hwmodels

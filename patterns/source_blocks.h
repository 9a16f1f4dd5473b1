// SPDX-License-Identifier: Apache-2.0
// Patterns made of blocks: all queries of a block see the same key blocks, cut at themselves where the mask is causal.
#pragma once

#include "patterns/key_source.h"

namespace spanwise::patterns {

struct BlockGrid {
  std::int64_t tokens = 0;
  std::int64_t q_block = 1;
  std::int64_t kv_block = 1;
  bool causal = false;

  std::int64_t q_blocks() const { return core::ceil_div(tokens, q_block); }
  std::int64_t kv_blocks() const { return core::ceil_div(tokens, kv_block); }
  // Key blocks with a key that the last query of the row may see.
  std::int64_t visible_blocks(std::int64_t row) const {
    return causal ? core::ceil_div(std::min((row + 1) * q_block, tokens), kv_block) : kv_blocks();
  }
};

class BlockSource : public KeySource {
 public:
  explicit BlockSource(BlockGrid grid) : grid_(grid) {}
  void look(Interval queries, TileKeys& keys) const override { look_blocks(queries, {0, grid_.tokens}, keys); }
  void look_within(Interval queries, Interval within, TileKeys& keys) const override;
  double tile_steps(std::int64_t queries) const override {
    return static_cast<double>(queries / grid_.q_block + 1) * intervals_per_row();
  }
  double pair_steps(Interval queries) const override {
    return static_cast<double>(queries.size() / grid_.q_block + 2) * intervals_per_row();
  }

 protected:
  core::Count run_pairs(Interval queries) const override;
  // The tokens of the key blocks of a row, causality aside; blocks without a token of `within` may be left out.
  virtual void row_tokens(std::int64_t row, Interval within, IntervalSet& tokens) const = 0;
  void look_blocks(Interval queries, Interval within, TileKeys& keys) const;
  void add_blocks(Interval blocks, IntervalSet& tokens) const {
    append(tokens, {blocks.begin * grid_.kv_block, std::min(blocks.end * grid_.kv_block, grid_.tokens)});
  }

  BlockGrid grid_;
};

class StridedSource : public BlockSource {
 public:
  StridedSource(const Strided& pattern, std::int64_t tokens)
      : BlockSource({tokens, pattern.block, pattern.block, pattern.causal}), pattern_(pattern) {}
  double intervals_per_row() const override {
    return static_cast<double>(grid_.kv_blocks()) / static_cast<double>(pattern_.stride) + 2;
  }
  std::optional<Repeat> repeat() const override;

 private:
  void row_tokens(std::int64_t row, Interval within, IntervalSet& tokens) const override;
  Strided pattern_;
};

class PowerSource : public BlockSource {
 public:
  PowerSource(const Power& pattern, std::int64_t tokens)
      : BlockSource({tokens, pattern.block, pattern.block, pattern.causal}), pattern_(pattern) {}
  double intervals_per_row() const override { return 82; }  // powers of two below 2^40 on both sides, window and sinks

 private:
  void row_tokens(std::int64_t row, Interval within, IntervalSet& tokens) const override;
  Power pattern_;
};

class ListSource : public BlockSource {
 public:
  ListSource(const Selection& selection, BlockGrid grid) : BlockSource(grid), rows_(selection.rows) {}
  double intervals_per_row() const override {
    return static_cast<double>(rows_->units.size()) / static_cast<double>(grid_.q_blocks()) + 1;
  }

 private:
  void row_tokens(std::int64_t row, Interval within, IntervalSet& tokens) const override;
  std::shared_ptr<const UnitRows> rows_;
};

// Draws a row when it is asked for: nothing is kept.
class RandomSource : public BlockSource {
 public:
  RandomSource(const BlockMask& mask, std::int64_t tokens)
      : BlockSource({tokens, mask.q_block, mask.kv_block, mask.causal}), random_(*mask.random) {}
  double intervals_per_row() const override {
    return random_.density * static_cast<double>(grid_.kv_blocks()) + 1;
  }

 private:
  void row_tokens(std::int64_t row, Interval within, IntervalSet& tokens) const override;
  RandomBlocks random_;
};

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
// Patterns made of others.
#pragma once

#include <memory>
#include <vector>

#include "patterns/key_source.h"

namespace spanwise::patterns {

class UnionSource : public KeySource {
 public:
  explicit UnionSource(std::vector<std::shared_ptr<const KeySource>> parts) : parts_(std::move(parts)) {}
  void look(Interval queries, TileKeys& keys) const override;
  void look_within(Interval queries, Interval within, TileKeys& keys) const override;
  std::optional<Repeat> repeat() const override;
  // A tile that no part shows whole to all may be seen by some queries through one part and by the rest through another.
  bool exact_all() const override { return false; }
  double intervals_per_row() const override;
  double tile_steps(std::int64_t queries) const override;
  double pair_steps(Interval queries) const override;

 protected:
  core::Count run_pairs(Interval queries) const override;

 private:
  core::Count pairs_with(Interval queries, const IntervalSet& keys) const;
  std::vector<std::shared_ptr<const KeySource>> parts_;
};

// A subset of the tokens in the order of the whole.
class SubsetSource : public KeySource {
 public:
  SubsetSource(std::vector<std::int64_t> kept, std::shared_ptr<const KeySource> inner);
  void look(Interval queries, TileKeys& keys) const override;
  double intervals_per_row() const override { return keys_per_row_; }
  double tile_steps(std::int64_t queries) const override { return static_cast<double>(queries) * intervals_per_row(); }

 private:
  IntervalSet keys_of(std::int64_t position) const;
  std::vector<std::int64_t> kept_;
  std::shared_ptr<const KeySource> inner_;
  double keys_per_row_;
};

// Which order the tokens of a permutation are held in.
enum class PermutedOrder { kBefore, kAfter };

// Permuted keys (and queries).
class PermutedSource : public KeySource {
 public:
  PermutedSource(const Permuted& pattern, std::int64_t tokens, std::shared_ptr<const KeySource> inner, PermutedOrder held);
  void look(Interval queries, TileKeys& keys) const override;
  double intervals_per_row() const override { return keys_per_row_; }
  double tile_steps(std::int64_t queries) const override { return static_cast<double>(queries) * intervals_per_row(); }

 private:
  IntervalSet keys_of(std::int64_t position) const;
  IntervalSet places_of(std::int64_t query) const;
  bool keys_only_, causal_;
  PermutedOrder held_;
  std::vector<std::int64_t> order_, place_;
  double keys_per_row_ = 0;
  std::shared_ptr<const KeySource> inner_;
};

}  // namespace spanwise::patterns

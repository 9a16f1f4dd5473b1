// SPDX-License-Identifier: Apache-2.0
#include "patterns/key_source.h"

#include <fmt/core.h>

#include <algorithm>

#include "patterns/interval_rule.h"
#include "patterns/overload.h"
#include "patterns/pair_count.h"
#include "patterns/periods.h"
#include "patterns/source_blocks.h"
#include "patterns/source_grid.h"
#include "patterns/source_nested.h"
#include "patterns/source_slash.h"

namespace spanwise::patterns {
namespace {

using SourceResult = core::Result<std::shared_ptr<const KeySource>>;

void assign(const Spans& spans, IntervalSet& set) {
  set.assign(spans.begin(), spans.end());
}

// Dense attention, sliding windows and undilated neighborhoods of one axis.
class WindowSource : public KeySource {
 public:
  explicit WindowSource(IntervalRule rule) : rule_(rule) {}

  void look(Interval queries, TileKeys& keys) const override {
    const TileSpans spans = rule_.spans(queries.begin, queries.end - 1);
    assign(spans.any, keys.any);
    assign(spans.all, keys.all);
  }
  std::optional<Repeat> repeat() const override;
  double intervals_per_row() const override { return 2; }
  double pair_steps(Interval) const override { return 1; }

 protected:
  core::Count run_pairs(Interval queries) const override { return visible_pairs(rule_, queries); }

 private:
  IntervalRule rule_;
};

std::optional<Repeat> WindowSource::repeat() const {
  const AxisWindow& axis = rule_.axis;
  // Everything, or everything up to the query.
  if (rule_.everywhere || (axis.causal && axis.window >= axis.length)) return Repeat{1, {0, kFarEnd}};
  const std::int64_t margin = axis.window + axis.stride;
  return Repeat{axis.stride, {margin + rule_.sinks, axis.causal ? kFarEnd : axis.length - margin}};
}

SourceResult of_parts(const std::vector<SubPattern>& parts, const Lengths& tokens) {
  std::vector<std::shared_ptr<const KeySource>> sources;
  for (const auto& part : parts) {
    auto source = key_source(part.node().value, tokens);
    if (!source) return source.error();
    sources.push_back(std::move(*source));
  }
  if (sources.size() == 1) return sources.front();
  return std::shared_ptr<const KeySource>(std::make_shared<UnionSource>(std::move(sources)));
}

// Positions of every token are kept.
core::Status check_order_fits(std::int64_t n) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  if (n <= kMost) return core::Done{};
  return core::fail(core::Fault::kInput, fmt::format("a permutation of {} tokens is too long to be held", n),
                    fmt::format("allowed: at most {} tokens", kMost));
}

SourceResult of_permuted(const Permuted& permuted, const Lengths& tokens, PermutedOrder held) {
  const std::int64_t n = volume(tokens);
  if (auto fine = check_order_fits(n); !fine) return fine.error();
  auto inner = key_source(permuted.inner.node().value, tokens);
  if (!inner) return inner.error();
  return std::shared_ptr<const KeySource>(std::make_shared<PermutedSource>(permuted, n, std::move(*inner), held));
}

SourceResult of_subset(const TokenSubset& subset) {
  auto inner = key_source(subset.inner.node().value, {subset.keep.count});
  if (!inner) return inner.error();
  return std::shared_ptr<const KeySource>(std::make_shared<SubsetSource>(subset.keep.at, std::move(*inner)));
}

// Repeats are not worth a look.
bool is_short(const KeySource& source, Interval queries) {
  return source.pair_steps(queries) <= 1000;
}

template <class Source, class... Arguments>
SourceResult made(Arguments&&... arguments) {
  return std::shared_ptr<const KeySource>(std::make_shared<Source>(std::forward<Arguments>(arguments)...));
}

}  // namespace

double KeySource::total_pair_steps(Interval queries) const {
  const auto repeat = this->repeat();
  if (!repeat || is_short(*this, queries)) return pair_steps(queries);
  const Periods walk = periods_in(queries, repeat->inner, repeat->period);
  const double ends = pair_steps({queries.begin, walk.begin}) + pair_steps({walk.end, queries.end});
  return walk.times == 0 ? ends : ends + 2 * pair_steps({walk.begin, walk.begin + walk.period});
}

void KeySource::look_within(Interval queries, Interval within, TileKeys& keys) const {
  look(queries, keys);
  keys.any = intersect(keys.any, {within});
  keys.all = intersect(keys.all, {within});
}

core::Count KeySource::pairs(Interval queries) const {
  const auto repeat = this->repeat();
  if (!repeat || is_short(*this, queries)) return run_pairs(queries);
  const Periods walk = periods_in(queries, repeat->inner, repeat->period);
  core::Count pairs = run_pairs({queries.begin, walk.begin}) + run_pairs({walk.end, queries.end});
  if (walk.times == 0) return pairs;
  const Interval second{walk.begin + walk.period, walk.begin + 2 * walk.period};
  const core::Count once = run_pairs({walk.begin, second.begin}), again = run_pairs(second);
  const auto times = static_cast<core::Count>(walk.times);
  // Never negative: later rows see no less.
  return pairs + times * once + times * (times - 1) / 2 * (again - once);
}

core::Count KeySource::run_pairs(Interval queries) const {
  core::Count pairs = 0;
  TileKeys keys;
  for (std::int64_t query = queries.begin; query < queries.end; ++query) {
    look({query, query + 1}, keys);
    pairs += static_cast<core::Count>(size(keys.any));
  }
  return pairs;
}

IntervalSet KeySource::row(std::int64_t position) const {
  TileKeys keys;
  look({position, position + 1}, keys);
  return std::move(keys.any);
}

// A key that two halves of the queries see in different ways is in neither `all`, so the halves are asked apart until
// nothing is left to ask.
IntervalSet KeySource::seen_by_all(Interval queries, IntervalSet wanted) const {
  if (wanted.empty()) return wanted;
  TileKeys keys;
  look_within(queries, {wanted.front().begin, wanted.back().end}, keys);
  wanted = intersect(wanted, keys.any);
  IntervalSet known = intersect(wanted, keys.all);
  const IntervalSet open = subtract(wanted, known);
  if (exact_all() || open.empty() || queries.size() == 1) return known;
  const std::int64_t middle = queries.begin + queries.size() / 2;
  IntervalSet left = seen_by_all({queries.begin, middle}, open);
  return left.empty() ? known : unite(known, seen_by_all({middle, queries.end}, std::move(left)));
}

core::Result<std::shared_ptr<const KeySource>> key_source(const Pattern& pattern, const Lengths& tokens) {
  const std::int64_t n = volume(tokens);
  if (const auto rule = interval_rule(pattern, tokens)) return made<WindowSource>(*rule);
  return std::visit(
      Overload{[&](const Neighborhood& p) { return made<GridSource>(axis_rules(p, tokens)); },
               [&](const Strided& p) { return made<StridedSource>(p, n); },
               [&](const Power& p) { return made<PowerSource>(p, n); },
               [&](const VerticalSlash& p) { return made<SlashSource>(p, n); },
               [&](const BlockMask& p) {
                 return p.random ? made<RandomSource>(p, n)
                                 : made<ListSource>(*p.selection, BlockGrid{n, p.q_block, p.kv_block, p.causal});
               },
               [&](const Routed& p) {
                 return made<ListSource>(*p.selection, BlockGrid{n, p.q_block, p.unit_size, p.causal});
               },
               [&](const TokenSubset& p) { return of_subset(p); },
               [&](const Permuted& p) { return of_permuted(p, tokens, PermutedOrder::kBefore); },
               [&](const Union& p) { return of_parts(p.parts, tokens); },
               [&](const Reuse& p) { return key_source(p.pattern.node().value, tokens); },
               [](const auto&) -> SourceResult {
                 return core::fail(core::Fault::kInternal, "a pattern without determined pairs has no keys");
               }},
      pattern);
}

core::Result<std::shared_ptr<const KeySource>> tiled_key_source(const Pattern& pattern, const Lengths& tokens) {
  const auto* permuted = std::get_if<Permuted>(&pattern);
  return permuted == nullptr ? key_source(pattern, tokens) : of_permuted(*permuted, tokens, PermutedOrder::kAfter);
}

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
// Whether a pattern fits a layout. Kinds without axes hold on the flat order of any layout.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/int128.h"
#include "patterns/overload.h"
#include "patterns/pattern.h"
#include "patterns/token_order.h"

namespace spanwise::patterns {
namespace {

core::Status unfit(std::string message, std::string hint = {}) {
  return core::fail(core::Fault::kInput, std::move(message), std::move(hint));
}

core::Status fits(const SlidingWindow& pattern, const Lengths& tokens) {
  const std::int64_t n = volume(tokens);
  if (!pattern.causal && pattern.window > n) {
    return unfit(fmt::format("the window of {} exceeds the {} tokens", pattern.window, n),
                 "a window that is not causal must fit the layout");
  }
  return core::Done{};
}

core::Status fits(const Neighborhood& pattern, const Lengths& tokens) {
  if (tokens.size() != pattern.window.size()) {
    return unfit(fmt::format("the neighborhood has {} axes, but the layout {} has {}", pattern.window.size(),
                             fmt::join(tokens, "x"), tokens.size()));
  }
  for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
    if (pattern.window[axis] <= tokens[axis] / pattern.dilation[axis]) continue;
    return unfit(fmt::format("window {} with dilation {} exceeds the {} tokens of axis {}",
                             pattern.window[axis], pattern.dilation[axis], tokens[axis], axis + 1),
                 "allowed: window * dilation <= tokens on every axis");
  }
  return core::Done{};
}

core::Status fits(const VerticalSlash& pattern, const Lengths& tokens) {
  const std::int64_t n = volume(tokens);
  for (const auto& [what, places] : {std::pair{"column", &pattern.columns}, std::pair{"diagonal", &pattern.diagonals}}) {
    const auto last = places->listed() ? (places->at.empty() ? -1 : places->at.back()) : places->count - 1;
    if (last >= n) return unfit(fmt::format("{} {} lies beyond the {} tokens", what, last, n));
  }
  return core::Done{};
}

core::Status selection_fits(const Selection& selection, std::int64_t q_block, std::int64_t unit, std::int64_t n) {
  const auto rows = core::ceil_div(n, q_block), units = core::ceil_div(n, unit);
  const auto given = static_cast<std::int64_t>(selection.rows->rows());
  if (given > rows) {
    return unfit(fmt::format("the selection has {} rows, but {} tokens have {} blocks of {} queries", given, n, rows, q_block));
  }
  const auto& list = selection.rows->units;
  const auto largest = std::max_element(list.begin(), list.end());
  if (largest == list.end() || *largest < units) return core::Done{};
  return unfit(fmt::format("the selection names unit {}, but {} tokens have {} units of {}", *largest, n, units, unit));
}

core::Status fits(const BlockMask& pattern, const Lengths& tokens) {
  const std::int64_t n = volume(tokens), rows = core::ceil_div(n, pattern.q_block), blocks = core::ceil_div(n, pattern.kv_block);
  if (pattern.selection) return selection_fits(*pattern.selection, pattern.q_block, pattern.kv_block, n);
  if (static_cast<std::int64_t>(pattern.row_blocks.size()) > rows) {
    return unfit(fmt::format("row_blocks has {} rows, but {} tokens have {} blocks of {} queries",
                             pattern.row_blocks.size(), n, rows, pattern.q_block));
  }
  const auto most = std::max_element(pattern.row_blocks.begin(), pattern.row_blocks.end());
  if (most == pattern.row_blocks.end() || *most <= blocks) return core::Done{};
  return unfit(fmt::format("row_blocks holds {}, but {} tokens have {} blocks of {} keys", *most, n, blocks, pattern.kv_block));
}

core::Status fits(const Routed& pattern, const Lengths& tokens) {
  if (!pattern.selection) return core::Done{};
  return selection_fits(*pattern.selection, pattern.q_block, pattern.unit_size, volume(tokens));
}

core::Status fits(const TokenSubset& pattern, const Lengths& tokens) {
  const std::int64_t n = volume(tokens), kept = kept_tokens(pattern, n);
  if (kept > n) return unfit(fmt::format("the token subset keeps {} of {} tokens", kept, n));
  if (!pattern.density && pattern.keep.listed() && pattern.keep.at.back() >= n) {
    return unfit(fmt::format("the token subset keeps token {}, beyond the {} tokens", pattern.keep.at.back(), n));
  }
  return check_fits(pattern.inner.node().value, {kept});
}

core::Status fits(const Permuted& pattern, const Lengths& tokens) {
  const auto& order = pattern.permutation.order;
  const std::int64_t n = volume(tokens);
  if (pattern.permutation.form == Permutation::Form::kListed) {
    if (static_cast<std::int64_t>(order.size()) != n) {
      return unfit(fmt::format("the permutation has {} tokens, but the layout {} has {}", order.size(), fmt::join(tokens, "x"), n));
    }
    const auto largest = *std::max_element(order.begin(), order.end());
    if (largest >= n) return unfit(fmt::format("the permutation names token {}, beyond the {} tokens", largest, n));
  }
  return check_fits(pattern.inner.node().value, tokens);
}

core::Status fits(const Union& pattern, const Lengths& tokens) {
  for (const auto& part : pattern.parts) {
    if (auto fine = check_fits(part.node().value, tokens); !fine) return fine;
  }
  return core::Done{};
}

core::Status fits(const Reuse& pattern, const Lengths& tokens) {
  return pattern.pattern ? check_fits(pattern.pattern.node().value, tokens) : core::Status(core::Done{});
}

template <class Kind>
core::Status fits(const Kind&, const Lengths&) {
  return core::Done{};
}

}  // namespace

core::Status check_fits(const Pattern& pattern, const Lengths& tokens) {
  return std::visit([&](const auto& p) { return fits(p, tokens); }, pattern);
}

}  // namespace spanwise::patterns

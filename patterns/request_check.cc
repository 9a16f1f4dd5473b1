// SPDX-License-Identifier: Apache-2.0
#include "patterns/request_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>

namespace spanwise::patterns {
namespace {

core::Status unfit(std::string message, std::string hint = {}) {
  return core::fail(core::Fault::kInput, std::move(message), std::move(hint));
}

// 1 to 3 positive lengths whose product is at most kMaxLength.
core::Status check_lengths(const char* what, const Lengths& lengths) {
  if (lengths.empty() || lengths.size() > 3)
    return unfit(fmt::format("{} has {} axes", what, lengths.size()), "1 to 3");
  std::int64_t product = 1;
  bool fits = true;
  for (const auto length : lengths) {
    if (length < 1) return unfit(fmt::format("{} {} has a length below 1", what, fmt::join(lengths, "x")));
    fits = fits && !__builtin_mul_overflow(product, length, &product) && product <= kMaxLength;
  }
  if (fits) return core::Done{};
  return unfit(fmt::format("{} {} has more than {} tokens", what, fmt::join(lengths, "x"), kMaxLength));
}

core::Status check_axes(const char* what, const Lengths& lengths, const Lengths& tokens) {
  if (lengths.size() == tokens.size()) return core::Done{};
  return unfit(fmt::format("{} {} has {} axes, but the layout {} has {}", what, fmt::join(lengths, "x"),
                           lengths.size(), fmt::join(tokens, "x"), tokens.size()));
}

// What the grammar guarantees of a pattern that was read from text.
core::Status check_parameters(const Pattern& pattern) {
  if (const auto* window = std::get_if<SlidingWindow>(&pattern)) {
    if (window->window >= 1 && window->window <= kMaxLength && window->sinks >= 0 &&
        window->sinks <= kMaxLength) {
      return core::Done{};
    }
    return unfit(
        fmt::format("a sliding window of {} with {} sinks is out of range", window->window, window->sinks));
  }
  if (const auto* rule = std::get_if<Neighborhood>(&pattern)) {
    const std::size_t axes = rule->window.size();
    if (rule->stride.size() != axes || rule->dilation.size() != axes || rule->causal.size() != axes) {
      return unfit("window, stride, dilation and causal of a neighborhood need as many axes");
    }
    for (std::size_t axis = 0; axis < axes; ++axis) {
      if (rule->window[axis] >= 1 && rule->dilation[axis] >= 1 && rule->stride[axis] >= 1 &&
          rule->stride[axis] <= rule->window[axis]) {
        continue;
      }
      return unfit(fmt::format("axis {}: window {}, stride {}, dilation {}", axis + 1, rule->window[axis],
                               rule->stride[axis], rule->dilation[axis]),
                   "allowed: window >= 1, dilation >= 1, 1 <= stride <= window");
    }
  }
  return core::Done{};
}

core::Status check_extras(const CountRequest& request) {
  for (const auto& [what, extra, grid] :
       {std::tuple{"extra_kv_tokens", request.extra_kv_tokens, volume(request.tokens)},
        std::tuple{"extra_q_tokens", request.extra_q_tokens, volume(query_box(request))}}) {
    if (extra < 0) return unfit(fmt::format("{} is {}", what, extra), "allowed: 0 or more");
    if (extra > kMaxLength - grid)
      return unfit(fmt::format("{} {} makes more than {} tokens", what, extra, kMaxLength));
  }
  constexpr std::int64_t kMaxHeads = std::int64_t{1} << 20;
  if (request.group_heads < 1 || request.group_heads > kMaxHeads) {
    return unfit(fmt::format("group_heads is {}", request.group_heads),
                 fmt::format("allowed: 1 to {}", kMaxHeads));
  }
  if (request.group_heads > 1 && request.tiling != Tiling::kFlat) {
    return unfit("group_heads needs flat tiling",
                 "in static and dynamic tiling a query tile is a box of tokens of one head");
  }
  return core::Done{};
}

// Row-major indices of the box are consecutive in the grid: one token on the axes before some axis, all
// tokens on those behind it.
bool consecutive(const Lengths& box, const Lengths& tokens) {
  std::size_t axis = 0;
  while (axis < box.size() && box[axis] == 1) ++axis;
  for (++axis; axis < box.size(); ++axis) {
    if (box[axis] != tokens[axis]) return false;
  }
  return true;
}

core::Status check_queries(const CountRequest& request) {
  if (std::holds_alternative<Dense>(request.pattern) && !is_causal(request.pattern)) return core::Done{};
  if (request.q_tokens.empty() && request.q_offset.empty()) return core::Done{};  // the whole layout
  const Lengths box = query_box(request), offset = query_offset(request);
  const bool neighborhood = std::holds_alternative<Neighborhood>(request.pattern);
  const bool may_begin_before =
      box.size() == 1 && (std::holds_alternative<Dense>(request.pattern) || std::holds_alternative<SlidingWindow>(request.pattern));
  for (std::size_t axis = 0; axis < box.size(); ++axis) {
    if (offset[axis] <= request.tokens[axis] - box[axis] && (offset[axis] >= 0 || may_begin_before)) continue;
    return unfit(fmt::format("the queries {} at {} lie outside the layout {}", fmt::join(box, "x"),
                             fmt::join(offset, "x"), fmt::join(request.tokens, "x")));
  }
  if (neighborhood || consecutive(box, request.tokens)) return core::Done{};
  return unfit(
      fmt::format("a pattern over the flat order of {} needs consecutive queries, not a box of {}",
                  fmt::join(request.tokens, "x"), fmt::join(box, "x")));
}

// The tokens of a subset or permutation are those of the whole layout.
core::Status check_reordered(const CountRequest& request) {
  const auto* permuted = std::get_if<Permuted>(&request.pattern);
  const bool subset = std::holds_alternative<TokenSubset>(request.pattern);
  const bool moves_queries = subset || (permuted != nullptr && !permuted->keys_only);
  if (moves_queries && !request.q_tokens.empty() && request.q_tokens != request.tokens) {
    return unfit(fmt::format("a {} of some of the queries is not defined", kind_name(request.pattern)), "leave out q_tokens");
  }
  if (subset && request.extra_kv_tokens + request.extra_q_tokens > 0) {
    return unfit("a token_subset takes no extra tokens", "count them apart");
  }
  return core::Done{};
}

core::Status check_boxes(const CountRequest& request) {
  for (const auto& [what, tile] :
       {std::pair{"q_tile", &request.q_tile}, std::pair{"kv_tile", &request.kv_tile}}) {
    if (const auto axes = check_axes(what, *tile, request.tokens); !axes) return axes;
  }
  if (request.tokens.size() == 1 || !std::holds_alternative<TokenSubset>(request.pattern)) return core::Done{};
  return unfit(fmt::format("the tokens that a token_subset gathers from {} axes are a line and make no boxes", request.tokens.size()),
               "use flat tiling");
}

}  // namespace

Lengths query_box(const CountRequest& request) {
  return request.q_tokens.empty() ? request.tokens : request.q_tokens;
}

Lengths query_offset(const CountRequest& request) {
  Lengths offset(request.tokens.size());
  for (std::size_t axis = 0; axis < offset.size(); ++axis) offset[axis] = queries_on_axis(request, axis).begin;
  return offset;
}

std::int64_t flat_offset(const CountRequest& request) {
  const Lengths offset = query_offset(request);
  std::int64_t flat = 0;
  for (std::size_t axis = 0; axis < offset.size(); ++axis) flat = flat * request.tokens[axis] + offset[axis];
  return flat;
}

core::Status check_request(const CountRequest& request) {
  for (const auto& [what, lengths] :
       {std::pair{"tokens", &request.tokens}, std::pair{"q_tile", &request.q_tile},
        std::pair{"kv_tile", &request.kv_tile}}) {
    if (const auto fine = check_lengths(what, *lengths); !fine) return fine;
  }
  if (!request.q_tokens.empty()) {
    if (const auto fine = check_lengths("q_tokens", request.q_tokens); !fine) return fine;
    if (const auto axes = check_axes("q_tokens", request.q_tokens, request.tokens); !axes) return axes;
  }
  if (!request.q_offset.empty()) {
    if (const auto axes = check_axes("q_offset", request.q_offset, request.tokens); !axes) return axes;
    for (const auto at : request.q_offset) {
      if (at < -kMaxLength || at > kMaxLength) return unfit(fmt::format("q_offset {} is out of range", at));
    }
  }
  if (const auto fine = check_parameters(request.pattern); !fine) return fine;
  if (const auto fits = check_fits(request.pattern, request.tokens); !fits) return fits;
  if (const auto fine = check_reordered(request); !fine) return fine;
  if (const auto fine = check_extras(request); !fine) return fine;
  if (request.tiling != Tiling::kFlat) {
    if (const auto fine = check_boxes(request); !fine) return fine;
  }
  return check_queries(request);
}

}  // namespace spanwise::patterns

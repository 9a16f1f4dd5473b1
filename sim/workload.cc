// SPDX-License-Identifier: Apache-2.0
#include "sim/workload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "core/int128.h"

namespace spanwise::sim {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

const std::array<std::string, 2> kPhases = {"prefill", "decode"};
constexpr documents::IntegerRange kTokens{1, std::int64_t{1} << 40};
constexpr std::int64_t kMaxPasses = 16;

bool is_identifier(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// `count` passes, of which the i-th is pass(i), merged into at most kMaxPasses of equal parts; the last stands alone, as
// it is the one that is shown and validated.
template <class MakePass>
std::vector<Pass> sampled(std::int64_t count, MakePass pass) {
  std::vector<Pass> passes;
  const auto parts = std::min(count - 1, kMaxPasses - 1);
  for (std::int64_t part = 0; part < parts; ++part) {
    const auto first = (count - 1) * part / parts;
    const auto last = (count - 1) * (part + 1) / parts - 1;
    passes.push_back(pass((first + last) / 2));
    passes.back().times = static_cast<double>(last - first + 1);
  }
  passes.push_back(pass(count - 1));
  return passes;
}

// The grid, whose volume is at most 2^40.
patterns::Lengths read_tokens(const Node& node, Context& context) {
  auto tokens = documents::read_lengths(node, context, "workload.tokens", 3, kTokens).value_or(patterns::Lengths{1});
  core::Count volume = 1;
  for (const auto length : tokens) volume = core::saturating_multiply(volume, static_cast<core::Count>(length));
  if (volume <= static_cast<core::Count>(kTokens.high)) return tokens;
  context.error(node, "workload.tokens has more than 2^40 tokens");
  return {1};
}

std::vector<std::int64_t> read_sequences(MapReader& map) {
  std::vector<std::int64_t> lengths;
  for (const auto& item : map.list("lengths")) {
    lengths.push_back(documents::read_integer(item, map.context(), "workload.lengths", {1, 1 << 30}).value_or(1));
  }
  const auto* node = map.find("lengths");
  if (node != nullptr && (lengths.empty() || lengths.size() > 4096) && map.context().ok()) {
    map.context().error(*node, fmt::format("'workload.lengths' has {} sequences", lengths.size()), "allowed: 1 to 4096");
  }
  return lengths;
}

// A key that only has a meaning beside others, or without `rival`.
void refuse(MapReader& map, std::string_view key, bool allowed, std::string_view reason, std::string_view rival = {}) {
  const auto* node = map.find(key);
  if (node == nullptr || allowed) return;
  map.context().contradiction(*node, fmt::format("'workload.{}' {}", key, reason), "", rival.empty() ? nullptr : map.find(rival),
                              fmt::format("'{}' is given here", rival));
}

void read_shape(MapReader& map, Workload& workload) {
  const bool decode = workload.phase == patterns::Phase::kDecode;
  workload.lengths = read_sequences(map);
  if (!workload.lengths.empty()) {
    refuse(map, "tokens", false, "cannot stand beside 'lengths'", "lengths");
    refuse(map, "batch", false, "follows from 'lengths'", "lengths");
    for (const auto* key : {"extra_tokens", "q_len", "chunk", "new_tokens"}) {
      refuse(map, key, false, "cannot stand beside 'lengths'", "lengths");
    }
    workload.batch = static_cast<std::int64_t>(workload.lengths.size());
    workload.kv_len = *std::max_element(workload.lengths.begin(), workload.lengths.end());
    workload.q_len = decode ? 1 : workload.kv_len;
    return;
  }
  workload.batch = map.integer_or("batch", {1, 1 << 20}, 1);
  const auto* node = map.need("tokens");
  const auto tokens = node == nullptr ? patterns::Lengths{1} : read_tokens(*node, map.context());
  const auto extra = map.integer_or("extra_tokens", {0, 1 << 30}, 0);
  workload.kv_len = patterns::volume(tokens) + extra;
  if (tokens.size() > 1 || extra > 0) workload.tokens = tokens;
  const bool plain = workload.tokens.empty();
  refuse(map, "new_tokens", decode && plain, "needs phase: decode and a sequence");
  workload.new_tokens = map.integer_or("new_tokens", {1, 1 << 24}, 1);
  workload.kv_len += workload.new_tokens - 1;
  workload.q_len = map.integer_or("q_len", {1, workload.kv_len}, decode ? 1 : workload.kv_len);
  refuse(map, "chunk", !decode && plain && map.find("q_len") == nullptr, "needs phase: prefill, a sequence and no q_len");
  workload.chunk = map.integer_or("chunk", {1, workload.kv_len}, 0);
  if (workload.chunk > 0) workload.q_len = (workload.kv_len - 1) % workload.chunk + 1;
  if (!plain && workload.q_len != workload.kv_len) {
    const auto* at = map.find("q_len");
    map.context().error(at == nullptr ? map.node() : *at,
                        "a workload over a grid or with extra tokens needs q_len equal to all its tokens");
  }
}

}  // namespace

std::string print_tokens(std::int64_t tokens) {
  if (tokens >= 1 << 20 && tokens % (1 << 20) == 0) return fmt::format("{}M", tokens >> 20);
  if (tokens >= 1024 && tokens % 1024 == 0) return fmt::format("{}k", tokens >> 10);
  return fmt::format("{}", tokens);
}

std::vector<Pass> Workload::passes() const {
  if (chunk > 0) {
    return sampled((kv_len + chunk - 1) / chunk, [&](std::int64_t i) {
      const auto seen = std::min(kv_len, (i + 1) * chunk);
      return Pass{seen - i * chunk, seen, 1};
    });
  }
  return sampled(new_tokens, [&](std::int64_t i) { return Pass{q_len, kv_len - new_tokens + 1 + i, 1}; });
}

double Workload::batch_tokens(const Pass& pass) const {
  if (lengths.empty() || phase == patterns::Phase::kDecode) return static_cast<double>(batch) * static_cast<double>(pass.q_len);
  return static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}));
}

Workload Workload::downsampled(std::int64_t factor) const {
  if (factor == 1) return *this;
  auto smaller = *this;
  const auto extra = kv_len - patterns::volume(grid());
  auto size = grid();
  for (auto& length : size) length = (length + factor - 1) / factor;
  smaller.kv_len = smaller.q_len = patterns::volume(size) + extra;
  if (!tokens.empty()) smaller.tokens = size;
  return smaller;
}

std::string Workload::label() const {
  std::string text = patterns::volume(tokens) > 1 && !tokens.empty()
                         ? fmt::format("{}", fmt::join(tokens, "x"))
                         : fmt::format("{} {}{}", patterns::name(phase), lengths.empty() ? "" : "to ", print_tokens(kv_len - new_tokens + 1));
  if (!tokens.empty() && kv_len > patterns::volume(tokens)) text += fmt::format("+{}", kv_len - patterns::volume(tokens));
  if (new_tokens > 1) text += fmt::format(" +{}", print_tokens(new_tokens));
  if (chunk > 0) {
    text += fmt::format(" by {}", print_tokens(chunk));
  } else if (phase == patterns::Phase::kPrefill && q_len != kv_len) {
    text += fmt::format(" (last {})", print_tokens(q_len));
  }
  text += fmt::format(", b{}", batch);
  if (steps > 1) text += fmt::format(", {} steps", steps);
  return text;
}

Workload read_workload(const Node& node, Context& context) {
  MapReader map(node, context, "workload");
  Workload workload;
  workload.name = map.text("name");
  if (!workload.name.empty() && !is_identifier(workload.name)) {
    context.error(*map.find("name"), fmt::format("workload name '{}' must be lower-case letters, digits and '_'", workload.name));
  }
  workload.phase = static_cast<patterns::Phase>(map.choice("phase", kPhases));
  read_shape(map, workload);
  workload.steps = map.integer_or("steps", {1, 1'000'000}, 1);
  workload.dense_steps = map.integer_or("dense_steps", {0, workload.steps}, 0);
  map.finish();
  return workload;
}

std::string to_yaml(const Workload& w) {
  std::string text = fmt::format("name: {}, phase: {}", w.name, patterns::name(w.phase));
  if (!w.lengths.empty()) {
    text += fmt::format(", lengths: [{}]", fmt::join(w.lengths, ", "));
  } else if (w.chunk > 0) {
    text += fmt::format(", tokens: {}, chunk: {}, batch: {}", w.kv_len, w.chunk, w.batch);
  } else if (w.new_tokens > 1) {
    text += fmt::format(", tokens: {}, new_tokens: {}, batch: {}", w.kv_len - w.new_tokens + 1, w.new_tokens, w.batch);
  } else {
    const auto grid = w.grid();
    text += fmt::format(", tokens: {}", fmt::join(grid, "x"));
    if (w.kv_len != patterns::volume(grid)) text += fmt::format(", extra_tokens: {}", w.kv_len - patterns::volume(grid));
    text += fmt::format(", q_len: {}, batch: {}", w.q_len, w.batch);
  }
  if (w.steps > 1) text += fmt::format(", steps: {}, dense_steps: {}", w.steps, w.dense_steps);
  return text;
}

}  // namespace spanwise::sim

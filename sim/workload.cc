// SPDX-License-Identifier: Apache-2.0
#include "sim/workload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace spanwise::sim {
namespace {

const std::array<std::string, 2> kPhases = {"prefill", "decode"};
constexpr documents::IntegerRange kTokens{1, std::int64_t{1} << 40};

bool is_identifier(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string print_tokens(std::int64_t tokens) {
  if (tokens >= 1 << 20 && tokens % (1 << 20) == 0) return fmt::format("{}M", tokens >> 20);
  if (tokens >= 1024 && tokens % 1024 == 0) return fmt::format("{}k", tokens >> 10);
  return fmt::format("{}", tokens);
}

std::string Workload::label() const {
  std::string text = patterns::volume(tokens) > 1 && !tokens.empty()
                         ? fmt::format("{}", fmt::join(tokens, "x"))
                         : fmt::format("{} {}", patterns::name(phase), print_tokens(kv_len));
  if (!tokens.empty() && kv_len > patterns::volume(tokens)) text += fmt::format("+{}", kv_len - patterns::volume(tokens));
  if (phase == patterns::Phase::kPrefill && q_len != kv_len) text += fmt::format(" (last {})", print_tokens(q_len));
  text += fmt::format(", b{}", batch);
  if (steps > 1) text += fmt::format(", {} steps", steps);
  return text;
}

Workload read_workload(const documents::Node& node, documents::Context& context) {
  documents::MapReader map(node, context, "workload");
  Workload workload;
  workload.name = map.text("name");
  if (!workload.name.empty() && !is_identifier(workload.name)) {
    context.error(node, fmt::format("workload name '{}' must be lower-case letters, digits and '_'", workload.name));
  }
  workload.phase = static_cast<patterns::Phase>(map.choice("phase", kPhases));
  workload.batch = map.integer_or("batch", {1, 1 << 20}, 1);
  patterns::Lengths tokens = {1};
  const auto* tokens_node = map.need("tokens");
  if (tokens_node != nullptr) {
    tokens = documents::read_lengths(*tokens_node, context, "workload.tokens", 3, kTokens).value_or(tokens);
  }
  const auto extra = map.integer_or("extra_tokens", {0, 1 << 30}, 0);
  __extension__ typedef unsigned __int128 Wide;
  Wide volume = 1;
  for (const auto length : tokens) volume *= static_cast<Wide>(length);
  if (volume > static_cast<Wide>(kTokens.high)) {
    context.error(*tokens_node, "workload.tokens has more than 2^40 tokens");
    return workload;
  }
  workload.kv_len = patterns::volume(tokens) + extra;
  if (tokens.size() > 1 || extra > 0) workload.tokens = tokens;
  const bool decode = workload.phase == patterns::Phase::kDecode;
  workload.q_len = map.integer_or("q_len", {1, workload.kv_len}, decode ? 1 : workload.kv_len);
  workload.steps = map.integer_or("steps", {1, 1'000'000}, 1);
  workload.dense_steps = map.integer_or("dense_steps", {0, workload.steps}, 0);
  if (!workload.tokens.empty() && workload.q_len != workload.kv_len) {
    context.error(node, "a workload over a grid or with extra tokens needs q_len equal to all its tokens");
  }
  map.finish();
  return workload;
}

}  // namespace spanwise::sim

// SPDX-License-Identifier: Apache-2.0
#include "reports/plan_sentence.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "reports/numbers.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

// How long a list of layers may get before counts read better.
constexpr std::size_t kMaxRanges = 4;
constexpr std::size_t kMaxExceptions = 4;
constexpr std::size_t kMaxRulesInLayer = 3;

// A longer name would hide the sentence around it.
constexpr std::size_t kWordsWidth = 60;

std::string words_in_sentence(const PlanRule& rule) {
  return shorten(words_of(rule), kWordsWidth);
}

using Counts = std::vector<std::pair<std::int32_t, std::int64_t>>;  // (rule, heads), by rule

struct Range {
  std::int64_t first = 0, last = 0;
  Counts counts;
};

Counts count_rules(const std::int32_t* begin, const std::int32_t* end) {
  std::map<std::int32_t, std::int64_t> counts;
  for (const auto* rule = begin; rule != end; ++rule) ++counts[*rule];
  return {counts.begin(), counts.end()};
}

std::vector<Range> ranges_of(const HeadMap& map) {
  std::vector<Range> ranges;
  for (std::int64_t layer = 0; layer < map.layers; ++layer) {
    const auto* cells = map.rule.data() + layer * map.kv_heads;
    auto counts = count_rules(cells, cells + map.kv_heads);
    if (ranges.empty() || ranges.back().counts != counts) ranges.push_back({layer, layer, std::move(counts)});
    ranges.back().last = layer;
  }
  return ranges;
}

std::string print_layers(const Range& range) {
  return range.first == range.last ? fmt::format("{}", range.first)
                                   : fmt::format("{}-{}", range.first, range.last);
}

// "dense"; "dense on 2 heads, window 4096 on 6".
std::string print_rules(const Plan& plan, const Counts& counts, std::string_view heads) {
  if (counts.size() == 1) return words_in_sentence(plan.rules[counts.front().first]);
  std::vector<std::string> parts;
  for (const auto& [rule, count] : counts) {
    const auto amount = parts.empty() ? counted(count, heads) : fmt::format("{}", count);
    parts.push_back(fmt::format("{} on {}", words_in_sentence(plan.rules[rule]), amount));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string by_ranges(const Plan& plan, const std::vector<Range>& ranges, std::string_view heads) {
  if (ranges.size() == 1) {
    const auto layers = plan.map.layers;
    const auto whole = layers == 1   ? std::string("the only layer")
                       : layers == 2 ? std::string("both layers")
                                     : fmt::format("all {} layers", layers);
    return fmt::format("{} {}", whole, print_rules(plan, ranges.front().counts, heads));
  }
  std::vector<std::string> parts;
  for (const auto& range : ranges) {
    parts.push_back(fmt::format("{} {}", print_layers(range), print_rules(plan, range.counts, heads)));
  }
  const bool one_layer = ranges.front().first == ranges.front().last;
  return fmt::format("{} {}", one_layer ? "layer" : "layers", fmt::join(parts, "; "));
}

// "layers 0-1, 14, 31 dense; the other 28 window 4096"; empty when the exceptions are too many. From four
// ranges on there are at least two exceptions, as neighbours differ.
std::string by_exceptions(const Plan& plan, const std::vector<Range>& ranges, std::string_view heads) {
  std::map<Counts, std::int64_t> layers_with;
  for (const auto& range : ranges) layers_with[range.counts] += range.last - range.first + 1;
  const auto common = std::max_element(layers_with.begin(), layers_with.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<std::pair<Counts, std::vector<std::string>>> exceptions;  // in order of their first layer
  std::size_t pieces = 0;
  for (const auto& range : ranges) {
    if (range.counts == common->first) continue;
    auto found = std::find_if(exceptions.begin(), exceptions.end(),
                              [&](const auto& exception) { return exception.first == range.counts; });
    if (found == exceptions.end()) found = exceptions.insert(found, {range.counts, {}});
    found->second.push_back(print_layers(range));
    ++pieces;
  }
  if (pieces > kMaxExceptions) return {};
  std::vector<std::string> parts;
  for (const auto& [counts, layers] : exceptions) {
    parts.push_back(fmt::format("{} {}", fmt::join(layers, ", "), print_rules(plan, counts, heads)));
  }
  return fmt::format("layers {}; the other {} {}", fmt::join(parts, "; "), common->second,
                     print_rules(plan, common->first, heads));
}

// "of 640 KV heads 212 dense, 120 window 4096, 308 in 38 other rules".
std::string by_counts(const Plan& plan, std::string_view heads) {
  const auto& cells = plan.map.rule;
  auto counts = count_rules(cells.data(), cells.data() + cells.size());
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  std::int64_t rest = static_cast<std::int64_t>(cells.size());
  const std::size_t shown = counts.size() == 4 ? 4 : std::min<std::size_t>(counts.size(), 3);
  for (std::size_t i = 0; i < shown; ++i) {
    parts.push_back(fmt::format("{} {}", counts[i].second, words_in_sentence(plan.rules[counts[i].first])));
    rest -= counts[i].second;
  }
  if (shown < counts.size())
    parts.push_back(fmt::format("{} in {} other rules", rest, counts.size() - shown));
  return fmt::format("of {} {}", counted(static_cast<long long>(cells.size()), heads),
                     fmt::join(parts, ", "));
}

std::string layers_and_rules(const Plan& plan, std::string_view heads) {
  const auto ranges = ranges_of(plan.map);
  const bool few_rules = std::all_of(ranges.begin(), ranges.end(), [](const auto& range) {
    return range.counts.size() <= kMaxRulesInLayer;
  });
  if (!few_rules) return by_counts(plan, heads);
  if (ranges.size() < kMaxRanges) return by_ranges(plan, ranges, heads);
  const auto exceptions = by_exceptions(plan, ranges, heads);
  if (ranges.size() == kMaxRanges) {
    const auto listed = by_ranges(plan, ranges, heads);
    return exceptions.empty() || listed.size() <= exceptions.size() ? listed : exceptions;
  }
  return exceptions.empty() ? by_counts(plan, heads) : exceptions;
}

}  // namespace

const std::string& words_of(const PlanRule& rule) {
  return rule.words.empty() ? rule.name : rule.words;
}

std::string plan_sentence(const Plan& plan, std::string_view heads) {
  auto text = layers_and_rules(plan, heads);
  if (plan.break_even_tokens) {
    text += fmt::format("; sparse wins from {} tokens on", token_count(*plan.break_even_tokens));
  }
  return text;
}

std::string_view heads_word(const Header& header) {
  return header.kv_heads == header.q_heads ? "head" : "KV head";
}

}  // namespace spanwise::reports

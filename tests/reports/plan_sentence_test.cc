// SPDX-License-Identifier: Apache-2.0
#include "reports/plan_sentence.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace spanwise::reports;  // NOLINT: a test

namespace {

// Rules a, b, c, ...; rows of the map as strings of them, one a layer.
Plan plan_of(const std::vector<std::string>& rows) {
  Plan plan;
  for (char name = 'a'; name <= 'f'; ++name)
    plan.rules.push_back({std::string(1, name), "", "", false, {}, 0});
  plan.map.layers = static_cast<std::int64_t>(rows.size());
  plan.map.kv_heads = static_cast<std::int64_t>(rows.front().size());
  for (const auto& row : rows) {
    for (const char rule : row) plan.map.rule.push_back(rule - 'a');
  }
  return plan;
}

std::string sentence(const std::vector<std::string>& rows) {
  return plan_sentence(plan_of(rows), "KV head");
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (auto end = text.find(separator); end != text.npos; end = text.find(separator, start)) {
    parts.push_back(text.substr(start, end - start));
    start = end + separator.size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

// Reads "layers 0-1, 14 a; 2-3 b; the other 28 c" (one rule a layer, names of one letter) back to a letter a
// layer.
std::string read_back(std::string text, std::size_t layers) {
  if (text.starts_with("all ") || text.starts_with("both ") || text.starts_with("the only")) return std::string(layers, text.back());
  RC_ASSERT(text.starts_with("layer"));
  text.erase(0, text.find(' ') + 1);
  std::string rules(layers, '?');
  char other = 0;
  std::size_t others = 0;
  for (const auto& part : split(text, "; ")) {
    const char rule = part.back();
    if (part.starts_with("the other ")) {
      other = rule;
      others = std::stoul(part.substr(10));
      continue;
    }
    for (const auto& range : split(part.substr(0, part.size() - 2), ", ")) {
      const auto ends = split(range, "-");
      for (auto layer = std::stoul(ends.front()); layer <= std::stoul(ends.back()); ++layer) {
        RC_ASSERT(rules.at(layer) == '?');
        rules.at(layer) = rule;
      }
    }
  }
  RC_ASSERT(static_cast<std::size_t>(std::count(rules.begin(), rules.end(), '?')) == others);
  std::replace(rules.begin(), rules.end(), '?', other);
  return rules;
}

}  // namespace

TEST_CASE("a plan in words") {
  CHECK(sentence({"aa"}) == "the only layer a");
  CHECK(sentence({"aa", "aa"}) == "both layers a");
  CHECK(sentence({"aa", "bb"}) == "layer 0 a; 1 b");
  CHECK(sentence({"aa", "aa", "bb", "bb"}) == "layers 0-1 a; 2-3 b");
  CHECK(sentence({"ab", "ba"}) == "both layers a on 1 KV head, b on 1");
  CHECK(sentence({"aaa", "abb", "bab"}) == "layer 0 a; 1-2 a on 1 KV head, b on 2");
  CHECK(sentence({"a", "b", "a", "b"}) == "layer 0 a; 1 b; 2 a; 3 b");
  CHECK(sentence({"a", "b", "b", "b", "a", "b", "b", "a", "b"}) == "layers 0, 4, 7 a; the other 6 b");
  CHECK(sentence({"abcd", "abcd"}) == "of 8 KV heads 2 a, 2 b, 2 c, 2 d");
  CHECK(sentence({"abcde", "abbbf"}) == "of 10 KV heads 4 b, 2 a, 1 c, 3 in 3 other rules");
}

TEST_CASE("many short ranges are counted, not listed") {
  std::vector<std::string> rows;
  for (int layer = 0; layer < 12; ++layer) rows.push_back(layer % 2 == 0 ? "a" : "b");
  CHECK(sentence(rows) == "of 12 KV heads 6 a, 6 b");
}

TEST_CASE("words, break-even and length") {
  auto plan = plan_of({"a", "a", "b"});
  plan.rules[0].words = "dense";
  plan.rules[1].words = std::string(200, 'w');
  plan.break_even_tokens = 6144;
  CHECK(plan_sentence(plan, "head") ==
        "layers 0-1 dense; 2 " + std::string(57, 'w') + "...; sparse wins from 6k tokens on");
  Header header;
  header.q_heads = header.kv_heads = 24;
  CHECK(heads_word(header) == "head");
  header.kv_heads = 8;
  CHECK(heads_word(header) == "KV head");
}

TEST_CASE("what is listed by layers reads back as the map") {
  CHECK(rc::check("plan_sentence", [] {
    const auto layers = *rc::gen::inRange<std::size_t>(1, 40);
    const auto heads = *rc::gen::inRange<std::size_t>(1, 5);
    // Few changes of rule, so that most sentences list layers.
    std::string rules;
    while (rules.size() < layers) {
      const auto length = *rc::gen::inRange<std::size_t>(1, 20);
      rules.append(std::min(length, layers - rules.size()), *rc::gen::inRange<char>('a', 'd'));
    }
    std::vector<std::string> rows;
    for (const char rule : rules) rows.emplace_back(heads, rule);
    const auto text = sentence(rows);
    RC_CLASSIFY(text.starts_with("of "), "counted");
    if (!text.starts_with("of ")) RC_ASSERT(read_back(text, layers) == rules);
  }));
}

TEST_CASE("counts add up to the map") {
  CHECK(rc::check("plan_sentence, any map", [] {
    const auto layers = *rc::gen::inRange<std::size_t>(5, 30);
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < layers; ++i) {
      rows.push_back(*rc::gen::container<std::string>(5, rc::gen::inRange<char>('a', 'g')));
    }
    const auto text = sentence(rows);
    RC_PRE(text.starts_with("of "));
    std::map<char, std::size_t> counts;
    for (const auto& row : rows) {
      for (const char rule : row) ++counts[rule];
    }
    std::istringstream stream(text.substr(text.find("heads ") + 6));
    std::size_t sum = 0;
    for (std::string part; std::getline(stream, part, ',');) {
      const auto amount = std::stoul(part);
      const auto words = part.substr(part.find_first_of("abcdefi", part.find_first_of("0123456789")));
      if (words.size() == 1) RC_ASSERT(counts.at(words[0]) == amount);
      sum += amount;
    }
    RC_ASSERT(sum == layers * 5);
  }));
}

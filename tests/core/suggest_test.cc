// SPDX-License-Identifier: Apache-2.0
#include "core/suggest.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace spanwise::core {
namespace {

// The recursive definition, without a table: an oracle for short words.
std::size_t plain_distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  const auto best = std::min({plain_distance(a.substr(1), b) + 1, plain_distance(a, b.substr(1)) + 1,
                              plain_distance(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1)});
  const bool swapped = a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0];
  return swapped ? std::min(best, plain_distance(a.substr(2), b.substr(2)) + 1) : best;
}

TEST_CASE("edit distance counts insertions, deletions, changes and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("window", "windwo") == 1);
  CHECK(edit_distance("window", "widow") == 1);
  CHECK(edit_distance("kv_heads", "kv_head") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("Dense", "dense") == 0);
}

TEST_CASE("edit distance equals its definition on short words") {
  const auto word = rc::gen::resize(6, rc::gen::container<std::string>(rc::gen::inRange('a', 'd')));
  CHECK(rc::check([&] {
    const auto a = *word;
    const auto b = *word;
    RC_ASSERT(edit_distance(a, b) == plain_distance(a, b));
  }));
}

TEST_CASE("only something near is suggested") {
  const std::vector<std::string> words = {"dense", "sliding_window", "neighborhood"};
  CHECK(nearest("dens", words) == "dense");
  CHECK(nearest("neighbourhood", words) == "neighborhood");
  CHECK(nearest("slidingwindow", words) == "sliding_window");
  CHECK(nearest("sliding", words) == "sliding_window");
  CHECK(nearest("DENSE", words) == "dense");
  CHECK(nearest("xyz", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest("a", std::vector<std::string>{"b"}).empty());
  CHECK(nearest(std::string(100000, 'x'), words).empty());
}

TEST_CASE("a suggestion lists what is allowed") {
  const std::vector<std::string> words = {"warm", "cold"};
  CHECK(suggestion("wram", words) == "did you mean 'warm'? allowed: warm, cold");
  CHECK(suggestion("lukewarmish", words) == "allowed: warm, cold");
}

}  // namespace
}  // namespace spanwise::core

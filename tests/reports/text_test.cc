// SPDX-License-Identifier: Apache-2.0
#include "reports/text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace spanwise::reports;  // NOLINT: a test

namespace {

std::vector<std::string> words_of_text(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// nlohmann's writer refuses anything but UTF-8.
bool is_utf8(const std::string& text) {
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

const auto kWords = [] {
  return rc::gen::container<std::string>(
      rc::gen::weightedOneOf<char>({{4, rc::gen::inRange<char>('a', 'f')}, {1, rc::gen::just(' ')}}));
};

}  // namespace

TEST_CASE("ascii_only keeps one column a character and disarms escapes") {
  CHECK(ascii_only("plain text ~") == "plain text ~");
  CHECK(ascii_only("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") == "caf? ? ?");
  CHECK(ascii_only("a\tb\nc\r\x1b[31m\x7f") == "a b c ?[31m?");
  CHECK(ascii_only("\xff\xc3(") == "?\?(");
  CHECK(ascii_only("\xed\xa0\x80") == "???");  // a surrogate is three bad bytes
  CHECK(ascii_only(std::string_view("a\0b", 3)) == "a?b");
}

TEST_CASE("printable_utf8 replaces what HTML forbids") {
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(printable_utf8("caf\xc3\xa9\n\t<") == "caf\xc3\xa9\n\t<");
  CHECK(printable_utf8("\x1b\x7f\r\xc2\x85") == bad + bad + bad + bad);
  CHECK(printable_utf8("\xc0\xaf") == bad + bad);                      // overlong
  CHECK(printable_utf8("\xf4\x90\x80\x80") == bad + bad + bad + bad);  // beyond U+10FFFF
  CHECK(printable_utf8("\xef\xbf\xbe") == bad);                        // U+FFFE
  CHECK(printable_utf8("\xe2\x82") == bad);                            // cut short
}

TEST_CASE("any bytes become UTF-8 without controls, and good text stays") {
  CHECK(rc::check("printable_utf8", [](const std::string& bytes) {
    const auto text = printable_utf8(bytes);
    RC_ASSERT(is_utf8(text));
    RC_ASSERT(std::none_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    }));
    RC_ASSERT(printable_utf8(text) == text);
  }));
  CHECK(rc::check("ascii_only", [](const std::string& bytes) {
    const auto text = ascii_only(bytes);
    RC_ASSERT(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
    RC_ASSERT(text.size() <= bytes.size());
  }));
}

TEST_CASE("cut and shorten show that something is missing") {
  CHECK(cut("abcdef", 6) == "abcdef");
  CHECK(cut("abcdefg", 6) == "abc...");
  CHECK(cut("abcdefg", 2) == "ab");
  CHECK(shorten("caf\xc3\xa9", 4) == "caf\xc3\xa9");
  CHECK(shorten("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4) == "\xc3\xa9...");
}

TEST_CASE("wrap keeps every word and every width") {
  CHECK(wrap("", 10) == std::vector<std::string>{""});
  CHECK(wrap("one two  three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("abcdefgh ij", 3) == std::vector<std::string>{"abc", "def", "gh", "ij"});
  CHECK(wrap("aa bb cc", 8, 2) == std::vector<std::string>{"aa", "bb cc"});
  CHECK(rc::check("wrap", [] {
    const auto text = *kWords();
    const auto width = *rc::gen::inRange<std::size_t>(1, 40);
    std::string together;
    for (const auto& line : wrap(text, width)) {
      RC_ASSERT(line.size() <= width);
      together += line;
    }
    std::string expected;
    for (const auto& word : words_of_text(text)) expected += word;
    together.erase(std::remove(together.begin(), together.end(), ' '), together.end());
    RC_ASSERT(together == expected);
  }));
}

TEST_CASE("wrap_command can be copied into a shell") {
  CHECK(wrap_command("a b", 10) == std::vector<std::string>{"a b"});
  CHECK(wrap_command("spanwise validate plan.yaml --device \"ssh gpu runner\"", 30) ==
        std::vector<std::string>{"spanwise validate plan.yaml \\", "--device \"ssh gpu runner\""});
  CHECK(wrap_command("x 'a b' " + std::string(40, 'p'), 20) ==
        std::vector<std::string>{"x 'a b' \\", std::string(15, 'p') + "..."});
  CHECK(rc::check("wrap_command", [] {
    const auto text = *kWords();
    const auto width = *rc::gen::inRange<std::size_t>(12, 40);
    const auto words = words_of_text(text);
    RC_PRE(std::all_of(words.begin(), words.end(), [](const auto& word) { return word.size() <= 10; }));
    auto lines = wrap_command(text, width);
    std::string together;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      RC_ASSERT(lines[i].size() <= width || lines.size() == 1);
      const bool last = i + 1 == lines.size();
      RC_ASSERT(last || lines[i].ends_with(" \\"));
      together += last ? lines[i] : lines[i].substr(0, lines[i].size() - 1);
    }
    RC_ASSERT(words_of_text(together) == words);
  }));
}

TEST_CASE("counted takes care of the plural") {
  CHECK(counted(1, "layer") == "1 layer");
  CHECK(counted(0, "layer") == "0 layers");
  CHECK(counted(32, "KV head") == "32 KV heads");
}

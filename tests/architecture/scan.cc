// SPDX-License-Identifier: Apache-2.0
#include "tests/architecture/scan.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "tests/architecture/blank.h"

namespace spanwise::architecture {
namespace {

constexpr std::array<std::string_view, 5> kStreams = {"cout", "cerr", "clog", "stdout", "stderr"};
constexpr std::array<std::string_view, 7> kPrinters = {"printf", "fprintf", "vprintf", "vfprintf",
                                                       "puts",   "putchar", "perror"};
constexpr std::array<std::string_view, 5> kEnders = {"exit", "_Exit", "quick_exit", "abort", "assert"};

template <std::size_t n>
bool contains(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
std::string_view trim_left(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// An identifier with what stands around it: `fmt::print(` has the qualifier "fmt" and is called.
struct Word {
  std::string_view name;
  std::string_view qualifier;
  bool qualified = false;
  bool member = false;  // behind . or ->
  bool called = false;

  bool standard() const { return !member && (qualifier.empty() || qualifier == "std"); }
};

Word word_at(std::string_view text, std::size_t begin, std::size_t end) {
  Word word;
  word.name = text.substr(begin, end - begin);
  word.called = trim_left(text.substr(end)).starts_with('(');
  std::string_view before = trim_right(text.substr(0, begin));
  word.member = before.ends_with('.') || before.ends_with("->");
  word.qualified = before.ends_with("::");
  if (word.qualified) {
    before.remove_suffix(2);
    std::size_t from = before.size();
    while (from > 0 && is_word(before[from - 1])) --from;
    word.qualifier = before.substr(from);
  }
  return word;
}

bool prints(const Word& word) {
  if (word.name == "print" || word.name == "println") {
    return word.called && (word.qualifier == "fmt" || word.qualifier == "std");
  }
  if (!word.standard()) return false;
  return contains(kStreams, word.name) || (word.called && contains(kPrinters, word.name));
}

bool ends_process(const Word& word) {
  if (!word.called || !word.standard()) return false;
  return contains(kEnders, word.name) || (word.name == "terminate" && word.qualifier == "std");
}

}  // namespace

std::vector<Include> find_includes(std::string_view text) {
  std::vector<Include> includes;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    std::string_view rest = trim_left(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
    if (!rest.starts_with('#')) continue;
    rest = trim_left(rest.substr(1));
    if (!rest.starts_with("include")) continue;
    rest = trim_left(rest.substr(7));
    if (rest.empty() || (rest.front() != '"' && rest.front() != '<')) continue;
    const bool quoted = rest.front() == '"';
    rest.remove_prefix(1);
    includes.push_back({line, std::string(rest.substr(0, rest.find(quoted ? '"' : '>'))), quoted});
  }
  return includes;
}

std::vector<ForbiddenUse> find_forbidden_uses(std::string_view text) {
  std::vector<ForbiddenUse> uses;
  std::size_t line = 1;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_word(text[at])) {
      if (text[at] == '\n') ++line;
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    const Word word = word_at(text, at, end);
    if (prints(word))
      uses.push_back({line, std::string(word.name), "print", "return the text or a Diagnostic"});
    if (ends_process(word))
      uses.push_back(
          {line, std::string(word.name), "end the process", "return a Result or use core::ensure"});
    at = end;
  }
  return uses;
}

}  // namespace spanwise::architecture

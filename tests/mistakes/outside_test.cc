// SPDX-License-Identifier: Apache-2.0
// Mistakes on the command line and troubles of the world outside: the exit code, the words, and nothing on stdout.
#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>

#include "tests/cli/program.h"
#include "tests/mistakes/matrix.h"

using namespace spanwise;            // NOLINT: a test
using namespace spanwise::mistakes;  // NOLINT

namespace {

std::string replaced(std::string text, const std::string& word, const std::string& by) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) text.replace(at, word.size(), by);
  return text;
}

}  // namespace

TEST_CASE("the command line and the world outside are answered with the right code and words") {
  const testing::Program spanwise;
  const auto good = spanwise.at("good");
  std::filesystem::copy(testing::source_path("tests/mistakes/good"), good, std::filesystem::copy_options::recursive);
  const auto out = spanwise.at("out");
  std::filesystem::create_directories(out);
  std::size_t hints = 0, mistakes = 0;
  for (const auto& trouble : read_troubles()) {
    const auto words = replaced(replaced(trouble.arguments, "GOOD", good), "OUT", out);
    const auto outcome = spanwise(words, trouble.before);
    CAPTURE(trouble.error_class);
    CAPTURE(trouble.arguments);
    CAPTURE(outcome.err);
    CHECK(outcome.code == trouble.code);
    CHECK(outcome.err.find(trouble.says) != std::string::npos);
    if (trouble.code == 0) {
      CHECK(outcome.err.empty());
      continue;
    }
    CHECK(outcome.out.empty());
    if (!trouble.says.empty()) CHECK(outcome.err.find("error: ") != std::string::npos);
    if (trouble.code != 2) continue;
    ++mistakes;
    hints += outcome.err.find("  hint: ") != std::string::npos ? 1 : 0;
  }
  MESSAGE(mistakes, " mistakes at the command line, ", hints, " answered with a hint");
  CHECK(hints >= 20);
}

// SPDX-License-Identifier: Apache-2.0
// Bad input ends in one clear message, the right exit code and no half-written file.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/cli/program.h"

using namespace spanwise::testing;

namespace {

bool says(const Outcome& outcome, const std::string& words) { return outcome.err.find(words) != std::string::npos; }

std::size_t files_in(const std::string& folder) {
  std::error_code ignored;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) count += entry.is_regular_file() ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("usage mistakes name what was meant") {
  const Program spanwise;
  auto outcome = spanwise("paln llama");
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "did you mean 'plan'?"));
  outcome = spanwise("plan --hardwear local x");
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "did you mean '--hardware'?"));
  CHECK(spanwise("").code == 2);
  CHECK(spanwise("plan").code == 2);
  outcome = spanwise("plan llama-3.1-8b --limit attention=50% --limit attention=40% --validate none -o " + spanwise.at("two"));
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "'attention' is limited twice"));
}

TEST_CASE("missing and broken files") {
  const Program spanwise;
  auto outcome = spanwise("plan " + spanwise.at("nothing.yaml"));
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "nothing.yaml: error: cannot read"));
  outcome = spanwise("plan lama-3.1-8b");
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "did you mean 'llama-3.1-8b'?"));
  outcome = spanwise("plan llama-3.1-8b --hardware h20-sxm");
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "did you mean 'h200-sxm'?"));
  CHECK(says(outcome, "local"));

  const auto model = read_text(spanwise.small_model());
  const auto broken = [&](const std::string& from, const std::string& to) {
    auto text = model;
    return spanwise.write("broken.yaml", text.replace(text.find(from), from.size(), to));
  };
  outcome = spanwise("plan " + broken("kv_heads: 2", "kv_heads: 3"));
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "broken.yaml:7:51: error: kv_heads (3) must divide q_heads (4)"));
  CHECK(says(outcome, "^"));
  outcome = spanwise("plan " + broken("causal: true}", "causal: true"));
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "broken.yaml:"));
}

TEST_CASE("a limit that cannot be kept names itself and the nearest value") {
  const Program spanwise;
  const auto outcome = spanwise("plan " + spanwise.small_model() + " --validate none --limit attention=0.1% -o " + spanwise.at("tight"));
  CHECK(outcome.code == 1);
  CHECK(says(outcome, "attention at most 0.1 %"));
  CHECK(says(outcome, "--limit attention="));
  CHECK_FALSE(std::filesystem::exists(spanwise.at("tight") + "/plan.yaml"));
}

TEST_CASE("a disk that takes no more leaves no half-written file") {
  const Program spanwise;
  const auto folder = spanwise.at("full");
  // Through a pipe: the limit holds for the file that would take the messages too.
  const auto outcome = spanwise("plan " + spanwise.small_model() + " --validate none -o " + folder + " 2>&1; echo code=$? ) | cat",
                                "( ulimit -f 0;");
  CHECK(outcome.out.find("code=3") != std::string::npos);
  CHECK(outcome.out.find("cannot write") != std::string::npos);
  CHECK(files_in(folder) == 0);
}

TEST_CASE("an output folder that cannot be made is an environment error") {
  const Program spanwise;
  const auto file = spanwise.write("a_file", "x");
  const auto outcome = spanwise("plan " + spanwise.small_model() + " --validate none -o " + file + "/sub");
  CHECK(outcome.code == 3);
}

TEST_CASE("a closed pipe ends quietly") {
  const Program spanwise;
  const auto outcome = spanwise("--help | true");
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
}

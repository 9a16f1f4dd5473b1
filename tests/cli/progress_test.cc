// SPDX-License-Identifier: Apache-2.0
// What long work says of itself.
#include <doctest/doctest.h>

#include "cli/console.h"
#include "cli/progress.h"

using namespace spanwise::cli;  // NOLINT: a test

TEST_CASE("progress tells the share, the time that is left and what is next") {
  CHECK(progress_words("checking kernels", 2, 8, 4, "window4096 in decode") == "checking kernels 3/8, about 12 s left: window4096 in decode");
  CHECK(progress_words("checking kernels", 0, 8, 4, "dense in decode") == "checking kernels 1/8: dense in decode");
  CHECK(progress_words("searching", 0, 0, 4, "") == "searching");
}

TEST_CASE("words of a command line can be pasted into a shell again") {
  const char* words[] = {"plan", "my model.yaml", "--limit", "loss=0.1", "it's", ""};
  CHECK(shell_words(6, words) == "plan 'my model.yaml' --limit loss=0.1 'it'\\''s' ''");
}

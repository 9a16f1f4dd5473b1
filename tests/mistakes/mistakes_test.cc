// SPDX-License-Identifier: Apache-2.0
// Every planted mistake is answered at its line and column, in the words that its file holds, and nearly all with a hint.
// SPANWISE_UPDATE=1 writes the answers that are given now into the files: read the difference before you keep it.
#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/mistakes/matrix.h"
#include "tests/mistakes/mistake.h"
#include "tests/support/sample_files.h"

using namespace spanwise;            // NOLINT: a test
using namespace spanwise::mistakes;  // NOLINT

namespace {

std::string escaped_hint(const core::Diagnostic& diagnostic) {
  auto hint = diagnostic.hint;
  for (auto& c : hint) c = c == '\n' ? ' ' : c;
  return hint;
}

}  // namespace

TEST_CASE("the files are good before a mistake is planted") {
  for (const auto& kind : input_kinds()) {
    CAPTURE(kind.name);
    const auto read = kind.read(testing::source_path("tests/mistakes/good/" + kind.good).string());
    CHECK_MESSAGE(read, (read ? "" : place_and_message(read.error().front())));
  }
}

TEST_CASE("every planted mistake is answered at its place, in its words, with its hint") {
  const testing::TemporaryFolder folder;
  const bool update = std::getenv("SPANWISE_UPDATE") != nullptr;
  std::size_t count = 0, hints = 0;
  for (const auto& kind : input_kinds()) {
    auto mistakes = read_mistakes(kind.name);
    for (auto& mistake : mistakes) {
      CAPTURE(kind.name);
      CAPTURE(mistake.recipe);
      const auto read = kind.read(plant(kind, mistake, folder.path().string()));
      const auto answer = read ? std::string("good") : place_and_message(read.error().front());
      const auto hint = read ? std::string{} : escaped_hint(read.error().front());
      const auto note = read ? std::string{} : place_and_note(read.error().front());
      if (update) {
        mistake.note = note;
        mistake.answer = answer;
        mistake.hint = hint;
      }
      CHECK(answer == mistake.answer);
      CHECK(note == mistake.note);
      CHECK(hint == mistake.hint);
      CHECK(answer != "good");
      ++count;
      hints += hint.empty() ? 0 : 1;
    }
    if (update) write_mistakes(kind, mistakes);
  }
  MESSAGE(count, " mistakes, ", hints, " answered with a hint");
  CHECK(count >= 120);
  CHECK(hints >= 110);
}

TEST_CASE("the table of docs/errors.md is that of the tests") {
  const auto text = testing::read_text(testing::source_path("docs/errors.md"));
  const auto table = matrix();
  CHECK_MESSAGE(text.find(table) != std::string::npos, "docs/errors.md must hold this table:\n", table);
}

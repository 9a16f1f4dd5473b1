// SPDX-License-Identifier: Apache-2.0
// Good and bad files (tests/corpus/README.md): the reader finds every mistake at its place and says what would be right, and
// the JSON Schema agrees with the reader.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/documents/document.h"
#include "hwmodels/kernel_model.h"
#include "hwmodels/machine.h"
#include "measure/suite.h"
#include "patterns/tile_pairs.h"
#include "tests/support/sample_files.h"
#include "tests/support/schema_check.h"
#include "tuner/plan.h"
#include "tuner/problem.h"
#include "tuner/profile.h"

using namespace spanwise;

namespace {

enum class Verdict { kGood, kBad, kCross };

struct Change {
  std::string kind, base, title, text;  // `text` is the changed file
  Verdict verdict = Verdict::kGood;
  std::uint32_t line = 0, column = 0;   // of the mark; 0: the place is not asked for
  std::string message, fix;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string unescaped(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\n", at)) != std::string::npos; ++at) text.replace(at, 2, "\n");
  return text;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= line.size();) {
    const auto end = std::min(line.find(" |", start), line.size());
    parts.push_back(line.substr(start, end - start));
    start = end + 3;
  }
  return parts;
}

// The mark is taken out of the text and becomes a line and a column.
void take_mark(Change& change) {
  const auto at = change.text.find('^');
  if (at == std::string::npos) return;
  change.text.erase(at, 1);
  const auto line_start = change.text.rfind('\n', at == 0 ? 0 : at - 1);
  change.line = 1 + static_cast<std::uint32_t>(std::count(change.text.begin(), change.text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  change.column = static_cast<std::uint32_t>(line_start == std::string::npos ? at + 1 : at - line_start);
}

std::vector<Change> read_corpus(const std::string& kind) {
  std::istringstream lines(testing::read_text(testing::source_path("tests/corpus/" + kind + ".txt")));
  std::vector<Change> changes;
  std::string base;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("base: ", 0) == 0) {
      base = line.substr(6);
      continue;
    }
    const auto parts = cells(line);
    REQUIRE_MESSAGE(parts.size() >= 3, line);
    Change change;
    change.kind = kind;
    change.base = base;
    const auto verdict = trimmed(parts[0]);
    change.verdict = verdict == "good" ? Verdict::kGood : verdict == "bad" ? Verdict::kBad : Verdict::kCross;
    change.title = trimmed(parts[1]);
    const auto arrow = parts[2].find(" =>");
    REQUIRE_MESSAGE(arrow != std::string::npos, line);
    const auto from = unescaped(parts[2].substr(0, arrow));
    const auto to = unescaped(parts[2].size() > arrow + 4 ? parts[2].substr(arrow + 4) : "");
    change.text = testing::read_text(testing::source_path(base));
    const auto at = change.text.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, line);
    change.text.replace(at, from.size(), to);
    take_mark(change);
    if (parts.size() > 3) change.message = trimmed(parts[3]);
    if (parts.size() > 4) change.fix = trimmed(parts[4]);
    changes.push_back(std::move(change));
  }
  return changes;
}

// The errors of the reader; empty when it takes the file.
core::Diagnostics errors_of(const Change& change) {
  const testing::TemporaryFolder folder;
  const auto path = folder.write(change.kind == "hf" ? "config.json" : "file.yaml", change.text);
  const auto errors = [](const auto& result) { return result ? core::Diagnostics{} : result.error(); };
  if (change.kind == "machine") return errors(hwmodels::read_machine(path));
  if (change.kind == "kernel") return errors(hwmodels::read_kernel_model(path));
  if (change.kind == "suite") return errors(measure::read_suite(path));
  if (change.kind == "tiles") return errors(patterns::read_tile_pairs(path));
  if (change.kind == "plan") return errors(tuner::read_plan(path));
  if (change.kind == "problem") {
    const auto document = documents::read_document(path);
    return document ? errors(tuner::read_problem(*document)) : document.error();
  }
  if (change.kind != "profile") return errors(sim::read_model(path));
  const auto model = sim::read_model(testing::source_path("tests/corpus/model.yaml"));
  REQUIRE(model);
  return errors(tuner::read_profile(path, *model));
}

const std::vector<std::string> kKinds = {"model", "machine", "kernel", "profile", "plan", "suite", "tiles", "problem", "hf"};

}  // namespace

TEST_CASE("every mistake is found at its place, with what would be right") {
  int mistakes = 0, helped = 0;
  for (const auto& kind : kKinds) {
    for (const auto& change : read_corpus(kind)) {
      INFO(kind, ": ", change.title, "\n", change.text);
      const auto errors = errors_of(change);
      if (change.verdict == Verdict::kGood) {
        CHECK_MESSAGE(errors.empty(), (errors.empty() ? "" : errors.front().message));
        continue;
      }
      CHECK_FALSE(errors.empty());
      if (errors.empty()) continue;
      ++mistakes;
      const auto& first = errors.front();
      INFO("says ", first.place.line, ":", first.place.column, ": ", first.message, " / ", first.hint);
      CHECK(first.fault == core::Fault::kInput);
      CHECK(first.message.find(change.message) != std::string::npos);
      if (change.line > 0) {
        CHECK(first.place.line == change.line);
        CHECK(first.place.column == change.column);
      } else {
        CHECK(first.place.line > 0);
      }
      const bool helps = !change.fix.empty() && (first.message + " " + first.hint).find(change.fix) != std::string::npos;
      CHECK((helps || change.fix.empty()));
      helped += helps ? 1 : 0;
    }
  }
  CHECK(mistakes >= 120);
  CHECK(helped * 120 >= mistakes * 110);
}

TEST_CASE("schema and reader agree on good and bad files") {
  int files = 0;
  for (const auto& kind : kKinds) {
    if (kind == "hf") continue;
    const auto schema = testing::read_text(testing::source_path("configs/schema/" + kind + ".schema.json"));
    for (const auto& change : read_corpus(kind)) {
      if (change.verdict == Verdict::kCross) continue;  // a schema cannot compare two values
      INFO(kind, ": ", change.title, "\n", change.text);
      const auto document = documents::parse_yaml(change.text, "file.yaml");
      REQUIRE(document);
      const auto complaint = testing::schema_complaint(document->root, schema);
      CHECK_MESSAGE(complaint.empty() == (change.verdict == Verdict::kGood), complaint);
      ++files;
    }
  }
  CHECK(files >= 130);
}

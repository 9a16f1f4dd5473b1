// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostic.h"

#include <doctest/doctest.h>

namespace spanwise::core {
namespace {

Diagnostic at(std::uint32_t line, std::uint32_t column, std::string message, std::string hint = {}) {
  return {Fault::kInput, {"model.yaml", line, column}, std::move(message), std::move(hint)};
}

TEST_CASE("a place, the message, the line with a caret, and the hint") {
  const auto text = render(at(2, 3, "unknown key 'hed'", "did you mean 'head'?"), "model:\n  hed: 4\n");
  CHECK(text ==
        "model.yaml:2:3: error: unknown key 'hed'\n"
        "    2 |   hed: 4\n"
        "      |   ^\n"
        "  hint: did you mean 'head'?\n");
}

TEST_CASE("the other half of a contradiction is shown at its own place") {
  auto both = at(2, 1, "b must divide a", "for example 2");
  both.notes = {{{"model.yaml", 1, 4}, "a is given here"}, {{"other.yaml", 7, 2}, "and here"}};
  CHECK(render(both, "a: 8\nb: 3\n") ==
        "model.yaml:2:1: error: b must divide a\n"
        "    2 | b: 3\n"
        "      | ^\n"
        "  hint: for example 2\n"
        "model.yaml:1:4: note: a is given here\n"
        "    1 | a: 8\n"
        "      |    ^\n"
        "other.yaml:7:2: note: and here\n");
}

TEST_CASE("what is not known is left out") {
  CHECK(render(fail(Fault::kInput, "no device")) == "error: no device\n");
  CHECK(render(Diagnostic{Fault::kInput, {"a.csv", 0, 0}, "cannot read", ""}) ==
        "a.csv: error: cannot read\n");
  CHECK(render(at(9, 1, "gone"), "one line\n") == "model.yaml:9:1: error: gone\n");
  CHECK(render(at(1, 40, "beyond the line"), "short\n") == "model.yaml:1:40: error: beyond the line\n");
  CHECK(render(Diagnostics{at(1, 1, "a"), at(2, 1, "b")}) ==
        "model.yaml:1:1: error: a\nmodel.yaml:2:1: error: b\n");
}

TEST_CASE("columns count characters, and the caret stands under the one that is meant") {
  const auto text = render(at(1, 5, "here"), "\xc3\xa9: \xc3\xbcx\n");
  CHECK(text == "model.yaml:1:5: error: here\n    1 | \xc3\xa9: \xc3\xbcx\n      |     ^\n");
  CHECK(render(at(1, 2, "here"), "\tx\n") == "model.yaml:1:2: error: here\n    1 | \tx\n      | \t^\n");
  CHECK(render(at(1, 4, "the end"), "abc\r\n") ==
        "model.yaml:1:4: error: the end\n    1 | abc\n      |    ^\n");
}

TEST_CASE("a long line is cut around the column, between characters") {
  std::string line;
  for (int i = 0; i < 500; ++i) line += i == 299 ? "!" : "\xc3\xa9";
  const auto text = render(at(1, 300, "here"), line);
  const auto first = text.find("| ") + 2;
  const auto shown = text.substr(first, text.find('\n', first) - first);
  CHECK(shown.size() == 2 * 90 - 1);
  CHECK(shown.substr(0, 2) == "\xc3\xa9");
  const auto caret = text.substr(text.rfind("| ") + 2);
  CHECK(caret == std::string(70, ' ') + "^\n");
  CHECK(shown.substr(2 * 70, 1) == "!");
}

TEST_CASE("what users wrote cannot steer the terminal or break a message in two") {
  const auto text = render(at(1, 1, "bad '\x1b[31m\nx'", "a\x07"), "k: \x1b[31m\n");
  CHECK(text ==
        "model.yaml:1:1: error: bad '?[31m\\nx'\n"
        "    1 | k: ?[31m\n"
        "      | ^\n"
        "  hint: a?\n");
}

TEST_CASE("the worst fault decides the exit code") {
  const auto code = [](std::initializer_list<Fault> faults) {
    Diagnostics all;
    for (const auto fault : faults) all.push_back({fault, {}, "x", ""});
    return exit_code(all);
  };
  CHECK(code({Fault::kFinding}) == 1);
  CHECK(code({Fault::kInput, Fault::kFinding}) == 2);
  CHECK(code({Fault::kInput, Fault::kEnvironment}) == 3);
  CHECK(code({Fault::kEnvironment, Fault::kInternal}) == 70);
  CHECK(code({Fault::kInternal, Fault::kInterrupted, Fault::kInput}) == 130);
}

}  // namespace
}  // namespace spanwise::core

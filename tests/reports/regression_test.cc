// SPDX-License-Identifier: Apache-2.0
// What CI systems read: names and reasons with every character that means something there.
#include "reports/regression.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "markup.h"

using namespace spanwise::reports;

namespace {

const std::string kHardName = "blocks & \"tiles\" <q_len=4096>, 100 % | a:b*c\nnext";

RegressionRow row_of(const std::string& name, const std::string& verdict, bool failed) {
  RegressionRow row;
  row.name = name;
  row.verdict = verdict;
  row.reason = "ratio beyond 1 & above 2 %";
  row.ratio = 1.04;
  row.low = 1.031;
  row.high = 1.052;
  row.baseline_ms = 1.5;
  row.candidate_ms = 1.56;
  row.rounds = 11;
  row.set_aside = 1;
  row.failed = failed;
  return row;
}

Regression hard_regression() {
  Regression regression;
  regression.suite = "quick";
  regression.baseline = "old <build>";
  regression.candidate = "new & better";
  regression.rule = "slower: the interval excludes 1 and the ratio is at least 1.02.";
  regression.rows = {row_of("dense", "same", false), row_of("window", "ambiguous", false), row_of(kHardName, "slower", true)};
  return regression;
}

std::vector<std::string> report_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("JUnit is well-formed, with a failure for what failed and a skip for what is open") {
  const auto text = render_junit(hard_regression());
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  REQUIRE(text.rfind(declaration, 0) == 0);
  // The reader knows HTML: its own declaration, and no entity of a line break.
  auto html = "<!DOCTYPE html>\n" + text.substr(declaration.size());
  const std::string line_break = "&#10;";
  const auto at = html.find(line_break);
  REQUIRE(at != std::string::npos);
  html.replace(at, line_break.size(), " ");
  const auto document = markup::read(html);
  for (const auto& error : document.errors) FAIL_CHECK(error);
  const auto cases = document.named("testcase");
  REQUIRE(cases.size() == 3);
  CHECK(cases[2].attributes.at("name") == "blocks & \"tiles\" <q_len=4096>, 100 % | a:b*c next");
  CHECK(cases[2].attributes.at("time") == "0.001560");
  REQUIRE(document.named("failure").size() == 1);
  CHECK(document.named("failure")[0].attributes.at("message") == "slower: ratio beyond 1 & above 2 %");
  CHECK(document.named("skipped").size() == 1);
  const auto suite = document.named("testsuite").at(0).attributes;
  CHECK(suite.at("tests") == "3");
  CHECK(suite.at("failures") == "1");
  CHECK(suite.at("skipped") == "1");
}

TEST_CASE("annotations stay on their lines, errors first, warnings where nothing may fail") {
  const auto lines = report_lines(render_annotations(hard_regression(), true));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "::error title=quick / blocks & \"tiles\" <q_len=4096>%2C 100 %25 | a%3Ab*c%0Anext::slower: ratio beyond 1 & above 2 %25 "
                    "(ratio 1.040, 1.031 to 1.052)");
  CHECK(lines[1].rfind("::warning title=quick / window::ambiguous: ", 0) == 0);
  CHECK(report_lines(render_annotations(hard_regression(), false))[0].rfind("::warning ", 0) == 0);
  auto many = hard_regression();
  many.rows.assign(25, row_of("w", "slower", true));
  CHECK(report_lines(render_annotations(many, true)).size() == 10);
}

TEST_CASE("Markdown keeps a case in its row") {
  const auto lines = report_lines(render_markdown(hard_regression()));
  const auto columns = [](const std::string& line) {
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    return bars;
  };
  std::size_t rows = 0, bars = 0;
  for (const auto& line : lines) {
    if (line.rfind('|', 0) != 0) continue;
    if (rows++ == 0) bars = columns(line);
    CHECK(columns(line) == bars);
  }
  CHECK(rows == 2 + 3);
  CHECK(lines[0] == "### quick: new & better against old &lt;build>");
  CHECK(render_markdown(hard_regression()).find("a:b\\*c next") != std::string::npos);
}

TEST_CASE("JSON has the numbers of every case, the terminal has the worst first") {
  auto given = hard_regression();
  given.together = row_of("all together", "slower", true);
  const auto json = nlohmann::json::parse(render_json(given));
  CHECK(json["schema"] == "spanwise/check");
  REQUIRE(json["cases"].size() == 3);
  CHECK(json["cases"][2]["name"] == kHardName);
  CHECK(json["cases"][2]["interval"][1] == 1.052);
  CHECK(json["together"]["verdict"] == "slower");
  CHECK(failed(given));
  given.rows.pop_back();
  given.together.reset();
  CHECK_FALSE(failed(given));
  const auto text = render_terminal(hard_regression(), 80, false);
  CHECK(text.find("slower") < text.find("ambiguous"));
  CHECK(text.find("3 cases: 1 slower, 1 ambiguous, 1 same") != std::string::npos);
  for (const auto& line : report_lines(text)) CHECK(line.size() <= 80);
}

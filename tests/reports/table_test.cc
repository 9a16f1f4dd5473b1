// SPDX-License-Identifier: Apache-2.0
// One table as text, Markdown and JSON.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/markdown.h"
#include "reports/plan_tables.h"
#include "reports/table.h"
#include "tests/reports/sample_models.h"

using namespace spanwise::reports;  // NOLINT: a test

namespace {

Table sample() {
  Table table;
  table.columns = {{"name", {"name", "", false}},
                   {"bytes_per_s", {"bandwidth"}},
                   {"summary", {.header = "what it is", .numeric = false, .sentence = true}}};
  table.rows = {{"h200-sxm", {"4.8 TB/s", 4.8e12}, "a card with a name long enough to need a second line in a narrow terminal"},
                {"a|b", {"0.5", 0.5}, "x <script> `code` *bold*\nnext"}};
  return table;
}

std::size_t widest(const std::string& text) {
  std::size_t width = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) width = std::max(width, line.size());
  return width;
}

}  // namespace

TEST_CASE("sentences are wrapped in the last column and no word is lost") {
  for (const int columns : {48, 60, 80, 100}) {
    const auto text = render_terminal(sample(), columns, false);
    CHECK(widest(text) <= static_cast<std::size_t>(columns));
    for (const auto* word : {"h200-sxm", "4.8 TB/s", "narrow", "terminal", "*bold*"}) CHECK_MESSAGE(text.find(word) != std::string::npos, word);
  }
  CHECK(render_terminal(sample(), 60, false) ==
        "name      bandwidth  what it is\n"
        "h200-sxm   4.8 TB/s  a card with a name long enough to need\n"
        "                     a second line in a narrow terminal\n"
        "a|b             0.5  x <script> `code` *bold* next\n");
}

TEST_CASE("long names that differ at their ends stay apart") {
  Table table;
  table.columns = {{"workload", {"workload", "", false}}, {"dense", {"dense ms"}}, {"plan", {"plan ms"}}, {"basis", {"basis", "", false}}};
  table.rows = {{"decode of 128 tokens after 131072, batch 1", "1.25", "0.75", "datasheet"},
                {"decode of 128 tokens after 131072, batch 32", "40.5", "20.5", "datasheet"},
                {"one_word_that_is_longer_than_its_column_a", "1", "1", "datasheet"}};
  CHECK(render_terminal(table, 60, false) ==
        "workload                      dense ms   plan ms   basis\n"
        "decode of 128 tokens after        1.25      0.75   datasheet\n"
        "131072, batch 1\n"
        "decode of 128 tokens after        40.5      20.5   datasheet\n"
        "131072, batch 32\n"
        "one_word_that_is_longer_tha          1         1   datasheet\n"
        "n_its_column_a\n");
  for (const int columns : {40, 41, 48, 80}) {
    auto text = render_terminal(table, columns, false);
    CHECK(widest(text) <= static_cast<std::size_t>(columns));
    CHECK(text.find("...") == std::string::npos);
    CHECK(text.find("32") != std::string::npos);
  }
}

TEST_CASE("nothing breaks out of a Markdown cell") {
  CHECK(render_markdown(sample()).find("| a\\|b | 0.5 | x &lt;script> \\`code\\` \\*bold\\* next |\n") != std::string::npos);
}

TEST_CASE("JSON has numbers where there are numbers, under keys that name the unit") {
  const auto rows = nlohmann::json::parse(render_json(sample()));
  CHECK(rows[0].at("bytes_per_s") == 4800000000000);
  CHECK(rows[1].at("bytes_per_s") == 0.5);
  CHECK(rows[1].at("summary") == "x <script> `code` *bold*\nnext");
}

TEST_CASE("a report in Markdown has its table and its sentences") {
  const auto model = samples::video_model();
  const auto text = render_markdown(model);
  REQUIRE(text);
  CHECK(text->rfind("## ", 0) == 0);
  for (const auto* part : {"| workload |", "- **front**", "- **plan**", "- **proof**"}) CHECK_MESSAGE(text->find(part) != std::string::npos, part);
  REQUIRE(model.workloads.front().ladder);
  CHECK(render_markdown(*model.workloads.front().ladder)->find("| rung |") != std::string::npos);
}

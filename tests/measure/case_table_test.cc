// SPDX-License-Identifier: Apache-2.0
#include "measure/case_table.h"

#include <doctest/doctest.h>

using namespace spanwise;

TEST_CASE("rows become cases; quoted JSON, absent cells and other columns") {
  const auto table = core::parse_csv(
      "note,q_len,kv_len,pattern,causal,head_dim\r\n"
      "\"a, \"\"b\"\"\",4096,,\"{\"\"sliding_window\"\": {\"\"window\"\": 128}}\",true,64\r\n"
      "\n"
      "c,128,256,dense,,\n",
      "t.csv");
  REQUIRE(table);
  CHECK(table->rows.size() == 2);
  CHECK(table->rows[0].cells[0] == "a, \"b\"");
  CHECK(core::csv_cell(table->rows[0].cells[0]) == "\"a, \"\"b\"\"\"");
  CHECK(measure::column_of(*table, "pattern") == 3);
  CHECK(measure::column_of(*table, "missing") == -1);
  const auto cases = measure::cases_of(*table, "t.csv");
  REQUIRE(cases[0]);
  CHECK(cases[0]->kv_len == 4096);
  CHECK(cases[0]->pattern == patterns::Pattern(patterns::SlidingWindow{128, 0, true}));
  REQUIRE(cases[1]);
  CHECK(cases[1]->kv_len == 256);
  CHECK(cases[1]->head_dim == 128);
}

TEST_CASE("a bad row says where and what, the rest goes on") {
  const auto table = core::parse_csv("q_len,batch,pattern\n64,zero,\n64,1,{\n64,1,\n", "t.csv");
  REQUIRE(table);
  const auto cases = measure::cases_of(*table, "t.csv");
  REQUIRE_FALSE(cases[0]);
  CHECK(cases[0].error().front().place.line == 2);
  CHECK(cases[0].error().front().message.find("batch") != std::string::npos);
  REQUIRE_FALSE(cases[1]);
  CHECK(cases[1].error().front().place.line == 3);
  CHECK(cases[2]);
}

TEST_CASE("tables that are no tables") {
  for (const char* text : {"", "a,a\n1,2\n", "a,b\n1\n", "a\n\"1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(core::parse_csv(text, "t.csv"));
  }
}

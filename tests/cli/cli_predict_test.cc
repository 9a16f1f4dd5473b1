// SPDX-License-Identifier: Apache-2.0
// predict and calibrate as a user runs them.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/program.h"

using namespace spanwise::testing;

TEST_CASE("predict adds columns, lets others through and goes on after a bad row") {
  const Program spanwise;
  const auto cases = spanwise.write("cases.csv",
                                    "note,kernel,q_len,q_heads,kv_heads,head_dim,causal,pattern,op\n"
                                    "\"x, y\",,4096,32,8,128,true,,\n"
                                    "b,,4096,32,8,128,,\"{\"\"sliding_window\"\": {\"\"window\"\": 512}}\",\n"
                                    "c,,4096,32,5,128,,,\n"
                                    "d,,4096,32,8,128,,,attention_backward\n"
                                    "e,no-such,4096,32,8,128,true,,\n");
  const auto outcome = spanwise("predict " + cases + " --hardware h200-sxm");
  CHECK(outcome.code == 2);
  std::istringstream lines(outcome.out);
  std::string header, dense, window, heads, backward, kernel;
  for (auto* line : {&header, &dense, &window, &heads, &backward, &kernel}) std::getline(lines, *line);
  CHECK(header == "note,kernel,q_len,q_heads,kv_heads,head_dim,causal,pattern,op,predicted_ms,low_ms,high_ms,basis,error");
  CHECK(dense.find("\"x, y\",,4096,32,8,128,true,,,0.") == 0);
  CHECK(dense.find("fitted,") != std::string::npos);
  CHECK(window.find("{\"\"sliding_window\"\"") != std::string::npos);
  CHECK(heads.find("kv_heads") != std::string::npos);
  CHECK(heads.find("divide") != std::string::npos);
  CHECK(backward.find("forward passes alone") != std::string::npos);
  CHECK(kernel.find("unknown kernel 'no-such'") != std::string::npos);

  CHECK(spanwise("predict " + cases + " --kernel flash-atention-3").err.find("flash-attention-3") != std::string::npos);
  CHECK(spanwise("predict " + spanwise.at("missing.csv")).code == 2);
}

TEST_CASE("calibrate fits what predict made, and the fitted machine predicts it again") {
  const Program spanwise;
  std::string rows = "phase,batch,q_len,q_heads,kv_heads,head_dim,causal\n";
  for (const int batch : {1, 4, 16}) {
    for (const int length : {512, 1024, 3000, 8192}) {
      for (const int heads : {8, 32, 40}) {
        for (const int kv_heads : {1, 8}) {
          rows += "prefill," + std::to_string(batch) + "," + std::to_string(length) + "," + std::to_string(heads) + "," +
                  std::to_string(kv_heads) + ",128,true\n";
        }
      }
    }
  }
  const auto made = spanwise("predict " + spanwise.write("grid.csv", rows) + " --kernel cudnn-attention");
  REQUIRE(made.code == 0);
  auto measured = made.out;
  measured.replace(measured.find("predicted_ms"), 12, "measured_ms");
  const auto table = spanwise.write("measured.csv", measured);
  const auto fitted = spanwise.at("fitted.yaml");
  const auto outcome = spanwise("calibrate --from " + table + " --kernel flash-attention-3 --json -o " + fitted);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report.at("schema") == "spanwise/calibration");
  CHECK(report.at("rows_fitted") == 72);
  CHECK(report.at("errors").back().at("mean").get<double>() < 0.15);
  CHECK(std::filesystem::exists(fitted));
  const auto again = spanwise("predict " + spanwise.at("grid.csv") + " --kernel flash-attention-3 --hardware " + fitted);
  CHECK(again.code == 0);
  CHECK(again.out.find(",fitted,") != std::string::npos);
  CHECK(again.out.find("extrapolated") == std::string::npos);

  const auto other = spanwise("calibrate --from " + table + " --kernel fa3 -o " + fitted);
  CHECK(other.code == 2);
  CHECK(other.err.find("unknown kernel 'fa3'") != std::string::npos);
  const auto bare = spanwise("calibrate --from " + spanwise.at("grid.csv") + " --kernel flash-attention-3 -o " + fitted);
  CHECK(bare.code == 2);
  CHECK(bare.err.find("measured_ms") != std::string::npos);
}

TEST_CASE("calibrate times a device's own kernel, and a second call goes on from its rows") {
  const Program spanwise;
  const auto fitted = spanwise.at("device.yaml"), rows = spanwise.at("device.rows.csv");
  const std::string command = "calibrate --device cpu --kernel spanwise-cpu-fp32 --hardware local --seconds 4 -o " + fitted;
  // Few and short cases on a busy machine may not follow the work: then it is a finding (1), and the rows stay.
  const auto first = spanwise(command + " --cases 8");
  CAPTURE(first.err);
  REQUIRE((first.code == 0 || first.code == 1));
  CHECK(std::filesystem::exists(fitted) == (first.code == 0));
  const auto before = read_text(rows);
  CHECK(before.find("measured_ms,low_ms,high_ms,samples,clock_mhz,run,anchor") != std::string::npos);
  CHECK(before.find(",1,true\n") != std::string::npos);
  CHECK(before.find(",2,true\n") == std::string::npos);

  const auto more = spanwise(command + " --cases 12");
  CAPTURE(more.err);
  REQUIRE((more.code == 0 || more.code == 1));
  const auto after = read_text(rows);
  CHECK(after.find(before) == 0);
  CHECK(after.find(",2,true\n") != std::string::npos);
  // The rows are a table like any other.
  CHECK(spanwise("predict " + rows + " --hardware local").code == 0);

  const auto another = spanwise("calibrate --device cpu --kernel spanwise-cpu-fp32 --hardware h200-sxm -o " + fitted);
  CHECK(another.code == 2);
  CHECK(another.err.find("processors") != std::string::npos);
  const auto neither = spanwise("calibrate --kernel spanwise-cpu-fp32 -o " + fitted);
  CHECK(neither.code == 2);
  CHECK(neither.err.find("--from CSV or --device D") != std::string::npos);
}

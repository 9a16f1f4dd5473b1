// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/reports/sample_models.h"

using namespace spanwise::reports;  // NOLINT: a test

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The first broken promise, or nothing.
std::string trouble(const std::string& text, int columns) {
  if (text.empty() || text.back() != '\n') return "no newline at the end";
  for (const auto& line : lines_of(text)) {
    if (line.size() > static_cast<std::size_t>(std::max(columns, 40))) return "too wide: " + line;
    if (!line.empty() && line.back() == ' ') return "trailing space: " + line;
    for (const char c : line) {
      if (c < 0x20 || c > 0x7e) return "not printable ASCII: " + line;
    }
  }
  return {};
}

std::vector<ReportModel> all_samples() {
  return {samples::language_model(), samples::video_model(), samples::large(80, 64, 40),
          samples::least(),          samples::infeasible(),  samples::hostile()};
}

std::string screen(const ReportModel& model, int columns = 100) {
  return *render_terminal(model, columns, false);
}

bool has_line(const std::string& text, const std::string& start) {
  const auto lines = lines_of(text);
  return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(start); });
}

}  // namespace

TEST_CASE("no line is wider than the terminal, whatever it shows") {
  for (const auto& model : all_samples()) {
    for (const int columns : {-1, 0, 40, 41, 60, 79, 80, 100, 120, 250}) {
      CAPTURE(columns);
      CHECK(trouble(screen(model, columns), columns) == "");
      for (const auto& workload : model.workloads) {
        if (workload.ladder)
          CHECK(trouble(*render_terminal(*workload.ladder, columns, false), columns) == "");
      }
    }
  }
}

TEST_CASE("any bytes in any name keep the width") {
  CHECK(rc::check("render_terminal",
                  [](const std::string& a, const std::string& b, std::vector<std::string> names) {
                    const auto columns = *rc::gen::inRange(40, 140);
                    auto model = samples::language_model();
                    model.header.model = a;
                    model.header.hardware = b;
                    model.not_checked[0] = {a, b};
                    model.proof.verify_command = b + " " + a;
                    model.validation->where = a;
                    model.validation->cases[0].note = b;
                    model.front->of = b;
                    for (std::size_t i = 0; i < names.size() && i < 2; ++i) {
                      model.workloads[i].name = names[i];
                      model.plan->rules[i].words = names[i];
                      model.header.assumptions[i] = {names[i] + a, b};
                    }
                    RC_ASSERT(trouble(screen(model, columns), columns) == "");
                  }));
}

TEST_CASE("huge and tiny figures keep the width") {
  for (const double factor : {1e-300, 1e-12, 1e6, 1e30, 1e290}) {
    auto model = samples::language_model();
    for (auto& workload : model.workloads) {
      workload.dense_seconds *= factor;
      workload.plan->attention_seconds /= factor > 1 ? factor : 1;
      workload.plan->attention_range.high *= factor;
    }
    CAPTURE(factor);
    for (const int columns : {40, 80, 100}) CHECK(trouble(screen(model, columns), columns) == "");
  }
}

TEST_CASE("colour adds escapes and changes nothing else") {
  const std::regex escape("\x1b\\[[0-9;]*m");
  for (const auto& model : all_samples()) {
    const auto coloured = *render_terminal(model, 100, true);
    CHECK(coloured.find('\x1b') != coloured.npos);
    CHECK(std::regex_replace(coloured, escape, "") == screen(model));
  }
}

TEST_CASE("the first screen says what matters") {
  const auto text = screen(samples::language_model());
  CHECK(lines_of(text).front().starts_with(
      "llama-3.1-8b, 32 layers x 32 heads (8 KV), on h200-sxm [default]  "));
  CHECK(lines_of(text).front().ends_with("  other: --hardware local|FILE"));
  CHECK(has_line(text, "losses ASSUMED: "));
  CHECK(has_line(text, "target attention at most 50 % of its dense time [default]"));
  CHECK(
      has_line(text, "plan    layers 0-1 dense; 2-31 window 4096 + 64 sinks; sparse wins from 6k tokens on"));
  CHECK(has_line(text, "front   attention at 100/75/50/25 %: loss 0 / .023 / .093 / .21"));
  CHECK(text.find("(best uniform plan at 50 %: .13)") != text.npos);
  CHECK(has_line(text, "proof   optimal on these tables, gap 2e-7"));
  CHECK(has_line(text,
                 "checked on this CPU: 2 of 2 rules right, predicted / measured 0.96 and 1.07 (true length"));
  CHECK(has_line(text, "not checked: times on h200-sxm; quality"));
  // Numbers of one column end in one column.
  const auto lines = lines_of(text);
  const auto row =
      std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("prefill"); });
  CHECK(row->find("206.0") + 5 == (row + 1)->find("4.4") + 3);
  CHECK(row->find("190..224") + 8 == (row + 1)->find("4.0..4.9") + 8);
}

TEST_CASE("an infeasible plan names the limit and what would do") {
  const auto text = screen(samples::infeasible());
  CHECK(has_line(
      text, "plan    none: limit prefill_32k cannot be met: 0.2 was asked, 0.2313 is the nearest feasible"));
  CHECK(text.find("best uniform plan at 50 %") != text.npos);
}

TEST_CASE("the proof says how it was closed") {
  auto model = samples::language_model();
  model.proof.kind = Proof::Kind::kExhausted;
  CHECK(has_line(screen(model), "proof   optimality claimed, bound checked, gap 2e-7"));
  model.proof.proved_again = true;
  CHECK(has_line(screen(model), "proof   optimal on these tables, proved again (dual gap 2e-7)"));
  model.proof.kind = Proof::Kind::kNone;
  CHECK(has_line(screen(model), "proof   optimality claimed, without a certificate"));
  model.proof.status = Proof::Status::kFeasible;
  CHECK(has_line(screen(model), "proof   feasible, best known within gap 2e-7; not proved optimal"));
}

TEST_CASE("wrong and unsupported kernels are named") {
  auto model = samples::language_model();
  model.validation->cases[0].status = CheckedCase::Status::kWrong;
  model.validation->cases[0].relative_error = 3.2e-3;
  model.validation->cases[1].status = CheckedCase::Status::kUnsupported;
  const auto text = screen(model, 200);
  CHECK(text.find("0 of 2 rules right; dense WRONG (relative error 3e-3); window4096+64 not supported") !=
        text.npos);
}

TEST_CASE("a narrow terminal loses columns in order, not figures") {
  const auto model = samples::language_model();
  CHECK(
      has_line(screen(model, 80), "workload         dense ms  plan ms      90 %  attn  model  tiles  basis"));
  CHECK(has_line(screen(model, 60), "workload         dense ms  plan ms      90 %  attn  model"));
  CHECK(has_line(screen(model, 40), "workload         dense ms  plan ms  attn"));
}

TEST_CASE("sections that are absent leave no trace") {
  const auto text = screen(samples::least());
  CHECK(text.find("checked on") == text.npos);
  CHECK(text.find("front") == text.npos);
  CHECK(text.find("[default]") == text.npos);
  CHECK(has_line(text, "one, 1 layer x 1 head, on local"));
  ReportModel nothing;
  CHECK(trouble(screen(nothing), 100) == "");
}

TEST_CASE("a ladder shows every rung") {
  const auto ladder = *samples::language_model().workloads[0].ladder;
  const auto text = *render_terminal(ladder, 100, false);
  for (const auto& rung : ladder.rungs) CHECK(has_line(text, rung.name));
  CHECK(has_line(text, "tiles        36.1     11.4x   tiles of 128 x 128"));
  CHECK(text.find("NATTEN's worst") != text.npos);
  CHECK(has_line(text, "kernel quality: 0.93"));
}

TEST_CASE("a model that breaks its promises is not shown") {
  auto model = samples::language_model();
  model.workloads[1].plan->model_seconds = std::numeric_limits<double>::quiet_NaN();
  const auto result = render_terminal(model, 100, false);
  REQUIRE_FALSE(result);
  CHECK(result.error().front().fault == spanwise::core::Fault::kInternal);
  CHECK(result.error().front().message == "report: workloads[1].plan.model_seconds is not a time");
}

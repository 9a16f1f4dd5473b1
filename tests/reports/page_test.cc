// SPDX-License-Identifier: Apache-2.0
#include "reports/page.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>

#include "reports/text.h"
#include "tests/reports/markup.h"
#include "tests/reports/sample_models.h"

using namespace spanwise::reports;  // NOLINT: a test

namespace {

constexpr std::size_t kMaxBytes = 2 << 20;

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part + "\n";
  return text;
}

bool has_text(const markup::Document& document, const std::string& text) {
  return document.text.find(text) != std::string::npos;
}

bool has_heading(const markup::Document& document, const std::string& text) {
  const auto headings = document.named("h2");
  return std::any_of(headings.begin(), headings.end(),
                     [&](const auto& heading) { return heading.text == text; });
}

}  // namespace

TEST_CASE("every sample is a well-formed page that loads and runs nothing") {
  for (const auto& model : {samples::language_model(), samples::video_model(), samples::large(80, 64, 40),
                            samples::large(126, 128, 12), samples::least(), samples::infeasible(),
                            samples::hostile(), ReportModel{}}) {
    const auto page = *render_page(model);
    const auto document = markup::read(page);
    CHECK(joined(document.errors) == "");
    CHECK(page.size() <= kMaxBytes);
    CHECK(page.find("://") == page.npos);
    CHECK(page.find("url(") == page.npos);
    CHECK(page.find("@import") == page.npos);
    CHECK(document.named("h1").size() == 1);
  }
}

TEST_CASE("the head forbids everything but styles of its own") {
  const auto page = *render_page(samples::least());
  CHECK(
      page.find("http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; img-src data:; "
                "style-src &#39;unsafe-inline&#39;\"") != page.npos);
  CHECK(page.find("prefers-color-scheme:dark") != page.npos);
  CHECK(page.find("@media print") != page.npos);
  CHECK(markup::read(page).named("html").at(0).attributes.at("lang") == "en");
}

TEST_CASE("the page shows the model") {
  const auto model = samples::language_model();
  const auto document = markup::read(*render_page(model));
  CHECK(document.named("h1").at(0).text == "llama-3.1-8b on h200-sxm");
  for (const char* shown : {"2.00x",
                            "1.30x",
                            "11.4x",
                            "190..224",
                            "losses ASSUMED",
                            "GEMMs at 0.8",
                            "--profile FILE",
                            "layers 0-1 dense; 2-31 window 4096 + 64 sinks; sparse wins from 6k tokens on",
                            "flash-attention-3",
                            "optimal on these tables, gap 2e-7",
                            "0123456789abcdef",
                            "spanwise verify out/llama-3.1-8b@h200-sxm/plan.yaml",
                            "2 of 2 rules right, predicted / measured 0.96 and 1.07",
                            "Not checked: times on h200-sxm; quality",
                            "fit to 214 published timings",
                            "spanwise plan configs/models/llama-3.1-8b.yaml",
                            "NATTEN's worst tile: 7.80x",
                            "kernel quality 0.93",
                            "+0.44 %",
                            "Even free attention would make it no faster than 1.85x"}) {
    CAPTURE(shown);
    CHECK(has_text(document, shown));
  }
  for (const auto& rung : model.workloads[0].ladder->rungs) CHECK(has_text(document, rung.reason));
  for (const char* heading :
       {"The plan", "How fast it could be", "Where the time goes", "What less time costs", "Proof",
        "Predicted against measured", "Where the numbers come from", "Again"}) {
    CAPTURE(heading);
    CHECK(has_heading(document, heading));
  }
}

TEST_CASE("tables and charts speak to screen readers") {
  const auto document = markup::read(*render_page(samples::language_model()));
  CHECK(document.named("caption").size() == document.named("table").size());
  for (const auto& header : document.named("th")) {
    const auto scope = header.attributes.at("scope");
    CHECK((scope == "col" || scope == "row"));
  }
  for (const auto& svg : document.named("svg")) {
    const bool hidden = svg.attributes.contains("aria-hidden");
    CHECK(hidden != (svg.attributes.contains("role") && !svg.attributes.at("aria-label").empty()));
  }
}

TEST_CASE("absent parts have no section") {
  const auto least = markup::read(*render_page(samples::least()));
  for (const char* heading : {"How fast it could be", "Where the time goes", "What less time costs",
                              "Predicted against measured", "Where the numbers come from", "Again"}) {
    CHECK_FALSE(has_heading(least, heading));
  }
  const auto infeasible = markup::read(*render_page(samples::infeasible()));
  CHECK_FALSE(has_heading(infeasible, "The plan"));
  CHECK(has_text(infeasible,
                 "limit prefill_32k cannot be met: 0.2 was asked, 0.2313 is the nearest feasible value"));
}

TEST_CASE("hostile text is shown, not obeyed") {
  const auto model = samples::hostile();
  const auto document = markup::read(*render_page(model));
  const auto shown = printable_utf8(model.header.model);
  CHECK(shown.starts_with("<script>alert(1)</script>"));
  for (const char* name : {"h3", "li", "pre", "caption", "td", "th", "code"}) {
    CAPTURE(name);
    const auto elements = document.named(name);
    CHECK(std::any_of(elements.begin(), elements.end(),
                      [&](const auto& element) { return element.text.find(shown) != std::string::npos; }));
  }
}

TEST_CASE("a large map stays small even with hostile names") {
  auto model = samples::large(80, 64, 40);
  for (auto& rule : model.plan->rules) rule.words = std::string(5000, '<');
  const auto page = *render_page(model);
  CHECK(markup::read(page).errors.empty());
  // 40 rules of 5000 characters of four bytes each in the table and the key are the caller's; the map is
  // ours.
  CHECK(page.size() <= kMaxBytes + 2 * 40 * 5000 * 4);
  CHECK(render_page(samples::large(80, 64, 40))->size() <= kMaxBytes / 2);
}

TEST_CASE("the same model gives the same bytes") {
  CHECK(*render_page(samples::video_model()) == *render_page(samples::video_model()));
}

TEST_CASE("any bytes in any name give a well-formed page") {
  CHECK(rc::check("render_page", [](const std::string& a, const std::string& b) {
    auto model = samples::hostile();
    model.header.model = a;
    model.workloads[0].name = b;
    model.workloads[0].ladder->rungs[0].name = a;
    model.plan->rules[0].words = b;
    model.validation->cases[0].message = a;
    RC_ASSERT(markup::read(*render_page(model)).errors.empty());
  }));
}

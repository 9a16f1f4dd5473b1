// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "reports/palette.h"
#include "reports/svg_front.h"
#include "reports/svg_map.h"
#include "reports/svg_scale.h"
#include "reports/svg_scatter.h"
#include "tests/reports/markup.h"
#include "tests/reports/sample_models.h"

using namespace spanwise::reports;  // NOLINT: a test

namespace {

template <class Draw>
markup::Document drawn(Draw draw) {
  HtmlWriter html;
  html.doctype();
  draw(html);
  return markup::read(html.str());
}

double number(const markup::Element& element, const char* name) {
  return std::stod(element.attributes.at(name));
}

// "M1 2H3V4": the points where the steps of a path end.
std::vector<std::pair<double, double>> points_of(const std::string& path) {
  std::vector<std::pair<double, double>> points;
  std::istringstream stream(path);
  double x = 0, y = 0;
  for (char command = 0; stream >> command;) {
    if (command == 'M') stream >> x >> y;
    if (command == 'H') {
      stream >> x;
      continue;
    }
    if (command == 'V') stream >> y;
    points.emplace_back(x, y);
  }
  return points;
}

}  // namespace

TEST_CASE("scales map ends to ends and put ticks inside") {
  const auto linear = Scale::linear(0, 10, 100, 0);
  CHECK(linear(0) == doctest::Approx(100));
  CHECK(linear(10) == doctest::Approx(0));
  CHECK(linear.ticks(5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  const auto logarithmic = Scale::logarithmic(1, 100, 0, 200);
  CHECK(logarithmic(10) == doctest::Approx(100));
  CHECK(logarithmic(0) == doctest::Approx(0));
  CHECK(logarithmic.ticks(7) == std::vector<double>{1, 2, 5, 10, 20, 50, 100});
  CHECK(logarithmic.ticks(4) == std::vector<double>{1, 10, 100});
  CHECK(Scale::linear(3, 3, 0, 1).low() < 3);
  CHECK(std::isfinite(Scale::linear(0, 0, 0, 1)(0)));
}

TEST_CASE("any range gets few ticks, ascending, in range") {
  CHECK(rc::check("ticks", [] {
    const double low = std::ldexp(*rc::gen::inRange(1, 1 << 20), *rc::gen::inRange(-60, 40));
    const double high = low * (1 + std::ldexp(*rc::gen::inRange(1, 1 << 20), *rc::gen::inRange(-30, 30)));
    for (const auto& scale : {Scale::linear(low, high, 0, 1), Scale::linear(-high, low, 1, 0),
                              Scale::logarithmic(low, high, 0, 1)}) {
      const auto ticks = scale.ticks(6);
      RC_ASSERT(ticks.size() <= 13u);
      RC_ASSERT(std::is_sorted(ticks.begin(), ticks.end()));
      const double slack = 1e-6 * (scale.high() - scale.low());
      for (const double tick : ticks) RC_ASSERT(tick >= scale.low() - slack && tick <= scale.high() + slack);
    }
  }));
}

TEST_CASE("the map has one labelled cell for each head of each layer") {
  const auto model = samples::large(80, 64, 40);
  const auto& plan = *model.plan;
  const auto document = drawn([&](HtmlWriter& html) { draw_head_map(html, plan, "head", "a map"); });
  CHECK(document.errors.empty());
  CHECK(document.elements[0].attributes.at("role") == "img");
  CHECK(document.elements[0].attributes.at("aria-label") == "a map");
  std::set<std::pair<double, double>> places;
  std::size_t cells = 0;
  for (std::size_t i = 0; i + 1 < document.elements.size(); ++i) {
    if (document.elements[i].name != "rect") continue;
    places.emplace(number(document.elements[i], "x"), number(document.elements[i], "y"));
    long layer = -1, head = -1;
    REQUIRE(std::sscanf(document.elements[i + 1].text.c_str(), "layer %ld, head %ld:", &layer, &head) == 2);
    const auto rule = plan.map.rule.at(layer * 64 + head);
    CHECK(document.elements[i + 1].text ==
          fmt::format("layer {}, head {}: {}", layer, head, plan.rules[rule].words));
    ++cells;
  }
  CHECK(cells == 80 * 64);
  CHECK(places.size() == cells);
}

TEST_CASE("a map of many cells is merged into paths of the right areas") {
  const auto model = samples::large(126, 128, 5);
  const auto& plan = *model.plan;
  const auto document = drawn([&](HtmlWriter& html) { draw_head_map(html, plan, "head", ""); });
  CHECK(document.named("rect").empty());
  const auto paths = document.named("path");
  REQUIRE(paths.size() == 5);
  double smallest = 1e9;
  std::vector<double> areas;
  for (const auto& path : paths) {
    std::istringstream stream(path.attributes.at("d"));
    double area = 0;
    char m = 0, h = 0, v = 0, back = 0, z = 0;
    for (double x, y, width, height, width_back;
         stream >> m >> x >> y >> h >> width >> v >> height >> back >> width_back >> z;) {
      CHECK(width == -width_back);
      area += width * height;
      smallest = std::min(smallest, height);
    }
    areas.push_back(area);
  }
  for (int rule = 0; rule < 5; ++rule) {
    const auto count = std::count(plan.map.rule.begin(), plan.map.rule.end(), rule);
    CHECK(areas[rule] == doctest::Approx(static_cast<double>(count) * smallest * smallest));
  }
}

TEST_CASE("maps of any shape draw") {
  for (const auto& [layers, heads] :
       {std::pair{1, 1}, std::pair{1, 200}, std::pair{1000, 1}, std::pair{2, 3}}) {
    const auto model = samples::large(layers, heads, 2);
    const auto document = drawn([&](HtmlWriter& html) { draw_head_map(html, *model.plan, "head", ""); });
    CHECK(document.errors.empty());
    CHECK(document.named("rect").size() == static_cast<std::size_t>(layers * heads));
    for (const auto& rect : document.named("rect")) {
      CHECK(number(rect, "width") > 0);
      CHECK(number(rect, "x") + number(rect, "width") <= number(document.elements[0], "width"));
      CHECK(number(rect, "y") + number(rect, "height") <= number(document.elements[0], "height"));
    }
  }
}

TEST_CASE("few rules are categories, many are steps of density") {
  const auto few = rule_colours(*samples::video_model().plan);
  CHECK(few.css_class == std::vector<std::string>{"c-dense", "c0", "c1", "c2"});
  CHECK(few.steps.empty());
  const auto model = samples::large(10, 4, 40);
  const auto many = rule_colours(*model.plan);
  REQUIRE(many.steps.size() == 7);
  std::map<std::string, int> sizes;
  for (std::size_t i = 0; i < 40; ++i) {
    ++sizes[many.css_class[i]];
    const auto step = std::find_if(many.steps.begin(), many.steps.end(), [&](const auto& candidate) {
      return candidate.css_class == many.css_class[i];
    });
    REQUIRE(step != many.steps.end());
    CHECK(model.plan->rules[i].density[0] >= step->low);
    CHECK(model.plan->rules[i].density[0] <= step->high);
  }
  for (const auto& [css_class, size] : sizes) CHECK((size == 5 || size == 6));
  for (std::size_t i = 1; i < 7; ++i) CHECK(many.steps[i - 1].high < many.steps[i].low);
}

TEST_CASE("rules of one density share a step") {
  auto model = samples::large(10, 4, 40);
  for (auto& rule : model.plan->rules) rule.density = {0.5, 0.5};
  const auto colours = rule_colours(*model.plan);
  CHECK(colours.steps.size() == 1);
  CHECK(std::set<std::string>(colours.css_class.begin(), colours.css_class.end()).size() == 1);
}

TEST_CASE("the front is a falling staircase from the first point to the last") {
  const auto model = samples::large(2, 2, 2);
  const auto document = drawn([&](HtmlWriter& html) { draw_front(html, *model.front); });
  CHECK(document.errors.empty());
  std::vector<std::pair<double, double>> steps;
  for (const auto& path : document.named("path")) {
    if (path.attributes.at("class") == "front") steps = points_of(path.attributes.at("d"));
  }
  REQUIRE(steps.size() > 100);
  CHECK(steps.size() < 3000);  // points that fall on one another are left out
  for (std::size_t i = 1; i < steps.size(); ++i) {
    CHECK(steps[i].first >= steps[i - 1].first);
    CHECK(steps[i].second >= steps[i - 1].second);  // down the screen: the loss falls
  }
  // The chosen plan's ring stands where the sample at 50 % does.
  std::vector<markup::Element> circles = document.named("circle");
  const auto chosen = std::find_if(circles.begin(), circles.end(),
                                   [](const auto& c) { return c.attributes.at("class") == "chosen"; });
  REQUIRE(chosen != circles.end());
  CHECK(std::any_of(circles.begin(), circles.end(), [&](const auto& c) {
    return c.attributes.at("class") == "sample" && c.attributes.at("cx") == chosen->attributes.at("cx") &&
           c.attributes.at("cy") == chosen->attributes.at("cy");
  }));
}

TEST_CASE("an empty or flat front draws") {
  for (const auto& front : {Front{}, Front{"", "", {}, {{1, 0}}, {}, FrontPoint{1, 0}},
                            Front{"", "", {}, {{0.5, -3}, {1, -5}}, {{1, -5}}, std::nullopt}}) {
    CHECK(drawn([&](HtmlWriter& html) { draw_front(html, front); }).errors.empty());
  }
}

TEST_CASE("predicted against measured: on the diagonal when equal, above when slower is predicted") {
  Validation validation;
  for (const double predicted : {1e-3, 2e-3, 5e-4}) {
    CheckedCase checked;
    checked.predicted_seconds = predicted;
    checked.measured = CheckedCase::Timing{1e-3, 0.9e-3, 1.2e-3};
    validation.cases.push_back(checked);
  }
  validation.cases.emplace_back();  // not timed: no point
  const auto document = drawn([&](HtmlWriter& html) { draw_predicted_against_measured(html, validation); });
  CHECK(document.errors.empty());
  const auto points = document.named("circle");
  REQUIRE(points.size() == 3);
  CHECK(number(points[0], "cx") == number(points[1], "cx"));
  CHECK(number(points[1], "cy") < number(points[0], "cy"));
  CHECK(number(points[2], "cy") > number(points[0], "cy"));
  // The axes share their range, so the middle point of equal times lies on the line between the corners.
  const double x0 = 64, x1 = 460 - 16, y0 = 400 - 46, y1 = 14;
  CHECK((number(points[0], "cx") - x0) / (x1 - x0) ==
        doctest::Approx((number(points[0], "cy") - y0) / (y1 - y0)).epsilon(1e-3));
}

TEST_CASE("a time of zero does not break the logarithmic axes") {
  Validation validation;
  CheckedCase checked;
  checked.measured = CheckedCase::Timing{};
  validation.cases = {checked};
  CHECK(drawn([&](HtmlWriter& html) { draw_predicted_against_measured(html, validation); }).errors.empty());
}

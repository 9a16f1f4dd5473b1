// SPDX-License-Identifier: Apache-2.0
#include "reports/svg_scatter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "reports/numbers.h"
#include "reports/svg_axes.h"
#include "reports/text.h"
#include "reports/verdict.h"

namespace spanwise::reports {
namespace {

constexpr double kMargin = 1.6;  // factor around the extreme times

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  void add(double value) {
    if (value <= 0) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Range range_of(const Validation& validation) {
  Range range;
  for (const auto& checked : validation.cases) {
    if (!checked.measured) continue;
    range.add(checked.predicted_seconds);
    range.add(checked.measured->median);
    range.add(checked.measured->p05);
    range.add(checked.measured->p95);
  }
  if (range.high == 0) range = {1e-3, 1e-3};
  return {range.low / kMargin, range.high * kMargin};
}

// The band as a polygon, clipped at the corners of the plot.
void draw_band(HtmlWriter& html, const Scale& x, const Scale& y, Range range) {
  const double up = 1 + kPredictionBand, down = 1 - kPredictionBand;
  const auto point = [&](double measured, double predicted) {
    return fmt::format("{} {}", coordinate(x(measured)), coordinate(y(predicted)));
  };
  html.empty("path", {{"class", "band"},
                      {"d", fmt::format("M{}L{}L{}L{}L{}L{}z", point(range.low, range.low),
                                        point(range.low, range.low * up), point(range.high / up, range.high),
                                        point(range.high, range.high), point(range.high, range.high * down),
                                        point(range.low / down, range.low))}});
  html.empty("path",
             {{"class", "diagonal"},
              {"d", fmt::format("M{}L{}", point(range.low, range.low), point(range.high, range.high))}});
}

void draw_case(HtmlWriter& html, const Scale& x, const Scale& y, const CheckedCase& checked,
               std::size_t number) {
  const auto& measured = *checked.measured;
  const double px = x(measured.median), py = y(checked.predicted_seconds);
  html.empty("line",
             {{"class", "spread"}, {"x1", x(measured.p05)}, {"x2", x(measured.p95)}, {"y1", py}, {"y2", py}});
  draw_point(html, px, py, 4.5, is_wrong(checked) ? "point wrong" : "point",
             fmt::format("{}: {}, {}: predicted {}, measured {}", number, shorten(checked.rule, 60),
                         shorten(checked.workload, 60), time_text(checked.predicted_seconds),
                         time_text(measured.median)));
  html.leaf("text", fmt::format("{}", number), {{"class", "mark"}, {"x", px + 7}, {"y", py - 6}});
}

}  // namespace

void draw_predicted_against_measured(HtmlWriter& html, const Validation& validation) {
  PlotArea area;
  area.width = 460;
  area.height = 400;
  const auto range = range_of(validation);
  const auto milliseconds = [](double seconds) { return short_number(seconds * 1e3); };
  const Axis x{Scale::logarithmic(range.low, range.high, area.x0(), area.x1()), "measured, ms", milliseconds,
               7};
  const Axis y{Scale::logarithmic(range.low, range.high, area.y0(), area.y1()), "predicted, ms", milliseconds,
               7};
  const auto chart =
      open_chart(html, area, "Predicted against measured times; the table below has the numbers");
  draw_band(html, x.scale, y.scale, range);
  draw_axes(html, area, x, y);
  for (std::size_t i = 0; i < validation.cases.size(); ++i) {
    const auto& checked = validation.cases[i];
    if (checked.measured) draw_case(html, x.scale, y.scale, checked, i + 1);
  }
}

}  // namespace spanwise::reports

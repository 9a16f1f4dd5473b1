// SPDX-License-Identifier: Apache-2.0
// A horizontal bar that stretches with its place on the page; the words stay outside, in HTML.
#pragma once

#include <span>
#include <string>

#include "reports/html_writer.h"

namespace spanwise::reports {

struct BarPart {
  double length = 0;  // in the unit of `whole`
  std::string css_class;
  std::string tooltip;
};

// Parts one behind the other, from 0; the full width stands for `whole`.
void draw_bar(HtmlWriter& html, std::span<const BarPart> parts, double whole, const std::string& description);

}  // namespace spanwise::reports

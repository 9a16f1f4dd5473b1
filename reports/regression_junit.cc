// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/regression.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

std::string xml_text(const std::string& text) {
  std::string out;
  for (const char c : printable_utf8(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string row_numbers(const RegressionRow& row) {
  auto text = fmt::format("verdict {}; {}", row.verdict, row.reason);
  if (row.ratio && row.low && row.high) text += fmt::format("; ratio {:.4f}, interval {:.4f} to {:.4f}", *row.ratio, *row.low, *row.high);
  if (row.baseline_ms > 0) text += fmt::format("; baseline {:.4f} ms, candidate {:.4f} ms", row.baseline_ms, row.candidate_ms);
  return text + fmt::format("; {} rounds, {} set aside", row.rounds, row.set_aside);
}

}  // namespace

std::string render_junit(const Regression& regression) {
  auto rows = regression.rows;
  if (regression.together) rows.push_back(*regression.together);
  const auto failures = std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.failed; });
  const auto skipped = std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.failed && row.verdict == "ambiguous"; });
  auto text = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n",
                          xml_text("spanwise.check." + regression.suite), rows.size(), failures, skipped);
  for (const auto& row : rows) {
    text += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\">\n", xml_text("spanwise." + regression.suite), xml_text(row.name), row.candidate_ms * 1e-3);
    const auto message = xml_text(row.verdict + ": " + row.reason);
    if (row.failed) {
      text += fmt::format("      <failure type=\"{}\" message=\"{}\"/>\n", xml_text(row.verdict), message);
    } else if (row.verdict == "ambiguous") {
      text += fmt::format("      <skipped message=\"{}\"/>\n", message);
    }
    text += fmt::format("      <system-out>{}</system-out>\n    </testcase>\n", xml_text(row_numbers(row)));
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace spanwise::reports

// SPDX-License-Identifier: Apache-2.0
#include "tuner/certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/documents/map_reader.h"

namespace spanwise::tuner {

double relative_gap(double value, double bound) {
  return std::max(0.0, (value - bound) / std::max(std::fabs(value), 1e-9));
}

std::string to_json(const Certificate& certificate) {
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  std::string multipliers;
  for (const auto& [limit, multiplier] : certificate.multipliers) {
    multipliers += fmt::format("{}{}: {}", multipliers.empty() ? "" : ", ", quoted(limit), multiplier);
  }
  return fmt::format(
      R"({{"method": {}, "multipliers": {{{}}}, "dual_bound": {}, "value": {}, "gap": {}, "proved": {}, )"
      R"("tables_sha256": {}}})",
      quoted(certificate.method), multipliers, certificate.dual_bound, certificate.value, certificate.gap,
      certificate.proved, quoted(certificate.tables_sha256));
}

Certificate read_certificate(const documents::Node& node, documents::Context& context) {
  documents::MapReader map(node, context, "certificate");
  Certificate out;
  out.method = map.text("method");
  if (const auto* multipliers = map.need("multipliers")) {
    documents::MapReader numbers(*multipliers, context, "certificate.multipliers");
    for (const auto& entry : multipliers->entries) out.multipliers[entry.key] = numbers.number(entry.key, {});
  }
  out.dual_bound = map.number("dual_bound", {});
  out.value = map.number("value", {});
  out.gap = map.number("gap", {});
  out.proved = map.boolean_or("proved", false);
  out.tables_sha256 = map.text("tables_sha256");
  map.finish();
  return out;
}

}  // namespace spanwise::tuner

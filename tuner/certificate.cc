// SPDX-License-Identifier: Apache-2.0
#include "tuner/certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/documents/json_text.h"
#include "core/documents/map_reader.h"

namespace spanwise::tuner {

double relative_gap(double value, double bound) {
  return std::max(0.0, (value - bound) / std::max(std::fabs(value), 1e-9));
}

namespace {

using documents::quote_json;

std::string multipliers_text(const std::map<std::string, double>& multipliers) {
  std::string out;
  for (const auto& [limit, multiplier] : multipliers)
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", quote_json(limit), multiplier);
  return "{" + out + "}";
}

std::map<std::string, double> read_multipliers(documents::MapReader& map) {
  std::map<std::string, double> out;
  const auto* node = map.need("multipliers");
  if (node == nullptr) return out;
  documents::MapReader numbers(*node, map.context(), map.path("multipliers"));
  for (const auto& entry : node->entries) out[entry.key] = numbers.number(entry.key, {});
  return out;
}

LaterProof read_later(const documents::Node& node, documents::Context& context) {
  documents::MapReader map(node, context, "certificate.later");
  LaterProof out;
  out.value = map.number("value", {});
  out.dual_bound = map.number("dual_bound", {});
  out.multipliers = read_multipliers(map);
  for (const auto& item : map.list("earlier"))
    out.earlier.push_back(documents::read_number(item, context, "certificate.later.earlier", {}).value_or(0.0));
  map.finish();
  return out;
}

}  // namespace

std::string to_json(const Certificate& certificate) {
  std::string later;
  for (const auto& proof : certificate.later) {
    later += fmt::format("{}{{\"value\": {}, \"dual_bound\": {}, \"multipliers\": {}, \"earlier\": [{}]}}",
                         later.empty() ? ", \"later\": [" : ", ", proof.value, proof.dual_bound,
                         multipliers_text(proof.multipliers), fmt::join(proof.earlier, ", "));
  }
  if (!later.empty()) later += "]";
  return fmt::format(
      R"({{"method": {}, "multipliers": {}, "dual_bound": {}, "value": {}, "gap": {}, "proved": {}{}, )"
      R"("tables_sha256": {}}})",
      quote_json(certificate.method), multipliers_text(certificate.multipliers), certificate.dual_bound,
      certificate.value, certificate.gap, certificate.proved, later, quote_json(certificate.tables_sha256));
}

Certificate read_certificate(const documents::Node& node, documents::Context& context) {
  documents::MapReader map(node, context, "certificate");
  Certificate out;
  out.method = map.text("method");
  out.multipliers = read_multipliers(map);
  out.dual_bound = map.number("dual_bound", {});
  out.value = map.number("value", {});
  out.gap = map.number("gap", {});
  out.proved = map.boolean_or("proved", false);
  for (const auto& item : map.list("later")) out.later.push_back(read_later(item, context));
  out.tables_sha256 = map.text("tables_sha256");
  map.finish();
  return out;
}

}  // namespace spanwise::tuner

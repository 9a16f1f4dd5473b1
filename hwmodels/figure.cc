// SPDX-License-Identifier: Apache-2.0
#include "hwmodels/figure.h"

namespace spanwise::hwmodels {

core::Provenance read_provenance(documents::MapReader& map) {
  core::Provenance from;
  from.basis = static_cast<core::Basis>(map.choice("basis", core::basis_names()));
  from.source = map.text("source");
  return from;
}

Figure<double> read_number_figure(documents::MapReader& parent, std::string_view key, documents::NumberRange range) {
  const auto* node = parent.need(key);
  if (node == nullptr) return {};
  documents::MapReader map(*node, parent.context(), parent.path(key));
  Figure<double> figure{map.number("value", range), read_provenance(map)};
  map.finish();
  return figure;
}

}  // namespace spanwise::hwmodels

// SPDX-License-Identifier: Apache-2.0
// Reading figures: {value: 4.8 TB/s, basis: datasheet, source: "..."}.
#pragma once

#include <string_view>

#include "core/documents/map_reader.h"
#include "hwmodels/machine.h"

namespace spanwise::hwmodels {

// basis and source of a figure that has been opened as a map.
core::Provenance read_provenance(documents::MapReader& map);

template <class Unit>
Figure<core::Quantity<Unit>> read_quantity_figure(documents::MapReader& parent, std::string_view key) {
  const auto* node = parent.need(key);
  if (node == nullptr) return {};
  documents::MapReader map(*node, parent.context(), parent.path(key));
  Figure<core::Quantity<Unit>> figure{map.quantity<Unit>("value"), read_provenance(map)};
  map.finish();
  return figure;
}

Figure<double> read_number_figure(documents::MapReader& parent, std::string_view key, documents::NumberRange range);

}  // namespace spanwise::hwmodels

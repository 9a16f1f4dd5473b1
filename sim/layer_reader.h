// SPDX-License-Identifier: Apache-2.0
// Entries of a model's `layers` list (docs/formats.md, "Model").
#pragma once

#include <vector>

#include "core/documents/map_reader.h"
#include "sim/model.h"

namespace spanwise::sim {

inline constexpr std::int64_t kMaxLayers = 4096;
inline constexpr std::int64_t kMaxWidth = 1 << 24;
inline constexpr std::int64_t kMaxHeads = 1 << 16;

// Appends what one entry describes: a run of equal layers, or a group of entries that is repeated. Layers take
// `hidden_size` unless they say otherwise. All full layers must have one shape.
void read_layers(const documents::Node& node, documents::Context& context, std::int64_t hidden_size, std::vector<Layer>& layers);

}  // namespace spanwise::sim

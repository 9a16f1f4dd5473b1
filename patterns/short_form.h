// SPDX-License-Identifier: Apache-2.0
// Text of a pattern as a document node. Beside JSON and YAML there is a short form for command lines:
//
//   kind:key=value,key=value        sliding_window:window=4096,sinks=64
//   part+part                       a union: sliding_window:window=512+strided:block=64,stride=16
//   key.key=value                   a key of an inner map: block_mask:block=64,random.density=0.1
//
// Values are as in YAML; lists and maps stand in brackets: vertical_slash:columns=[0,5],diagonals=[0,1,2].
#pragma once

#include <string>

#include "core/documents/document.h"
#include "core/result.h"

namespace spanwise::patterns {

core::Result<documents::Node> parse_pattern_node(const std::string& text);

}  // namespace spanwise::patterns

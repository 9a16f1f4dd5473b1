// SPDX-License-Identifier: Apache-2.0
// Whether a document obeys a JSON Schema: the part of draft-07 that configs/schema uses.
#pragma once

#include <string>

#include "core/documents/document.h"

namespace spanwise::testing {

// Empty when the document obeys; else the first reason. `schema` is the text of a schema; an unknown word in it throws.
std::string schema_complaint(const documents::Node& document, const std::string& schema);

}  // namespace spanwise::testing

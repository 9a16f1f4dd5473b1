// SPDX-License-Identifier: Apache-2.0
// Logits that take a share of every row's weights but have no value, one a query head (gpt-oss), as a case asks for them:
// {"sink_logits": true} in params.
#pragma once

#include <string>
#include <vector>

#include "patterns/case.h"

namespace spanwise::kernels {

// Why attention cannot run with the case's params; empty when it can.
std::string unsupported_params(const patterns::Case& shape);

// [q_heads], in units of scaled scores, from the case's seed; empty when it asks for none.
std::vector<float> make_sink_logits(const patterns::Case& shape);

}  // namespace spanwise::kernels

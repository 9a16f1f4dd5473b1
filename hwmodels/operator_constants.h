// SPDX-License-Identifier: Apache-2.0
// What an operator of a selector (patterns/operator_case.h) costs on one machine beside its products and bytes.
#pragma once

#include "core/provenance.h"
#include "core/units.h"

namespace spanwise::hwmodels {

// Seconds = call + max(FLOPs / (share * matrix peak), bytes / (share * bandwidth)) + exponentials at the machine's rate +
// ceil(rows / processors) * (row_cycles + scores of a row * score_cycles + its picks * pick_cycles) cycles. Operators that
// multiply take `share` of the matrix peak and stream_share of the bandwidth.
struct OperatorConstants {
  core::Seconds call;
  double share = 1;
  double row_cycles = 0;    // of one processor, a row of the output
  double score_cycles = 0;  // a visible score: of a row and a column
  double pick_cycles = 0;   // a picked index (topk)
  double error_90 = 1;      // 90 % of the measured times lie within 1/(1+e) .. 1+e
  core::Provenance from;
};

}  // namespace spanwise::hwmodels

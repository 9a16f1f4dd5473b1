// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/report_model.h"

namespace spanwise::reports {

// The rung's reason; `tiles` with NATTEN's worst-tile figure beside it, where there is one.
std::string rung_reason(const Ladder& ladder, const Rung& rung);

// What no rung says.
struct Factor {
  std::string name;         // "kernel quality"
  std::string value;        // "0.93"
  std::string explanation;  // one sentence
};
std::vector<Factor> factors_apart(const Ladder& ladder);

}  // namespace spanwise::reports

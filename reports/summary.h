// SPDX-License-Identifier: Apache-2.0
// What follows from a ReportModel and is said in more than one output.
#pragma once

#include <optional>
#include <string>

#include "reports/report_model.h"

namespace spanwise::reports {

// "llama-3.1-8b, 32 layers x 32 heads (8 KV), on h200-sxm [default]"; longer names are cut to `name_width`.
std::string header_sentence(const Header& header, std::size_t name_width);

// Dense time over planned time, of attention and of the whole model; absent without a plan.
std::optional<double> attention_speedup(const Workload& workload);
std::optional<double> model_speedup(const Workload& workload);

// "attention at 100/75/50/25 %: loss 0 / .01 / .05 / .21"; "-" where no plan reaches the share.
std::string front_sentence(const Front& front);

// "(best uniform plan at 50 %: .08)", at the sample nearest to the chosen plan; empty without samples.
std::string uniform_sentence(const Front& front);

}  // namespace spanwise::reports

// SPDX-License-Identifier: Apache-2.0
// A plan in words.
#pragma once

#include <string>
#include <string_view>

#include "reports/report_model.h"

namespace spanwise::reports {

// How the rule is called inside a sentence: its words, or its name when it has none.
const std::string& words_of(const PlanRule& rule);

// "layers 0-1 dense; 2-31 window 4096 + 64 sinks; sparse wins from 6k tokens on".
//
// Layers are listed by ranges that use the same rules on the same number of heads. Where a few ranges
// interrupt one common layer, they are named and "the other 28" follow; where no short list exists, heads are
// counted: "of 640 KV heads 212 dense, 120 window 4096 + 64 sinks, 308 in 38 other rules". `heads` is what a
// column of the map is called ("KV head", "head"). The plan must pass check().
std::string plan_sentence(const Plan& plan, std::string_view heads);

// "KV head" where query heads share keys, else "head".
std::string_view heads_word(const Header& header);

}  // namespace spanwise::reports

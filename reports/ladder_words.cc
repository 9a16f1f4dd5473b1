// SPDX-License-Identifier: Apache-2.0
#include "reports/ladder_words.h"

#include <fmt/format.h>

#include "reports/numbers.h"

namespace spanwise::reports {

std::string rung_reason(const Ladder& ladder, const Rung& rung) {
  if (rung.name != "tiles" || !ladder.natten_worst_tile_speedup) return rung.reason;
  const auto beside =
      fmt::format("NATTEN's worst tile: {}", speedup_text(*ladder.natten_worst_tile_speedup, 2));
  return rung.reason.empty() ? beside : rung.reason + "; " + beside;
}

std::vector<Factor> factors_apart(const Ladder& ladder) {
  std::vector<Factor> factors;
  if (ladder.kernel_quality) {
    factors.push_back(
        {"kernel quality", fixed(*ladder.kernel_quality, 2),
         "time of the reference kernel over this kernel's own dense time; below 1 this kernel is slower"});
  }
  if (ladder.dense_schedule_loss) {
    factors.push_back(
        {"dense schedule loss", fixed(*ladder.dense_schedule_loss, 2) + "x",
         "what the dense kernel itself loses to waves and uneven rows; a sparse kernel may gain it back"});
  }
  if (ladder.break_even_density) {
    const bool any = *ladder.break_even_density >= 1;
    factors.push_back({"break-even density", any ? "any" : percent(*ladder.break_even_density),
                       any ? "at this length this kernel wins even where it keeps all" : "sparse wins below this density at this length"});
  }
  if (ladder.break_even_tokens) {
    factors.push_back({"break-even length", token_count(*ladder.break_even_tokens) + " tokens",
                       "sparse wins from this length on with the same rule"});
  }
  return factors;
}

}  // namespace spanwise::reports

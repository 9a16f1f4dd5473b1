// SPDX-License-Identifier: Apache-2.0
// A German locale that works, whether one is installed or not: made by localedef from the sources in Debian's `locales`.
#pragma once

#include <stdexcept>
#include <string>

#include "tests/support/run_program.h"

namespace spanwise::testing {

inline constexpr const char* kGerman = "de_DE.UTF-8";

// Makes the locale in `folder`, which LOCPATH then has to name. Throws unless a program writes "1,5" under it.
inline void make_german_locale(const std::string& folder) {
  const auto made = run("localedef -f UTF-8 -i de_DE " + folder + "/" + kGerman);
  const auto shown = run("LOCPATH=" + folder + " LC_ALL=" + kGerman + " /usr/bin/printf %.1f 1,5");
  if (shown.out != "1,5") throw std::runtime_error("no German locale (Debian's package locales): " + made.err + shown.err);
}

}  // namespace spanwise::testing

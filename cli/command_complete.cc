// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "cli/candidates.h"
#include "cli/commands.h"
#include "cli/console.h"

namespace spanwise::cli {

// A shell that asks nonsense gets no answer: a message in the middle of a command line would help nobody.
core::Result<int> run_complete(const std::vector<Command>& commands, const std::vector<std::string>& words) {
  if (words.empty()) return 2;
  std::size_t index = 0;
  const auto& first = words.front();
  if (std::from_chars(first.data(), first.data() + first.size(), index).ec != std::errc{}) return 2;
  std::vector<std::string> line(words.begin() + 1, words.end());
  if (index >= line.size()) line.resize(std::min<std::size_t>(index, line.size()) + 1);
  line.resize(index + 1 < line.size() ? index + 1 : line.size());
  std::string out;
  for (const auto& candidate : candidates(commands, line)) {
    out += candidate.word;
    if (!candidate.meaning.empty()) out += "\t" + candidate.meaning;
    out += "\n";
  }
  print_result(out);
  return 0;
}

}  // namespace spanwise::cli

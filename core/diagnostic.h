// SPDX-License-Identifier: Apache-2.0
// What went wrong, where, and what would be right: the only way a room reports trouble.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spanwise::core {

// A place in a text file. Lines and columns count from 1, columns in characters (code points); line 0 means the file
// as a whole.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// Who is to blame decides the exit code of the program (docs/formats.md, "Exit codes").
enum class Fault {
  kInput,        // bad usage or bad input: exit 2
  kEnvironment,  // disk full, no permission, no device: exit 3
  kFinding,      // a negative answer, such as an unreachable limit: exit 1
  kInternal,     // a bug in Spanwise: exit 70
  kInterrupted,  // Ctrl-C: exit 130
};

// A second place that an error speaks of: the other half of a contradiction.
struct Note {
  Place place;
  std::string message;
};

struct Diagnostic {
  Fault fault = Fault::kInput;
  Place place;
  std::string message;           // one sentence without a full stop
  std::string hint;              // what is allowed, the nearest match, or what to do; may be empty
  std::vector<Note> notes = {};  // mostly none
};

// Never empty when it stands in a Result.
using Diagnostics = std::vector<Diagnostic>;

inline Diagnostics fail(Fault fault, std::string message, std::string hint = {}) {
  return {Diagnostic{fault, {}, std::move(message), std::move(hint), {}}};
}

// The same about a file as a whole.
inline Diagnostics fail_in(Fault fault, std::string file, std::string message, std::string hint = {}) {
  Diagnostics reasons;
  reasons.push_back({fault, {std::move(file), 0, 0}, std::move(message), std::move(hint), {}});
  return reasons;
}

// "file:line:column: error: message", then the hint on a line of its own, then each note as
// "file:line:column: note: message". With `source` (the text of the file) the offending lines are shown with a
// caret; a note about another file goes without. Ends with a newline.
std::string render(const Diagnostic& diagnostic, std::string_view source = {});
std::string render(const Diagnostics& diagnostics, std::string_view source = {});

// The exit code that the worst of the diagnostics asks for.
int exit_code(const Diagnostics& diagnostics);

}  // namespace spanwise::core

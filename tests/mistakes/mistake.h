// SPDX-License-Identifier: Apache-2.0
// Mistakes planted in good files, each with the place, the words and the hint that it must be answered with.
//
// KIND.txt holds blocks, separated by empty lines:
//   @class        wrong type, unit, range, ...: the column of the table in docs/errors.md
//   - good        a piece of good/KIND.*, found there first ...
//   + bad         ... and what stands there instead; or, in place of the two lines:
//   cut PIECE     the file ends behind the piece;  nest PIECE: 70 pairs of brackets follow it;  size N: the file has N bytes
//   > answer      LINE:COLUMN (0:0: the file as a whole) and the message; '\n', '\t' and '\xHH' are escapes everywhere
//   & note        LINE:COLUMN and the words of a second place: the other half of a contradiction
//   ? hint        absent when there is none
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/result.h"

namespace spanwise::mistakes {

struct Mistake {
  std::string error_class;
  std::string recipe;  // the lines between class and answer
  std::string answer, note, hint;
};

// A kind of input: its name, the file of good input, and the reader under test.
struct InputKind {
  std::string name;  // of KIND.txt
  std::string good;  // in good/
  std::function<core::Status(const std::string& path)> read;
};

const std::vector<InputKind>& input_kinds();

std::vector<Mistake> read_mistakes(const std::string& kind);
void write_mistakes(const InputKind& kind, const std::vector<Mistake>& mistakes);

// The good file with the mistake in it, written into `folder`; its path.
std::string plant(const InputKind& kind, const Mistake& mistake, const std::string& folder);

std::string place_and_message(const core::Diagnostic& diagnostic);
std::string place_and_note(const core::Diagnostic& diagnostic);  // empty when there is none

}  // namespace spanwise::mistakes

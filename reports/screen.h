// SPDX-License-Identifier: Apache-2.0
// Lines for a terminal: never wider than it, ASCII only, colour only when asked for.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "reports/table.h"

namespace spanwise::reports {

enum class Style { kPlain, kStrong, kFaint, kCaution, kAlarm };

// A statement and, to its right, what the reader can do about it.
struct Remark {
  std::string label;  // stands before the text, as wide as the indent of the lines that follow; may be empty
  std::string text;
  std::string aside = {};
  Style style = Style::kPlain;
  bool aside_is_command = false;  // may be broken with backslashes only
};

class Screen {
 public:
  // Fewer than 40 columns are taken as 40.
  Screen(int columns, bool color);

  std::size_t columns() const { return columns_; }

  void blank();
  void line(std::string_view text, Style style = Style::kPlain);  // cut to fit
  void table(const Table& table);

  // The asides start in one column where there is room, else right behind their text, else on a line of their
  // own. Text that is too long goes on in lines indented by `indent`. The style is that of the text.
  void remarks(std::span<const Remark> remarks, std::size_t indent);

  const std::string& text() const { return text_; }

 private:
  void remark(const Remark& remark, std::size_t column, std::size_t indent);
  void put(std::string_view label, std::string_view text, Style style, std::string_view aside = {});

  std::size_t columns_;
  bool color_;
  std::string text_;
};

}  // namespace spanwise::reports

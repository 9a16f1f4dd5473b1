// SPDX-License-Identifier: Apache-2.0
#include "reports/screen.h"

#include <algorithm>
#include <vector>

#include "reports/text.h"

namespace spanwise::reports {
namespace {

constexpr int kMinColumns = 40;

// SGR sequences of ECMA-48, 8.3.117.
std::string_view escape(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kStrong:
      return "\x1b[1m";
    case Style::kFaint:
      return "\x1b[2m";
    case Style::kCaution:
      return "\x1b[33m";
    case Style::kAlarm:
      return "\x1b[1;31m";
  }
  return "";
}

std::string trimmed(const std::string& text) {
  const auto first = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

}  // namespace

Screen::Screen(int columns, bool color)
    : columns_(static_cast<std::size_t>(std::max(columns, kMinColumns))), color_(color) {}

void Screen::blank() {
  text_ += '\n';
}

void Screen::put(std::string_view label, std::string_view text, Style style, std::string_view aside) {
  const auto styled = [&](std::string_view part, Style as) {
    if (color_ && as != Style::kPlain && !part.empty()) {
      text_.append(escape(as)).append(part).append("\x1b[0m");
    } else {
      text_.append(part);
    }
  };
  if (text.empty() && aside.empty()) label = label.substr(0, label.find_last_not_of(' ') + 1);
  styled(label, Style::kStrong);
  styled(text, style);
  text_.append(aside).append("\n");
}

void Screen::line(std::string_view text, Style style) {
  auto line = cut(ascii_only(text), columns_);
  line.erase(line.find_last_not_of(' ') + 1);
  put({}, line, style);
}

void Screen::table(const Table& table) {
  std::vector<TextColumn> looks;
  for (const auto& column : table.columns) looks.push_back(column.look);
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : table.rows) {
    auto& texts = rows.emplace_back();
    for (const auto& cell : row) texts.push_back(ascii_only(cell.text));
  }
  const auto lines = render_table(looks, rows, columns_);
  for (std::size_t i = 0; i < lines.size(); ++i) line(lines[i], i == 0 ? Style::kFaint : Style::kPlain);
}

void Screen::remarks(std::span<const Remark> remarks, std::size_t indent) {
  std::size_t widest = 0;
  for (const auto& remark : remarks) {
    const auto size = ascii_only(remark.aside).size();
    if (size <= columns_ * 6 / 10) widest = std::max(widest, size);
  }
  for (const auto& each : remarks) remark(each, columns_ - widest, indent);
}

void Screen::remark(const Remark& remark, std::size_t column, std::size_t indent) {
  const std::string margin(indent, ' ');
  auto label = remark.label;
  if (!label.empty()) label.resize(indent, ' ');
  const auto lines = wrap(ascii_only(remark.text), columns_ - indent, columns_ - label.size());
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) put(i == 0 ? label : margin, lines[i], remark.style);
  const auto& before = lines.size() == 1 ? label : margin;
  const auto end = before.size() + lines.back().size();

  const auto aside = trimmed(ascii_only(remark.aside));
  auto start = std::max(column, end + 2);
  if (start + aside.size() > columns_) start = columns_ - std::min(columns_, aside.size());
  if (aside.empty()) {
    put(before, lines.back(), remark.style);
  } else if (start >= end + 2) {
    put(before, lines.back(), remark.style, std::string(start - end, ' ') + aside);
  } else {
    put(before, lines.back(), remark.style);
    const auto room = columns_ - indent;
    const auto parts = remark.aside_is_command ? wrap_command(aside, room) : wrap(aside, room);
    for (const auto& part : parts) put(margin, part, Style::kPlain);
  }
}

}  // namespace spanwise::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/text_table.h"

#include <algorithm>
#include <string_view>

#include "reports/text.h"

namespace spanwise::reports {
namespace {

// The first column may be narrowed to this before other columns are dropped.
constexpr std::size_t kLeastNameWidth = 17;
// A column of sentences wants this much room, and is not made narrower than the other.
constexpr std::size_t kGoodSentence = 30;
constexpr std::size_t kLeastSentence = 20;

struct Layout {
  std::vector<std::size_t> shown;   // indices of columns
  std::vector<std::size_t> widths;  // of the shown columns
  std::size_t gap = 3;
  bool short_headers = false;
  bool sentence = false;         // the last shown column is wrapped
  std::size_t longest_word = 0;  // in the first column: it is not wrapped narrower

  std::size_t total() const {
    std::size_t sum = gap * (widths.size() - 1);
    for (const auto width : widths) sum += width;
    return sum;
  }
};

const std::string& header_of(const TextColumn& column, bool short_headers) {
  return short_headers && !column.short_header.empty() ? column.short_header : column.header;
}

std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0, length = 0;
  for (const char c : text) {
    length = c == ' ' ? 0 : length + 1;
    longest = std::max(longest, length);
  }
  return longest;
}

Layout make_layout(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows,
                   const std::vector<std::size_t>& shown, std::size_t gap, bool short_headers) {
  Layout layout{shown, {}, gap, short_headers, columns[shown.back()].sentence, 0};
  for (const auto& row : rows) layout.longest_word = std::max(layout.longest_word, longest_word(row[shown.front()]));
  for (const auto column : shown) {
    auto width = header_of(columns[column], short_headers).size();
    for (const auto& row : rows) width = std::max(width, row[column].size());
    layout.widths.push_back(width);
  }
  return layout;
}

// Takes from a column what the layout is too wide by, but leaves it `least`.
void shrink(std::size_t& column, std::size_t least, const Layout& layout, std::size_t width) {
  const auto total = layout.total();
  if (total > width && column > least) column -= std::min(total - width, column - least);
}

// Narrows the sentences, then the first column to make the layout fit; false when that would leave it less than
// `least` columns.
bool fit(Layout& layout, std::size_t width, std::size_t least) {
  if (layout.total() <= width) return true;
  if (layout.sentence) {
    shrink(layout.widths.back(), kGoodSentence, layout, width);
    shrink(layout.widths.front(), std::max(layout.longest_word, least), layout, width);
    shrink(layout.widths.back(), kLeastSentence, layout, width);
    if (layout.total() <= width) return true;
  }
  const auto over = layout.total() - width;
  if (layout.widths.front() < over + least) return false;
  layout.widths.front() -= over;
  return true;
}

Layout choose_layout(const std::vector<TextColumn>& columns,
                     const std::vector<std::vector<std::string>>& rows, std::size_t width) {
  std::vector<std::size_t> shown(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) shown[i] = i;
  for (const auto& [gap, short_headers] : {std::pair{3, false}, std::pair{2, false}, std::pair{2, true}}) {
    auto layout = make_layout(columns, rows, shown, static_cast<std::size_t>(gap), short_headers);
    if (layout.sentence && gap == 3 && layout.total() > width) continue;  // sentences need the room more
    if (fit(layout, width, kLeastNameWidth)) return layout;
  }
  while (true) {
    auto layout = make_layout(columns, rows, shown, 2, true);
    if (fit(layout, width, kLeastNameWidth)) return layout;
    const auto next = std::max_element(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
      return columns[a].drop_rank < columns[b].drop_rank;
    });
    if (columns[*next].drop_rank == 0) {
      if (!fit(layout, width, 1)) layout.widths.front() = 1;
      return layout;
    }
    shown.erase(next);
  }
}

void render_row(const std::vector<TextColumn>& columns, const Layout& layout, const std::vector<std::string>& cells,
                std::size_t width, std::vector<std::string>& lines) {
  // A name is wrapped, never cut: often only its end tells two rows apart.
  std::vector<std::vector<std::string>> parts;
  std::size_t height = 1;
  for (std::size_t i = 0; i < layout.shown.size(); ++i) {
    const auto& cell = cells[layout.shown[i]];
    const bool wraps = i == 0 || (layout.sentence && i + 1 == layout.shown.size());
    parts.push_back(wraps ? wrap(cell, layout.widths[i]) : std::vector<std::string>{cut(cell, layout.widths[i])});
    height = std::max(height, parts.back().size());
  }
  for (std::size_t row = 0; row < height; ++row) {
    std::string line;
    for (std::size_t i = 0; i < layout.shown.size(); ++i) {
      if (i > 0) line.append(layout.gap, ' ');
      const auto text = row < parts[i].size() ? parts[i][row] : std::string{};
      const std::string padding(layout.widths[i] - text.size(), ' ');
      line += columns[layout.shown[i]].numeric ? padding + text : text + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(cut(line, width));
  }
}

}  // namespace

std::vector<std::string> render_table(const std::vector<TextColumn>& columns,
                                      const std::vector<std::vector<std::string>>& rows, std::size_t width) {
  const auto layout = choose_layout(columns, rows, width);
  std::vector<std::string> headers;
  for (const auto& column : columns) headers.push_back(header_of(column, layout.short_headers));
  std::vector<std::string> lines;
  render_row(columns, layout, headers, width, lines);
  for (const auto& row : rows) render_row(columns, layout, row, width, lines);
  return lines;
}

}  // namespace spanwise::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/text_table.h"

#include <algorithm>

#include "reports/text.h"

namespace spanwise::reports {
namespace {

// The first column may be cut down to this before other columns are dropped.
constexpr std::size_t kNameWidth = 17;

struct Layout {
  std::vector<std::size_t> shown;   // indices of columns
  std::vector<std::size_t> widths;  // of the shown columns
  std::size_t gap = 3;
  bool short_headers = false;

  std::size_t total() const {
    std::size_t sum = gap * (widths.size() - 1);
    for (const auto width : widths) sum += width;
    return sum;
  }
};

const std::string& header_of(const TextColumn& column, bool short_headers) {
  return short_headers && !column.short_header.empty() ? column.short_header : column.header;
}

Layout make_layout(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows,
                   const std::vector<std::size_t>& shown, std::size_t gap, bool short_headers) {
  Layout layout{shown, {}, gap, short_headers};
  for (const auto column : shown) {
    auto width = header_of(columns[column], short_headers).size();
    for (const auto& row : rows) width = std::max(width, row[column].size());
    layout.widths.push_back(width);
  }
  return layout;
}

// Cuts the first column to make the layout fit; false when that would leave it less than `least` columns.
bool fit(Layout& layout, std::size_t width, std::size_t least) {
  const auto total = layout.total();
  if (total <= width) return true;
  const auto over = total - width;
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
    if (fit(layout, width, kNameWidth)) return layout;
  }
  while (true) {
    auto layout = make_layout(columns, rows, shown, 2, true);
    if (fit(layout, width, kNameWidth)) return layout;
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

std::string render_row(const std::vector<TextColumn>& columns, const Layout& layout,
                       const std::vector<std::string>& cells, std::size_t width) {
  std::string line;
  for (std::size_t i = 0; i < layout.shown.size(); ++i) {
    if (i > 0) line.append(layout.gap, ' ');
    const auto text = cut(cells[layout.shown[i]], layout.widths[i]);
    const std::string padding(layout.widths[i] - text.size(), ' ');
    line += columns[layout.shown[i]].numeric ? padding + text : text + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return cut(line, width);
}

}  // namespace

std::vector<std::string> render_table(const std::vector<TextColumn>& columns,
                                      const std::vector<std::vector<std::string>>& rows, std::size_t width) {
  const auto layout = choose_layout(columns, rows, width);
  std::vector<std::string> headers;
  for (const auto& column : columns) headers.push_back(header_of(column, layout.short_headers));
  std::vector<std::string> lines = {render_row(columns, layout, headers, width)};
  for (const auto& row : rows) lines.push_back(render_row(columns, layout, row, width));
  return lines;
}

}  // namespace spanwise::reports

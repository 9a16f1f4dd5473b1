// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/file.h"

namespace spanwise::cli {
namespace {

constexpr double kQuietSeconds = 2;
constexpr std::uint64_t kMaxExcerptFile = 64u << 20;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

bool print_result(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

void print_errors(const core::Diagnostics& diagnostics) {
  std::string file, source;
  for (const auto& diagnostic : diagnostics) {
    if (diagnostic.place.file != file && diagnostic.place.line > 0) {
      file = diagnostic.place.file;
      const auto text = core::read_file(file, kMaxExcerptFile);
      source = text ? *text : std::string{};
    }
    const auto shown = core::render(diagnostic, diagnostic.place.line > 0 ? source : std::string{});
    std::fwrite(shown.data(), 1, shown.size(), stderr);
  }
}

void print_warning(std::string_view text) { fmt::print(stderr, "warning: {}\n", text); }

int terminal_columns() {
  if (const char* columns = std::getenv("COLUMNS")) {
    int value = 0;
    if (std::from_chars(columns, columns + std::strlen(columns), value).ec == std::errc{} && value > 0) return value;
  }
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return std::min<int>(size.ws_col, 100);
  }
  return 100;
}

bool wants_color() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || no_color[0] == '\0') &&
         (term == nullptr || std::strcmp(term, "dumb") != 0);
}

Progress::Progress(std::string title) : title_(std::move(title)), begin_(now()), terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (drawn_ && terminal_) fmt::print(stderr, "\r\033[K");
}

void Progress::step(std::size_t done, std::size_t total, std::string_view what) {
  const double elapsed = now() - begin_;
  if (elapsed < kQuietSeconds && !drawn_) return;
  std::string left;
  if (done > 0) left = fmt::format(", about {:.0f} s left", elapsed / static_cast<double>(done) * static_cast<double>(total - done));
  fmt::print(stderr, "{}{} {}/{}{}: {}{}", terminal_ ? "\r\033[K" : "", title_, done + 1, total, left, what, terminal_ ? "" : "\n");
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace spanwise::cli

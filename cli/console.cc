// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/progress.h"
#include "core/file.h"

namespace spanwise::cli {
namespace {

constexpr std::uint64_t kMaxExcerptFile = 64u << 20;

int output_errno = 0;  // of the first write to stdout that failed

int columns_or(int fallback) {
  if (const char* columns = std::getenv("COLUMNS")) {
    int value = 0;
    if (std::from_chars(columns, columns + std::strlen(columns), value).ec == std::errc{} && value > 0) return value;
  }
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return std::min<int>(size.ws_col, 100);
  }
  return fallback;
}

}  // namespace

bool print_result(std::string_view text) {
  clear_progress_line();
  if (output_errno != 0) return false;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return true;
  output_errno = errno != 0 ? errno : EIO;
  return false;
}

Output output_state() {
  if (output_errno == 0) return Output::kGood;
  return output_errno == EPIPE ? Output::kReaderGone : Output::kFailed;
}

core::Diagnostics output_failure() {
  return core::fail(core::Fault::kEnvironment, fmt::format("cannot write to standard output: {}", std::strerror(output_errno)),
                    output_errno == ENOSPC ? "free some space, or send the output elsewhere" : "");
}

void print_errors(const core::Diagnostics& diagnostics) {
  clear_progress_line();
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

void print_warning(std::string_view text) {
  clear_progress_line();
  fmt::print(stderr, "warning: {}\n", text);
}

int terminal_columns() { return columns_or(100); }

int help_columns() { return columns_or(80); }

bool wants_color() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || no_color[0] == '\0') &&
         (term == nullptr || std::strcmp(term, "dumb") != 0);
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  out += "'";
  return out;
}

std::string shell_words(int count, const char* const* words) {
  std::string line;
  for (int i = 0; i < count; ++i) {
    const std::string word = words[i];
    const bool plain = word.find_first_of(" '\"$&|;<>()*?[]{}\\\n\t`!#~") == std::string::npos && !word.empty();
    line += (i > 0 ? " " : "") + (plain ? word : shell_quoted(word));
  }
  return line;
}

}  // namespace spanwise::cli

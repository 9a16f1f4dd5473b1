// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <thread>

namespace spanwise::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kQuiet = 2s;
constexpr auto kRedraw = 250ms;
constexpr auto kRepeat = 10s;  // without a terminal

// The one line that the program may have on the terminal.
struct State {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::string title, stage, what;
  std::size_t done = 0, total = 0;
  Clock::time_point begin, stage_begin, last_line;
  bool redraws = false;    // stderr is a terminal that can
  bool on_screen = false;  // a line is drawn and not yet ended
  bool fresh = false;      // a step that no line has shown
  std::jthread thread;
};

State& state() {
  static State the_state;
  return the_state;
}

bool terminal_redraws() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

void erase(State& s) {
  if (!s.on_screen) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  s.on_screen = false;
}

// With the mutex held.
void draw(State& s) {
  const auto now = Clock::now();
  if (now - s.begin < kQuiet) return;
  const auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
  const auto& title = s.stage.empty() ? s.title : s.stage;
  const auto words = progress_words(title, s.done, s.total, seconds(now - s.stage_begin), s.what);
  if (s.redraws) {
    fmt::print(stderr, "\r\033[K{} ({:.0f} s)", words.substr(0, 68), seconds(now - s.begin));
    s.on_screen = true;
  } else if (s.fresh || now - s.last_line >= kRepeat) {
    fmt::print(stderr, "{} ({:.0f} s)\n", words, seconds(now - s.begin));
    s.last_line = now;
    s.fresh = false;
  }
  std::fflush(stderr);
}

void run(const std::stop_token& stop) {
  auto& s = state();
  std::unique_lock lock(s.mutex);
  while (!s.ended.wait_for(lock, stop, kRedraw, [&] { return stop.stop_requested(); })) draw(s);
  erase(s);
}

void begin_stage(State& s, std::string title) {
  s.stage = std::move(title);
  s.stage_begin = Clock::now();
  s.done = s.total = 0;
  s.what.clear();
  s.fresh = true;
}

}  // namespace

Activity::Activity(std::string title) {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  s.title = std::move(title);
  s.begin = s.last_line = Clock::now();
  s.redraws = terminal_redraws();
  begin_stage(s, "");
  s.thread = std::jthread(run);
}

Activity::~Activity() {
  auto& s = state();
  s.thread.request_stop();
  s.thread.join();
}

Progress::Progress(std::string title) {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  begin_stage(s, std::move(title));
}

Progress::~Progress() {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  begin_stage(s, "");
  s.fresh = false;
}

void Progress::step(std::size_t done, std::size_t total, std::string_view what) {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  s.done = done;
  s.total = total;
  s.what = what;
  s.fresh = true;
}

void clear_progress_line() {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  erase(s);
}

std::string progress_words(std::string_view title, std::size_t done, std::size_t total, double elapsed, std::string_view what) {
  if (total == 0) return std::string(title);
  std::string left;
  if (done > 0) left = fmt::format(", about {:.0f} s left", elapsed / static_cast<double>(done) * static_cast<double>(total - done));
  return fmt::format("{} {}/{}{}: {}", title, std::min(done + 1, total), total, left, what);
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
// What long work is doing, on stderr, from the third second on: one line that is redrawn on a terminal, elsewhere a line
// at each new step and every ten seconds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spanwise::cli {

// From here on somebody waits for the program: starts the clock and the thread that draws. One at a time.
class Activity {
 public:
  explicit Activity(std::string title);
  ~Activity();
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;
};

// A stage of the activity; its end returns to the title of the activity.
class Progress {
 public:
  explicit Progress(std::string title);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `total` are finished and `what` is next: shows the time that is left.
  void step(std::size_t done, std::size_t total, std::string_view what);
};

// Takes the drawn line off the terminal; to be called before anything else is written.
void clear_progress_line();

// "checking kernels 3/8, about 12 s left: window4096 in decode". Nothing is left where no total is known.
std::string progress_words(std::string_view title, std::size_t done, std::size_t total, double elapsed, std::string_view what);

}  // namespace spanwise::cli

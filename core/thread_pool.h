// SPDX-License-Identifier: Apache-2.0
// The one thread pool. Items are taken in order, one at a time, by whichever thread is free; callers write results
// by item index, so nothing depends on the number of threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace spanwise::core {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // at least 1; the calling thread is one of them
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls body(item, worker) for every item in [0, count), worker in [0, threads()). Returns when all are done.
  // An exception of the body is thrown again here, after the other items have finished.
  void run(std::size_t count, const std::function<void(std::size_t item, int worker)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The number of processors this process may use.
int available_processors();

}  // namespace spanwise::core

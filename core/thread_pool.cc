// SPDX-License-Identifier: Apache-2.0
#include "core/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace spanwise::core {

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable start, finish;
  std::vector<std::thread> threads;
  const std::function<void(std::size_t, int)>* body = nullptr;
  std::atomic<std::size_t> next{0};
  std::size_t count = 0;
  std::size_t round = 0;   // grows with every run; a worker joins each round once
  std::size_t busy = 0;    // helpers still in the current round
  std::exception_ptr error;
  bool stop = false;

  void take_items(int worker) {
    for (std::size_t item = next++; item < count; item = next++) {
      try {
        (*body)(item, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
      }
    }
  }

  void help(int worker) {
    std::size_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex);
        start.wait(lock, [&] { return stop || round != seen; });
        if (stop) return;
        seen = round;
      }
      take_items(worker);
      const std::lock_guard lock(mutex);
      if (--busy == 0) finish.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  for (int worker = 1; worker < std::max(1, threads); ++worker) {
    state_->threads.emplace_back([state = state_.get(), worker] { state->help(worker); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->start.notify_all();
  for (auto& thread : state_->threads) thread.join();
}

int ThreadPool::threads() const { return static_cast<int>(state_->threads.size()) + 1; }

void ThreadPool::run(std::size_t count, const std::function<void(std::size_t, int)>& body) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->body = &body;
    state_->count = count;
    state_->next = 0;
    state_->busy = state_->threads.size();
    state_->error = nullptr;
    ++state_->round;
  }
  state_->start.notify_all();
  state_->take_items(0);
  std::unique_lock lock(state_->mutex);
  state_->finish.wait(lock, [&] { return state_->busy == 0; });
  if (state_->error) std::rethrow_exception(state_->error);
}

int available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace spanwise::core

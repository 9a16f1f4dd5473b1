// SPDX-License-Identifier: Apache-2.0
#include "core/thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace spanwise::core {
namespace {

TEST_CASE("every item is done once, by a worker that exists") {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{10'000}}) {
      std::vector<std::atomic<int>> done(count);
      std::atomic<int> strangers{0};
      pool.run(count, [&](std::size_t item, int worker) {
        ++done[item];
        if (worker < 0 || worker >= threads) ++strangers;
      });
      for (const auto& times : done) REQUIRE(times == 1);
      CHECK(strangers == 0);
    }
  }
}

TEST_CASE("many short rounds on one pool") {
  ThreadPool pool(4);
  std::atomic<std::size_t> sum{0};
  for (std::size_t round = 0; round < 2000; ++round) pool.run(3, [&](std::size_t item, int) { sum += item; });
  CHECK(sum == 2000 * 3);
}

TEST_CASE("workers do not share their number at one time") {
  constexpr int kThreads = 4;
  ThreadPool pool(kThreads);
  std::vector<std::atomic<int>> busy(kThreads);
  std::atomic<bool> shared{false};
  pool.run(5000, [&](std::size_t, int worker) {
    if (busy[worker]++ != 0) shared = true;
    --busy[worker];
  });
  CHECK_FALSE(shared);
}

TEST_CASE("an exception comes back after the other items, and the pool lives on") {
  ThreadPool pool(3);
  std::atomic<int> done{0};
  const auto body = [&](std::size_t item, int) {
    if (item == 7) throw std::runtime_error("seven");
    ++done;
  };
  CHECK_THROWS_WITH_AS(pool.run(100, body), "seven", std::runtime_error);
  CHECK(done == 99);
  done = 0;
  CHECK_NOTHROW(pool.run(5, body));
  CHECK(done == 5);
}

TEST_CASE("a pool has at least the calling thread") {
  ThreadPool pool(0);
  int ran = 0;
  pool.run(4, [&](std::size_t, int worker) { ran += worker == 0 ? 1 : 100; });
  CHECK(ran == 4);
  CHECK(available_processors() >= 1);
}

}  // namespace
}  // namespace spanwise::core

// SPDX-License-Identifier: Apache-2.0
// Dense attention on this processor as a share of its multiply-add peak, and how it scales to two threads.
//
// Each round times a peak loop and then the kernel on a few query tiles of the full length: short rounds, so
// that some fall into quiet moments of a shared machine. One thread is timed in processor time, two threads
// in wall time. "best" compares the best rounds of both, "median" takes the ratio of each round. FLOPs are 4
// * head_dim per visible pair.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/statistics.h"
#include "kernels/check.h"
#include "kernels/cpu/attention.h"
#include "kernels/inputs.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;

constexpr std::int64_t kPeakRounds = 1'000'000;

double wall_seconds(const auto& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double processor_seconds(const auto& run) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  run();
  return now() - start;
}

patterns::Case dense(std::int64_t length, std::int64_t head_dim, bool causal) {
  patterns::Case shape;
  shape.pattern = patterns::Dense{causal};
  shape.q_len = shape.kv_len = length;
  shape.q_heads = shape.kv_heads = 2;  // an even number of equal items for two threads
  shape.head_dim = shape.head_dim_v = head_dim;
  shape.dtype = shape.kv_dtype = core::DType::kFp32;
  return shape;
}

// Lengths are multiples of a tile, so every word of a mask stands for a query.
double flops_of(const patterns::Case& shape, const TilePlan& plan) {
  std::int64_t pairs = 0;
  for (const auto visit : plan.visits) {
    if (visit.mask == TileVisit::kFull) {
      pairs += kQueryTile * kKeyTile;
    } else {
      for (const auto word : plan.masks[static_cast<std::size_t>(visit.mask)]) pairs += std::popcount(word);
    }
  }
  return 4.0 * static_cast<double>(pairs * shape.head_dim * shape.q_heads);
}

struct Memory {
  AlignedBuffer<float> queries, output, log_sum_exp;
  PackedTiles keys, values;

  Memory(const patterns::Case& shape, const TilePlan& plan, core::ThreadPool& pool)
      : queries(static_cast<std::size_t>(shape.q_heads * plan.rows * shape.head_dim)),
        output(queries.size()),
        log_sum_exp(static_cast<std::size_t>(shape.q_heads * plan.rows)),
        keys(pack_keys(shape, pool)),
        values(pack_values(shape, pool)) {
    fill_normal(shape.seed, Tensor::kQueries, 0, queries.span(), pool);
  }
  AttentionTensors tensors() const {
    return {queries.data(), &keys, &values, output.data(), log_sum_exp.data()};
  }
};

double best(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

void measure(std::int64_t length, std::int64_t head_dim, bool causal, int rounds, const TileOps& ops) {
  const auto shape = dense(length, head_dim, causal);
  const auto scale = static_cast<float>(score_scale(shape));
  const std::int64_t tiles = length / kQueryTile;
  const std::vector<std::int64_t> sample = {tiles / 8, tiles * 3 / 8, tiles * 5 / 8, tiles * 7 / 8};
  core::ThreadPool one(1), two(2);
  const auto plan = plan_tiles(shape, sample, std::uint64_t{1} << 30, two);
  const Memory memory(shape, *plan, two);
  Attention kernel(shape, *plan, ops, 2);
  const double flops = flops_of(shape, *plan);
  const double peak_flops = static_cast<double>(kPeakRounds) * ops.multiply_add(1);
  std::vector<double> peak, rate, share, wall, wall_two;
  for (int round = 0; round < rounds; ++round) {
    peak.push_back(peak_flops / processor_seconds([&] { ops.multiply_add(kPeakRounds); }));
    double seconds = 0;
    const auto run = [&] { seconds = processor_seconds([&] { kernel.run(memory.tensors(), scale, one); }); };
    wall.push_back(flops / wall_seconds(run));
    rate.push_back(flops / seconds);
    share.push_back(rate.back() / peak.back());
    wall_two.push_back(flops / wall_seconds([&] { kernel.run(memory.tensors(), scale, two); }));
  }
  fmt::print("{:>6} {:>4} {:>7} {:>8.1f} {:>8.1f} {:>7.1f} % {:>7.1f} % {:>7.2f} {:>7.2f}\n", length,
             head_dim, causal ? "causal" : "dense", best(peak) * 1e-9, best(rate) * 1e-9,
             100 * best(rate) / best(peak), 100 * core::median(share), best(wall_two) / best(wall),
             core::median(wall_two) / core::median(wall));
  std::fflush(stdout);
}

}  // namespace

// cpu_kernel_bench [rounds]
int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 40;
  const auto& ops = best_tile_ops();
  fmt::print("{}, {} rounds; GFLOP/s of one thread\n", ops.isa, rounds);
  fmt::print("{:>6} {:>4} {:>7} {:>8} {:>8} {:>9} {:>9} {:>15}\n", "length", "dim", "mask", "peak", "kernel",
             "best", "median", "two threads x");
  for (const std::int64_t head_dim : {64, 128}) {
    for (const bool causal : {false, true}) {
      for (const std::int64_t length : {1024, 2048, 4096, 8192})
        measure(length, head_dim, causal, rounds, ops);
    }
  }
  return 0;
}

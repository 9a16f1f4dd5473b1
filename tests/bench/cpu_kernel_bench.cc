// SPDX-License-Identifier: Apache-2.0
// The CPU kernels as shares of what this processor can do, measured in the same process.
//
//   cpu_kernel_bench [SECONDS] [check|host|dense|sparse|decode|threads]...
//
// check    every instruction set and dtype against float64 on small cases of every kind
// host     huge pages that a large buffer got, and the bandwidth at which one thread reads arrays of growing size
// dense    dense and causal attention of one thread as a share of the multiply-add peak of its instruction set
// sparse   lists of blocks, windows, neighborhoods in boxes and vertical lines, as a share of the kernel's own dense rate;
//          FLOPs of visible pairs only, where the label says "tiles" of the visited tiles
// decode   bytes of K and V a second over pages, as a share of the read bandwidth
// threads  dense attention with two threads and with all over one, and the same of the peak loop: what the machine itself gives
//
// Each round times a peak loop and then the kernel on a few query tiles: short rounds, so that some fall into quiet
// moments of a shared machine. "best" compares the best rounds of both, "median" takes the ratio of each round. One
// thread is timed in processor time. SECONDS (default 0.5) is the budget of a row.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/statistics.h"
#include "kernels/check.h"
#include "kernels/cpu/attention.h"
#include "kernels/cpu/attention_limits.h"
#include "kernels/cpu/attention_run.h"
#include "kernels/cpu/peak_ops.h"
#include "kernels/inputs.h"
#include "kernels/rounding.h"
#include "tests/bench/cpu_bench_cases.h"
#include "tests/bench/cpu_bench_host.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;

constexpr std::int64_t kPeakRounds = 300'000;
double budget = 0.5;

// One case set up: inputs, outputs, kernel.
class Setup {
 public:
  Setup(const patterns::Case& shape, TilePlan plan, const TileOps& ops, int threads)
      : shape_(shape),
        plan_(std::move(plan)),
        pool_(threads),
        queries_(static_cast<std::size_t>(shape.batch * shape.q_heads * plan_.rows * shape.head_dim)),
        output_(static_cast<std::size_t>(shape.batch * shape.q_heads * plan_.rows * shape.head_dim_v)),
        log_sum_exp_(static_cast<std::size_t>(shape.batch * shape.q_heads * plan_.rows)),
        keys_(pack_keys(shape, ops, pool_)),
        values_(pack_values(shape, ops, pool_)),
        kernel_({{&shape_, &plan_}}, ops, threads) {
    fill_normal(shape.seed, Tensor::kQueries, 0, queries_.span(), pool_);
    round_all(shape.dtype, queries_.span());
  }

  void run(core::ThreadPool& pool) {
    const AttentionTensors tensors = {queries_.data(), &keys_, &values_, nullptr, output_.data(), log_sum_exp_.data()};
    kernel_.run({&tensors, 1}, static_cast<float>(score_scale(shape_)), pool);
  }

  // Of the visited tiles, whatever their rows see.
  double tile_flops() const {
    const auto tiles = static_cast<double>(plan_.full_tiles + plan_.partial_tiles);
    return 2 * tiles * kQueryTile * kKeyTile * static_cast<double>(shape_.head_dim + shape_.head_dim_v);
  }

  double flops() const {
    return 2 * pairs_of(plan_) * static_cast<double>((shape_.head_dim + shape_.head_dim_v) * shape_.batch *
                                                     shape_.q_heads / plan_.group);
  }

 private:
  patterns::Case shape_;
  TilePlan plan_;
  core::ThreadPool pool_;
  AlignedBuffer<float> queries_, output_, log_sum_exp_;
  PackedTiles keys_, values_;
  Attention kernel_;
};

struct Ratio {
  double base = 0, value = 0, best = 0, median = 0;
};

// Rates of value() over base(), which return work a second, in alternating rounds.
Ratio ratio_of(const auto& base, const auto& value) {
  std::vector<double> bases, values, ratios;
  base(), value();
  const double end = now_of(CLOCK_MONOTONIC) + budget;
  do {
    bases.push_back(base());
    values.push_back(value());
    ratios.push_back(values.back() / bases.back());
  } while (now_of(CLOCK_MONOTONIC) < end || ratios.size() < 3);
  const double best_base = *std::max_element(bases.begin(), bases.end());
  const double best_value = *std::max_element(values.begin(), values.end());
  return {best_base, best_value, best_value / best_base, core::median(ratios)};
}

double peak_rate(const PeakOps& peak) {
  const std::int64_t rounds = peak.isa == "amx_bf16" ? kPeakRounds / 10 : kPeakRounds;
  double flops = 0;
  const double seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID, [&] { flops = peak.multiply_add(rounds); });
  return flops / seconds;
}

double kernel_rate(Setup& setup, core::ThreadPool& one) {
  return setup.flops() / seconds_of(CLOCK_THREAD_CPUTIME_ID, [&] { setup.run(one); });
}

std::vector<const TileOps*> fast_ops() {
  std::vector<const TileOps*> all;
  for (const auto dtype : kCpuDtypes) {
    for (const auto* ops : tile_ops_for(dtype)) {
      if (ops->isa != "x86-64") all.push_back(ops);
    }
  }
  return all;
}

int failures = 0;

void check_one(const std::string& label, const patterns::Case& shape) {
  for (const auto isa : runnable_isas()) {
    if (best_tile_ops(shape.dtype, isa).isa != isa) continue;
    core::ThreadPool pool(2);
    Request request;
    request.shape = shape;
    request.check = CheckRequest{16};
    const auto m = measure_attention(request, isa, std::uint64_t{8} << 30, pool);
    const bool good = m.status == MeasurementStatus::kOk;
    failures += good ? 0 : 1;
    if (good) continue;
    fmt::print("WRONG {} {} {}: {}", isa, core::name(shape.dtype), label, m.message);
    if (m.check) {
      fmt::print(" relative {:.2e} largest {:.2e} leaked {} unwritten {}", m.check->accuracy.relative_error,
                 m.check->accuracy.max_error, m.check->leaked_rows, m.check->unwritten);
    }
    fmt::print("\n");
  }
}

void check_all() {
  int cases = 0;
  const auto check = [&](const std::string& label, patterns::Case shape) {
    for (const auto dtype : kCpuDtypes) {
      shape.dtype = shape.kv_dtype = dtype;
      check_one(label, shape);
      ++cases;
    }
  };
  const auto fp32 = core::DType::kFp32;
  for (const std::int64_t dim : {1, 16, 32, 33, 64, 80, 96, 128, 192, 256}) {
    check(fmt::format("dense, head_dim {}", dim), case_of(fp32, 200, dim, patterns::Dense{false}));
    auto shape = case_of(fp32, 131, dim, patterns::Dense{true});
    shape.head_dim_v = 257 - dim;
    shape.q_heads = 4, shape.kv_heads = 2, shape.batch = 2;
    check(fmt::format("causal, head_dim {} and {}", dim, 257 - dim), shape);
  }
  for (const std::int64_t q_len : {1, 2, 7, 8, 9, 17, 33, 63}) {
    auto shape = case_of(fp32, 700, 64, patterns::Dense{true});
    shape.q_len = q_len;
    shape.q_heads = 3;
    check(fmt::format("{} queries of 700 keys", q_len), shape);
    shape.kv_len = 1;
    check(fmt::format("{} queries of one key", q_len), shape);
  }
  check("window", case_of(fp32, 777, 64, patterns::SlidingWindow{100, 5, true}));
  auto image = case_of(fp32, 23 * 29, 64, patterns::Neighborhood{{6, 5}, {2, 3}, {2, 1}, {false, true}});
  image.tokens = {23, 29};
  check("neighborhood", image);
  for (const std::int64_t page : {16, 32, 64, 256}) {
    auto shape = case_of(fp32, 1001, 96, patterns::Dense{true});
    shape.q_len = 1, shape.q_heads = 8, shape.kv_heads = 2, shape.batch = 3, shape.page = page;
    check(fmt::format("decode, pages of {}", page), shape);
  }
  auto ragged = case_of(fp32, 300, 64, patterns::Dense{true});
  ragged.batch = 3, ragged.q_heads = 2, ragged.q_lens = {300, 1, 77}, ragged.kv_lens = {300, 250, 77};
  ragged.params = R"({"sink_logits":true})";
  check("ragged with sink logits", ragged);
  check("rows of 32k keys", [&] {
    auto shape = case_of(fp32, 32768, 128, patterns::Dense{true});
    shape.q_len = 20;
    return shape;
  }());
  std::string isas;
  for (const auto isa : runnable_isas()) isas += fmt::format(" {}", isa);
  fmt::print("check: {} cases on{}: {} wrong\n", cases, isas, failures);
}

void print_ratio(const TileOps& ops, const std::string& label, const Ratio& ratio, const char* unit) {
  fmt::print("{:<12}{:<5}{:<34}{:>9.1f}{:>9.1f} {:<5}{:>5.1f} %{:>6.1f} %\n", ops.isa, core::name(ops.dtype), label,
             ratio.base * 1e-9, ratio.value * 1e-9, unit, 100 * ratio.best, 100 * ratio.median);
  std::fflush(stdout);
}

void bench_dense(const TileOps& ops) {
  core::ThreadPool one(1);
  const auto& peak = peak_ops(ops.isa);
  for (const std::int64_t dim : {64, 128}) {
    for (const auto& [length, causal] : {std::pair{1024, false}, {4096, false}, {8192, false}, {32768, false},
                                         {4096, true}}) {
      const auto shape = case_of(ops.dtype, length, dim, patterns::Dense{causal});
      Setup setup(shape, sampled(shape, kTogether, one), ops, 1);
      const auto ratio = ratio_of([&] { return peak_rate(peak); }, [&] { return kernel_rate(setup, one); });
      print_ratio(ops, fmt::format("{} {} d{} of peak", causal ? "causal" : "dense", length, dim), ratio, "GF/s");
    }
  }
}

void bench_sparse(const TileOps& ops) {
  constexpr std::int64_t kLength = 16384, kDim = 128;
  core::ThreadPool one(1);
  const auto dense_case = case_of(ops.dtype, kLength, kDim, patterns::Dense{false});
  Setup dense(dense_case, sampled(dense_case, kTogether, one), ops, 1);
  const auto compare = [&](const std::string& label, const patterns::Case& shape, TilePlan plan) {
    Setup sparse(shape, std::move(plan), ops, 1);
    print_ratio(ops, label + " of dense",
                ratio_of([&] { return kernel_rate(dense, one); }, [&] { return kernel_rate(sparse, one); }), "GF/s");
  };
  compare("64x64 blocks at 0.1", dense_case, random_blocks(kLength, 64, 0.1, 8));
  compare("64x64 blocks at 0.02", dense_case, random_blocks(kLength, 64, 0.02, 32));
  compare("16x64 blocks at 0.1", dense_case, random_blocks(kLength, 16, 0.1, 32));
  const auto window = case_of(ops.dtype, kLength, kDim, patterns::SlidingWindow{1024, 0, true});
  compare("window 1024", window, sampled(window, 8, one));
  const auto boxes = [&](const char* label, const patterns::Case& shape, bool tiles) {
    Setup sparse(shape, sampled(shape, 8, one), ops, 1);
    const auto rate = [&] {
      return kernel_rate(sparse, one) * (tiles ? sparse.tile_flops() / sparse.flops() : 1.0);
    };
    print_ratio(ops, fmt::format("{} of dense", label), ratio_of([&] { return kernel_rate(dense, one); }, rate), "GF/s");
  };
  const auto flat = [](std::int64_t side, std::int64_t stride) {
    return patterns::Neighborhood{{side, side}, {stride, stride}, {1, 1}, {false, false}};
  };
  const auto cube = [](std::int64_t side, std::int64_t stride) {
    return patterns::Neighborhood{{side, side, side}, {stride, stride, stride}, {1, 1, 1}, {false, false, false}};
  };
  boxes("2-D window 40, stride 8", boxed(ops.dtype, {96, 96}, {8, 8}, flat(40, 8)), false);
  boxes("2-D window 40, stride 1, tiles", boxed(ops.dtype, {96, 96}, {8, 8}, flat(40, 1)), true);
  boxes("3-D window 12, stride 4", boxed(ops.dtype, {16, 24, 24}, {4, 4, 4}, cube(12, 4)), false);
  boxes("3-D window 12, stride 1, tiles", boxed(ops.dtype, {16, 24, 24}, {4, 4, 4}, cube(12, 1)), true);
  const auto lines = columns(ops.dtype, kLength, 1024);
  compare("1024 vertical lines", lines, sampled(lines, 8, one));
}

void bench_decode(const TileOps& ops) {
  core::ThreadPool one(1);
  patterns::Case shape = case_of(ops.dtype, 16384, 128, patterns::Dense{true});
  shape.q_len = 1, shape.q_heads = 32, shape.kv_heads = 8, shape.batch = 2;
  shape.phase = patterns::Phase::kDecode;
  const auto bytes = static_cast<double>(shape.batch * shape.kv_heads * shape.kv_len * 2 * shape.head_dim *
                                         core::bytes_of(ops.dtype));
  AlignedBuffer<std::uint64_t> memory(std::size_t{24} << 20);
  std::fill_n(memory.data(), memory.size(), 1);
  const auto& peak = peak_ops(best_tile_ops(core::DType::kFp32).isa);
  std::uint64_t sum = 0;
  const auto read = [&] {
    const double seconds = seconds_of(CLOCK_MONOTONIC, [&] { sum += peak.read(memory.data(), memory.size()); });
    return static_cast<double>(memory.size() * 8) / seconds;
  };
  for (const std::int64_t page : {0, 16, 64}) {
    if (page == 16 && ops.chunk_step > 1) continue;
    shape.page = page;
    Setup setup(shape, std::move(*plan_tiles(shape, {}, std::uint64_t{1} << 30, one)), ops, 1);
    const auto kernel = [&] { return bytes / seconds_of(CLOCK_MONOTONIC, [&] { setup.run(one); }); };
    print_ratio(ops, page == 0 ? "decode 16k of read bandwidth" : fmt::format("decode 16k, pages of {}", page),
                ratio_of(read, kernel), "GB/s");
  }
}

void bench_threads(const TileOps& ops, int threads) {
  core::ThreadPool one(1), all(threads);
  auto shape = case_of(ops.dtype, 4096, 128, patterns::Dense{false});
  shape.q_heads = shape.kv_heads = std::max(2, 2 * threads);
  Setup setup(shape, sampled(shape, 8, one), ops, threads);
  const auto rate = [&](core::ThreadPool& pool) {
    return setup.flops() / seconds_of(CLOCK_MONOTONIC, [&] { setup.run(pool); });
  };
  print_ratio(ops, fmt::format("{} threads over one, dense 4096", threads),
              ratio_of([&] { return rate(one); }, [&] { return rate(all); }), "GF/s");
  const auto& peak = peak_ops(ops.isa);
  const std::int64_t rounds = peak.isa == "amx_bf16" ? kPeakRounds / 10 : kPeakRounds;
  const auto peaks = [&](core::ThreadPool& pool) {
    std::vector<double> flops(static_cast<std::size_t>(8 * threads));
    const double seconds = seconds_of(CLOCK_MONOTONIC, [&] {
      pool.run(flops.size(), [&](std::size_t i, int) { flops[i] = peak.multiply_add(rounds); });
    });
    return std::accumulate(flops.begin(), flops.end(), 0.0) / seconds;
  };
  print_ratio(ops, fmt::format("{} threads over one, peak loop", threads),
              ratio_of([&] { return peaks(one); }, [&] { return peaks(all); }), "GF/s");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> parts(argv + 1, argv + argc);
  if (!parts.empty() && parts.front().find_first_not_of("0123456789.") == std::string::npos) {
    budget = std::atof(parts.front().c_str());
    parts.erase(parts.begin());
  }
  const auto wanted = [&](const char* part) {
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  if (wanted("check")) check_all();
  if (wanted("host")) print_host();
  fmt::print("{:<12}{:<5}{:<34}{:>9}{:>9} {:<5}{:>7}{:>8}\n", "isa", "type", "case", "base", "kernel", "", "best",
             "median");
  const int threads = core::available_processors();
  for (const auto* ops : fast_ops()) {
    const bool newest = ops == tile_ops_for(ops->dtype).front();
    if (wanted("dense") && (newest || ops->dtype == core::DType::kBf16)) bench_dense(*ops);
    if (!newest) continue;
    if (wanted("sparse")) bench_sparse(*ops);
    if (wanted("decode")) bench_decode(*ops);
    if (wanted("threads")) bench_threads(*ops, 2);
    if (wanted("threads") && threads > 2) bench_threads(*ops, threads);
  }
  return failures == 0 ? 0 : 1;
}

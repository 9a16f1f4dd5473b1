// SPDX-License-Identifier: Apache-2.0
// How fast tiles are counted: static counts a second of a video neighborhood over all of its strides against one flat
// count of the same layout, JSON lines, the sweep over shipped tile pairs, a CSR list of a million tokens, and how the cost
// of structured patterns grows from 4k to 16M tokens. Rates are of processor time, on one core where nothing else is said,
// with the wall clock beside them. Arguments: the parts to run (counts, lines, sweep, list, growth), all without one.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "core/thread_pool.h"
#include "patterns/block_list.h"
#include "patterns/count_lines.h"
#include "patterns/sweep.h"
#include "patterns/tile_count.h"

using namespace spanwise;
using namespace spanwise::patterns;

namespace {

// Processor time of all threads, for cores may be shared; and the wall clock.
class Watch {
 public:
  double cpu() const { return static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC; }
  double wall() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count(); }

 private:
  std::clock_t cpu_ = std::clock();
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
};

CountRequest hunyuan_video() {
  CountRequest request;
  request.tokens = {30, 48, 80};
  request.pattern = Neighborhood{{18, 24, 24}, {1, 1, 1}, {1, 1, 1}, {false, false, false}};
  request.q_tile = {4, 8, 8};
  request.kv_tile = {2, 8, 8};
  request.tiling = Tiling::kStatic;
  return request;
}

// Seconds a count, over all strides; the sum of the results keeps the work from being left out.
double time_static(bool histogram, core::Count& sum) {
  CountRequest request = hunyuan_video();
  request.histogram = histogram;
  auto& rule = std::get<Neighborhood>(request.pattern);
  std::int64_t counts = 0;
  const Watch watch;
  while (watch.cpu() < 1.0) {
    for (rule.stride[0] = 1; rule.stride[0] <= rule.window[0]; ++rule.stride[0]) {
      for (rule.stride[1] = 1; rule.stride[1] <= rule.window[1]; ++rule.stride[1]) {
        for (rule.stride[2] = 1; rule.stride[2] <= rule.window[2]; ++rule.stride[2], ++counts) {
          sum += count_tiles(request)->kv_tiles;
        }
      }
    }
  }
  return watch.cpu() / static_cast<double>(counts);
}

double time_flat(core::Count& sum) {
  CountRequest request = hunyuan_video();
  request.tiling = Tiling::kFlat;
  const Watch watch;
  int counts = 0;
  for (; counts < 3 || watch.cpu() < 1.0; ++counts) sum += count_tiles(request)->kv_tiles;
  return watch.cpu() / counts;
}

// Different lines, as `spanwise count` takes them: in blocks, on as many threads.
void time_lines(int threads) {
  std::vector<std::string> lines;
  for (int i = 0; i < 4096; ++i) {
    lines.push_back(fmt::format(
        R"({{"id": "a{}", "tokens": [30,48,80], "pattern": {{"neighborhood": {{"window": [18,24,24], "stride": [{},{},{}]}}}}, )"
        R"("q_tile": [4,8,8], "kv_tile": [2,8,8], "tiling": "static"}})",
        i, 1 + i % 18, 1 + i % 24, 1 + i / 24 % 24));
  }
  core::ThreadPool pool(threads);
  const Watch watch;
  std::size_t counted = 0;
  for (; watch.wall() < 1.0; counted += lines.size()) {
    std::string out;
    count_lines(lines, pool, out);
  }
  const auto number = static_cast<double>(counted);
  fmt::print("JSON lines, {} threads: {:.0f} a second, {:.0f} a core and second of processor time\n", threads, number / watch.wall(), number / watch.cpu());
}

void time_sweep() {
  const Watch watch;
  std::size_t points = 0, pairs = 0;
  for (const char* name : {"natten-hopper-fna", "natten-blackwell-fna", "natten-cutlass-fna", "flex-attention"}) {
    const auto list = read_tile_pairs(std::string(SPANWISE_SOURCE_DIR) + "/configs/tiles/" + name + ".yaml");
    for (const auto& pair : list->pairs) {
      if (pair.q_tile.size() != 3) continue;
      points += sweep_strides({30, 48, 80}, std::get<Neighborhood>(hunyuan_video().pattern), list->tiling, pair)->size();
      ++pairs;
    }
  }
  fmt::print("sweep 30x48x80, window 18x24x24: {} tile pairs, {} points in {:.3f} s ({:.3f} s wall)\n", pairs, points, watch.cpu(),
             watch.wall());
}

void time_block_list() {
  Case shape;
  shape.q_len = shape.kv_len = 1 << 20;
  BlockMask mask;
  mask.q_block = mask.kv_block = 128;
  mask.random = RandomBlocks{0.05, 1};
  shape.pattern = mask;
  core::ThreadPool pool(1);
  const Watch watch;
  const auto list = make_block_list(shape, 128, 128, std::uint64_t{1} << 32, pool);
  fmt::print("CSR list of 1M tokens, 128-token blocks, 5 %: {} tiles in {:.3f} s ({:.3f} s wall)\n",
             list->full.tiles.size(), watch.cpu(), watch.wall());
}

void time_growth() {
  const Pattern patterns[] = {SlidingWindow{4096, 64, true}, Neighborhood{{2048}, {64}, {1}, {false}}, Power{256, 5, 1, true},
                              Strided{64, 16, 16, 3, true}};
  for (const auto& pattern : patterns) {
    fmt::print("{:<20}", short_name(pattern));
    for (std::int64_t tokens = 4096; tokens <= 1 << 24; tokens *= 16) {
      const CountRequest request{{tokens}, pattern, {128}, {128}};
      const Watch watch;
      int counts = 0;
      bool fine = true;
      for (; counts == 0 || (fine && watch.cpu() < 0.1); ++counts) fine = static_cast<bool>(count_tiles(request));
      fmt::print("  {}k: {}", tokens / 1024, fine ? fmt::format("{:.3f} ms", watch.cpu() / counts * 1e3) : "refused");
    }
    fmt::print("\n");
  }
}

void time_counts() {
  core::Count sum = 0;
  const double totals = time_static(false, sum), boxes = time_static(true, sum), flat = time_flat(sum);
  fmt::print("static 30x48x80, window 18x24x24: {:.2f} us a count, {:.0f} counts a second\n", totals * 1e6, 1 / totals);
  fmt::print("  with the histogram of its query tiles: {:.2f} us, {:.0f} a second\n", boxes * 1e6, 1 / boxes);
  fmt::print("flat   30x48x80, window 18x24x24: {:.2f} ms a count\n", flat * 1e3);
  fmt::print("flat / static: {:.0f}   (checksum {})\n", flat / boxes, core::to_string(sum));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> parts(argv + 1, argv + argc);
  const auto wanted = [&](std::string_view part) { return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end(); };
  if (wanted("counts")) time_counts();
  if (wanted("lines")) {
    time_lines(1);
    time_lines(2);
  }
  if (wanted("sweep")) time_sweep();
  if (wanted("list")) time_block_list();
  if (wanted("growth")) time_growth();
  return 0;
}

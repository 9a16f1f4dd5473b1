// SPDX-License-Identifier: Apache-2.0
// How fast tiles are counted: static counts a second of a video neighborhood over all of its strides against one flat
// count of the same layout, JSON lines, the sweep over shipped tile pairs, a CSR list of a million tokens, and how the cost
// of structured patterns grows from 4k to 16M tokens. Rates are of processor time, on one core where nothing else is said,
// with the wall clock beside them. Arguments: the parts to run (counts, lines, sweep, list, growth), all without one.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

struct Structured {
  const char* name;
  CountRequest request;  // at 4096 tokens; the slowest axis grows
};

// Every kind whose pairs follow a rule, and every tiling where it counts in another way.
std::vector<Structured> structured_kinds() {
  const auto line = [](Pattern pattern, Tiling tiling = Tiling::kFlat) { return CountRequest{{4096}, std::move(pattern), {128}, {128}, tiling}; };
  const auto video = [](Pattern pattern, Tiling tiling) {
    return CountRequest{{16, 16, 16}, std::move(pattern), {4, 8, 8}, {2, 8, 8}, tiling};
  };
  const Pattern strided = Strided{64, 16, 16, 3, true}, other = Strided{64, 16, 16, 11, true}, window = SlidingWindow{4096, 64, true};
  const Pattern cube = Neighborhood{{8, 8, 8}, {1, 1, 1}, {1, 1, 1}, {false, false, false}};
  const Pattern dilated = Neighborhood{{8, 4, 4}, {1, 1, 1}, {1, 2, 2}, {false, false, false}};
  auto extra = line(strided);
  extra.extra_kv_tokens = 300;
  std::vector<Structured> kinds = {{"dense, causal", line(Dense{true})},
                                   {"sliding_window 4096+64", line(window)},
                                   {"neighborhood 2048/64", line(Neighborhood{{2048}, {64}, {1}, {false}})},
                                   {"neighborhood 256@16, static", line(Neighborhood{{256}, {1}, {16}, {false}}, Tiling::kStatic)},
                                   {"strided 64, every 16th", line(strided)},
                                   {"  with 300 extra keys", extra},
                                   {"  not causal", line(Strided{64, 16, 16, 3, false})},
                                   {"union of two and a window", line(Union{{part(strided), part(other), part(window)}})},
                                   {"power 256, 5 blocks, 1 sink", line(Power{256, 5, 1, true})},
                                   {"reuse of the strided one", line(Reuse{0, part(strided)})}};
  for (const auto tiling : {Tiling::kStatic, Tiling::kDynamic, Tiling::kFlat}) {
    const bool flat = tiling == Tiling::kFlat, is_static = tiling == Tiling::kStatic;
    kinds.push_back({is_static ? "3-D 8x8x8, static" : flat ? "3-D 8x8x8, flat" : "3-D 8x8x8, dynamic", video(cube, tiling)});
    kinds.push_back({is_static ? "3-D dilated, static" : flat ? "3-D dilated, flat" : "3-D dilated, dynamic", video(dilated, tiling)});
    if (flat) continue;
    kinds.push_back({is_static ? "3-D dense causal, static" : "3-D dense causal, dynamic", video(Dense{true}, tiling)});
    kinds.push_back({is_static ? "3-D strided, static" : "3-D strided, dynamic", video(strided, tiling)});
  }
  return kinds;
}

struct Cost {
  double seconds = -1;  // refused
  std::int64_t peak_kib = 0;
};

// In a process of its own, so that its peak memory is that of the one count.
Cost cost_of(const CountRequest& request) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    const Watch watch;
    int counts = 0;
    bool fine = true;
    for (; counts == 0 || (fine && watch.cpu() < 0.02); ++counts) fine = static_cast<bool>(count_tiles(request));
    const double seconds = fine ? watch.cpu() / counts : -1;
    _exit(write(ends[1], &seconds, sizeof seconds) == sizeof seconds ? 0 : 1);
  }
  Cost cost;
  rusage used{};
  const bool read_it = child > 0 && read(ends[0], &cost.seconds, sizeof cost.seconds) == sizeof cost.seconds;
  close(ends[0]);
  close(ends[1]);
  if (child > 0) wait4(child, nullptr, 0, &used);
  if (!read_it) cost.seconds = -1;
  cost.peak_kib = used.ru_maxrss;
  return cost;
}

// Time and peak memory of a count, the memory beyond that of a count of next to nothing; without histograms, as
// `spanwise count` prints.
void time_growth() {
  const std::int64_t idle = cost_of({{2}, Dense{}, {1}, {1}}).peak_kib;
  fmt::print("{:<28}{:>16}{:>16}{:>16}{:>16}\n", "growth: ms, peak MiB", "4k tokens", "64k", "1M", "16M");
  for (auto& [name, request] : structured_kinds()) {
    fmt::print("{:<28}", name);
    request.histogram = false;
    for (int size = 0; size < 4; ++size) {
      const Cost cost = cost_of(request);
      const double mib = static_cast<double>(std::max<std::int64_t>(0, cost.peak_kib - idle)) / 1024;
      fmt::print("{:>16}", cost.seconds < 0 ? "refused" : fmt::format("{:.3f} {:5.1f}", cost.seconds * 1e3, mib));
      request.tokens[0] *= 16;
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

// SPDX-License-Identifier: Apache-2.0
// How fast tiles are counted: static counts a second of a video neighborhood over all of its strides, and one
// flat count of the same layout, on one core. Prints both and their ratio.
#include <fmt/format.h>

#include <cstdint>
#include <ctime>

#include "patterns/tile_count.h"

using namespace spanwise;
using namespace spanwise::patterns;

namespace {

// Processor time: counting runs on one core, which others may share.
double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

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
double time_static(core::Count& sum) {
  CountRequest request = hunyuan_video();
  auto& rule = std::get<Neighborhood>(request.pattern);
  std::int64_t counts = 0;
  const auto start = std::clock();
  while (seconds_since(start) < 1.0) {
    for (rule.stride[0] = 1; rule.stride[0] <= rule.window[0]; ++rule.stride[0]) {
      for (rule.stride[1] = 1; rule.stride[1] <= rule.window[1]; ++rule.stride[1]) {
        for (rule.stride[2] = 1; rule.stride[2] <= rule.window[2]; ++rule.stride[2], ++counts) {
          sum += count_tiles(request)->kv_tiles;
        }
      }
    }
  }
  return seconds_since(start) / static_cast<double>(counts);
}

double time_flat(core::Count& sum) {
  CountRequest request = hunyuan_video();
  request.tiling = Tiling::kFlat;
  const auto start = std::clock();
  int counts = 0;
  for (; counts < 3 || seconds_since(start) < 1.0; ++counts) sum += count_tiles(request)->kv_tiles;
  return seconds_since(start) / counts;
}

}  // namespace

int main() {
  core::Count sum = 0;
  const double boxes = time_static(sum), flat = time_flat(sum);
  fmt::print("static 30x48x80, window 18x24x24: {:.2f} us a count, {:.0f} counts a second\n", boxes * 1e6,
             1 / boxes);
  fmt::print("flat   30x48x80, window 18x24x24: {:.2f} ms a count\n", flat * 1e3);
  fmt::print("flat / static: {:.0f}   (checksum {})\n", flat / boxes, core::to_string(sum));
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/attention_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/int128.h"
#include "kernels/attention_params.h"
#include "kernels/check.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/device_inputs.h"
#include "kernels/cuda/forward.h"
#include "kernels/cuda/launch_timer.h"
#include "kernels/cuda/mma_forward.h"
#include "kernels/cuda/run_plan.h"
#include "kernels/cuda/tensor_map.h"
#include "kernels/leak_values.h"
#include "kernels/rounding.h"
#include "kernels/sequences.h"

namespace spanwise::kernels {
namespace {

using Half = std::uint16_t;  // bits of a bf16 or fp16 number
using patterns::Case;

constexpr std::uint64_t kMaxPlanBytes = std::uint64_t{4} << 30;
// Every byte of a poisoned output is 0xff: a NaN in both 16-bit formats and in fp32 that no arithmetic makes.
constexpr Half kPoisonHalf = 0xffff;
constexpr std::uint32_t kPoisonFloat = 0xffffffff;
// So small that every weight is exactly 1 and a masked score of -infinity still weighs nothing, as 0 would not.
constexpr float kLeakScale = 1e-30f;
// Half of the second-level cache: the other half holds queries, outputs and the tiles of the section before.
constexpr std::int64_t kSectionShare = 2;

float widen(Half bits, bool bf16) {
  return bf16 ? float_of_bf16(bits) : float_of_fp16(bits);
}

Half narrow(float value, bool bf16) {
  return bf16 ? bf16_of(value) : fp16_of(value);
}

std::vector<std::int32_t> first_tokens(const RunPlan& plan) {
  std::vector<std::int32_t> tokens;
  for (const auto& tile : plan.tiles) tokens.push_back(static_cast<std::int32_t>(tile.first_token));
  return tokens;
}

std::size_t elements(std::int64_t heads, std::int64_t rows, std::int64_t columns) {
  return static_cast<std::size_t>(heads * rows * columns);
}

std::string_view kernel_of(const Case& shape, const CudaDevice& device) {
  if (!shape.kernel.empty()) return shape.kernel;
  return device.hopper ? kHopperKernel : kMmaKernel;
}

// The memory of a case on the device and the kernel set up on it.
class AttentionRun {
 public:
  AttentionRun(const Case& shape, const RunPlan& plan, const CudaDevice& device)
      : shape_(shape),
        plan_(plan),
        device_(device),
        bf16_(shape.dtype == core::DType::kBf16),
        mma_(kernel_of(shape, device) == kMmaKernel),
        q_heads_(plan.sequences.front().shape.batch * shape.q_heads),
        kv_heads_(plan.sequences.front().shape.batch * shape.kv_heads),
        tile_tokens_(first_tokens(plan)),
        queries_(elements(q_heads_, plan.rows, shape.head_dim)),
        keys_(elements(kv_heads_, plan.keys, shape.head_dim)),
        values_(elements(kv_heads_, plan.keys, shape.head_dim)),
        output_(elements(q_heads_, plan.rows, shape.head_dim)),
        log_sum_exp_(elements(q_heads_, plan.rows, 1)),
        runs_(plan.runs),
        masks_(plan.masks),
        items_(order_items(plan, device.l2_bytes / kSectionShare)),
        queue_(std::vector<std::uint32_t>{0, 0}),
        sink_logits_(make_sink_logits(shape)),
        device_logits_(sink_logits_) {
    // What lies between the sequences of a ragged batch has no weight, but would spoil sums as a NaN.
    for (auto* tensor : {&queries_, &keys_, &values_}) tensor->fill(0);
    fill_inputs();
  }

  // Of the copy engine, which only Hopper's kernel uses.
  core::Status make_maps() {
    if (mma_) return core::Done{};
    const std::int64_t chunks = shape_.head_dim / 64;
    const auto map = [&](const DeviceBuffer<Half>& tensor, std::int64_t heads, std::int64_t rows, std::int64_t box_rows,
                         std::int64_t box_chunks, CUtensorMap& to) -> core::Status {
      auto made = make_map(tensor.data(), bf16_, {heads, rows, shape_.head_dim, box_rows, box_chunks});
      if (!made) return made.error();
      to = *made;
      return core::Done{};
    };
    if (auto s = map(queries_, q_heads_, plan_.rows, kCudaQueryTile, chunks, maps_.queries); !s) return s;
    if (auto s = map(keys_, kv_heads_, plan_.keys, plan_.key_tile, chunks, maps_.keys); !s) return s;
    if (auto s = map(values_, kv_heads_, plan_.keys, plan_.key_tile, chunks, maps_.values); !s) return s;
    return map(output_, q_heads_, plan_.rows, kCudaQueryTile / 2, 1, maps_.output);
  }

  CheckResult check(const CheckRequest& request, bool damage, core::ThreadPool& pool) {
    output_.fill(0xff);
    log_sum_exp_.fill(0xff);
    launch();
    synchronize();
    CheckResult result;
    auto halves = output_.read();
    const auto log_sum_exp = log_sum_exp_.read();
    if (damage) halves[0] = narrow(widen(halves[0], bf16_) + 1.0f, bf16_);
    for (const auto& sequence : plan_.sequences) {
      const auto own_halves = rows_of(sequence, halves, shape_.head_dim);
      const auto own_logs = rows_of(sequence, log_sum_exp, 1);
      result.unwritten += std::count(own_halves.begin(), own_halves.end(), kPoisonHalf) +
                          std::count_if(own_logs.begin(), own_logs.end(), [](float value) {
                            return std::bit_cast<std::uint32_t>(value) == kPoisonFloat;
                          });
      std::vector<float> output(own_halves.size());
      for (std::size_t i = 0; i < output.size(); ++i) output[i] = widen(own_halves[i], bf16_);
      const auto accuracy = compare_with_reference(sequence.shape, sample_of(sequence, request), {sequence.rows, output, own_logs},
                                                   pool, sink_logits_);
      result.accuracy.rows += accuracy.rows;
      result.accuracy.relative_error = std::max(result.accuracy.relative_error, accuracy.relative_error);
      result.accuracy.max_error = std::max(result.accuracy.max_error, accuracy.max_error);
    }
    result.leaked_rows = leaks(request, pool);
    return result;
  }

  void launch() { launch(nullptr, natural_scale()); }

 private:
  float natural_scale() const { return static_cast<float>(score_scale(shape_)); }

  static void synchronize() { check_cuda(cudaDeviceSynchronize(), "attention kernel"); }

  std::vector<SampledRow> sample_of(const PlanSequence& sequence, const CheckRequest& request) const {
    const auto first = plan_.tiles.begin() + static_cast<std::ptrdiff_t>(sequence.first_tile);
    return sample_rows({first, first + static_cast<std::ptrdiff_t>(sequence.tiles)}, request.rows_per_tile);
  }

  // The sequence's part of a tensor [q_heads][rows][columns].
  template <class T>
  std::vector<T> rows_of(const PlanSequence& sequence, const std::vector<T>& tensor, std::int64_t columns) const {
    std::vector<T> part;
    part.reserve(elements(q_heads_, sequence.rows, columns));
    for (std::int64_t head = 0; head < q_heads_; ++head) {
      const auto begin = tensor.begin() + (head * plan_.rows + sequence.first_row) * columns;
      part.insert(part.end(), begin, begin + sequence.rows * columns);
    }
    return part;
  }

  void fill_inputs() {
    for (const auto& sequence : plan_.sequences) {
      const auto& shape = sequence.shape;
      const auto fill = [&](NormalRows what, const DeviceBuffer<Half>& to, std::int64_t first_row) {
        what.seed = shape.seed;
        what.dim = shape.head_dim;
        check_cuda(fill_normal_rows(what, bf16_, to.data() + first_row * shape.head_dim, nullptr), "making inputs");
      };
      fill({0, Tensor::kQueries, q_heads_, shape.q_len, 0, sequence.rows, plan_.rows, tile_tokens_.data() + sequence.first_tile},
           queries_, sequence.first_row);
      fill({0, Tensor::kKeys, kv_heads_, shape.kv_len, 0, shape.kv_len, plan_.keys, nullptr}, keys_, sequence.first_key);
      fill({0, Tensor::kValues, kv_heads_, shape.kv_len, 0, shape.kv_len, plan_.keys, nullptr}, values_, sequence.first_key);
    }
    synchronize();
  }

  void launch(float* wide, float scale) {
    const ForwardWork work{runs_.data(),
                           items_.data(),
                           static_cast<std::int32_t>(items_.size()),
                           static_cast<std::int32_t>(shape_.q_heads / shape_.kv_heads),
                           masks_.data(),
                           queue_.data()};
    ForwardOutput output{log_sum_exp_.data(), output_.data(), wide, static_cast<std::int32_t>(plan_.rows)};
    // Weights of the leak run are all 1: a sink logit would take its share of them.
    if (!sink_logits_.empty() && wide == nullptr) output.sink_logits = device_logits_.data();
    output.sink_heads = static_cast<std::int32_t>(shape_.q_heads);
    const auto type = bf16_ ? HalfType::kBf16 : HalfType::kFp16;
    const int head_dim = static_cast<int>(shape_.head_dim);
    const PlainTensors tensors{queries_.data(), keys_.data(), values_.data(), static_cast<std::int32_t>(plan_.rows),
                               static_cast<std::int32_t>(plan_.keys)};
    check_cuda(mma_ ? launch_mma_forward(type, head_dim, tensors, work, output, scale, nullptr)
                    : launch_forward(type, head_dim, plan_.key_tile, maps_, work, output, scale, device_.processors, nullptr),
               "launching the attention kernel");
  }

  // A run whose weights are all 1, with the values of leak_values.h and outputs in fp32, in which they are exact.
  std::int64_t leaks(const CheckRequest& request, core::ThreadPool& pool) {
    for (const auto& sequence : plan_.sequences) put_leak_values(sequence, pool);
    DeviceBuffer<float> wide(output_.size());
    wide.fill(0xff);
    log_sum_exp_.fill(0xff);
    launch(wide.data(), kLeakScale);
    synchronize();
    const auto output = wide.read();
    const auto log_sum_exp = log_sum_exp_.read();
    std::int64_t leaked = 0;
    for (const auto& sequence : plan_.sequences) {
      const auto own_output = rows_of(sequence, output, shape_.head_dim);
      const auto own_logs = rows_of(sequence, log_sum_exp, 1);
      leaked += count_leaked_rows(sequence.shape, sample_of(sequence, request), {sequence.rows, own_output, own_logs}, pool);
    }
    fill_inputs();
    return leaked;
  }

  void put_leak_values(const PlanSequence& sequence, core::ThreadPool& pool) {
    const std::int64_t kv_len = sequence.shape.kv_len;
    const LeakValues values(kv_len, shape_.head_dim);
    std::vector<Half> head(elements(1, kv_len, shape_.head_dim));
    pool.run(static_cast<std::size_t>(kv_len), [&](std::size_t key, int) {
      std::vector<float> row(static_cast<std::size_t>(shape_.head_dim));
      values.fill(static_cast<std::int64_t>(key), row);
      for (std::size_t i = 0; i < row.size(); ++i) head[key * row.size() + i] = narrow(row[i], bf16_);
    });
    for (std::int64_t i = 0; i < kv_heads_; ++i) {
      check_cuda(cudaMemcpy(values_.data() + elements(1, i * plan_.keys + sequence.first_key, shape_.head_dim), head.data(),
                            head.size() * sizeof(Half), cudaMemcpyHostToDevice),
                 "copy to the device");
    }
  }

  const Case& shape_;
  const RunPlan& plan_;
  const CudaDevice& device_;
  bool bf16_;
  bool mma_;  // kMmaKernel
  std::int64_t q_heads_, kv_heads_;
  DeviceBuffer<std::int32_t> tile_tokens_;
  DeviceBuffer<Half> queries_, keys_, values_, output_;
  DeviceBuffer<float> log_sum_exp_;
  DeviceBuffer<TileRun> runs_;
  DeviceBuffer<std::uint32_t> masks_;
  DeviceBuffer<WorkItem> items_;
  DeviceBuffer<std::uint32_t> queue_;
  std::vector<float> sink_logits_;
  DeviceBuffer<float> device_logits_;
  ForwardMaps maps_{};
};

std::string unsupported_shape(const Case& shape, std::string_view kernel) {
  if (shape.dtype != shape.kv_dtype || (shape.dtype != core::DType::kBf16 && shape.dtype != core::DType::kFp16)) {
    return fmt::format("{} takes bf16 or fp16, the same for queries and keys", kernel);
  }
  const bool wide = shape.head_dim == 256 && kernel == kHopperKernel;
  if (shape.head_dim != shape.head_dim_v || (shape.head_dim != 64 && shape.head_dim != 128 && !wide)) {
    return fmt::format("{} takes head_dim 64{}, the same for values", kernel,
                       kernel == kHopperKernel ? ", 128 or 256" : " or 128");
  }
  if (shape.page != 0) return "paged KV caches are not supported";
  if (auto reason = unsupported_batch(shape); !reason.empty()) return reason;
  if (shape.cache == patterns::Cache::kCold) return "cold caches are not supported";
  if (shape.tiling != patterns::Tiling::kFlat) {
    return fmt::format("{} tiling is not supported, only flat", patterns::name(shape.tiling));
  }
  if (const auto determined = patterns::check_determined(shape.pattern); !determined) {
    return determined.error().front().message;
  }
  return {};
}

bool is_own_tile(const patterns::Lengths& tile, std::int64_t size) {
  return tile.empty() || patterns::volume(tile) == size;
}

}  // namespace

std::string cuda_unsupported_reason(const Request& request, const CudaDevice& device) {
  const auto& shape = request.shape;
  const auto kernel = kernel_of(shape, device);
  if (kernel == kHopperKernel && !device.hopper) return fmt::format("{} needs compute capability 9.0", kernel);
  if (kernel != kHopperKernel && kernel != kMmaKernel) {
    return fmt::format("unknown kernel '{}', this runner has {} and {}", kernel, kHopperKernel, kMmaKernel);
  }
  if (auto reason = unsupported_shape(shape, kernel); !reason.empty()) return reason;
  const int key_tile = cuda_key_tile(shape);
  if (!is_own_tile(shape.q_tile, kCudaQueryTile) || !is_own_tile(shape.kv_tile, key_tile)) {
    return fmt::format("tiles are {} queries by {} keys", kCudaQueryTile, key_tile);
  }
  if (auto reason = unsupported_params(shape); !reason.empty()) return reason;
  if (!request.q_tiles.empty() && is_ragged(shape)) return "q_tiles name tiles of one length, the batch is ragged";
  if (request.check && !LeakValues::fits(shape.kv_len, shape.head_dim_v)) {
    return fmt::format("the leak check is exact in fp32 only for shorter rows than {} keys", shape.kv_len);
  }
  return {};
}

Measurement measure_cuda_attention(const Request& request, const CudaDevice& device, core::ThreadPool& pool, double slowdown) {
  const auto& shape = request.shape;
  if (auto reason = cuda_unsupported_reason(request, device); !reason.empty()) {
    return refusal(MeasurementStatus::kUnsupported, std::move(reason));
  }
  const std::int64_t query_tiles = core::ceil_div(shape.q_len, std::int64_t{kCudaQueryTile});
  if (!request.q_tiles.empty() && request.q_tiles.back() >= query_tiles) {
    return refusal(MeasurementStatus::kError,
                   fmt::format("q_tiles names tile {}, but the case has {} query tiles of {} tokens",
                               request.q_tiles.back(), query_tiles, kCudaQueryTile));
  }
  const auto plan = plan_runs(shape, request.q_tiles, kMaxPlanBytes, pool);
  if (!plan) return refusal(MeasurementStatus::kOutOfMemory, plan.error().front().message);

  AttentionRun run(shape, *plan, device);
  if (const auto status = run.make_maps(); !status) {
    return refusal(MeasurementStatus::kError, status.error().front().message);
  }
  Measurement measurement;
  measurement.kernel = kernel_of(shape, device);
  measurement.work = Work{static_cast<std::int64_t>(plan->tiles.size()), plan->full_tiles, plan->partial_tiles};
  if (request.check) {
    measurement.check = run.check(*request.check, request.damage_output, pool);
    const double bar = error_bar(shape.dtype);
    if (!passes(*measurement.check, bar)) {
      measurement.status = MeasurementStatus::kWrong;
      measurement.message = fmt::format("beyond the error bar of {:g}, or rows leaked or unwritten", bar);
    }
  }
  if (request.time) {
    time_launches(request, LaunchTimer::kShortest, device.nvml, [&] { run.launch(); }, measurement, slowdown);
  }
  return measurement;
}

}  // namespace spanwise::kernels

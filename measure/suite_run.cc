// SPDX-License-Identifier: Apache-2.0
#include "measure/suite_run.h"

#include <algorithm>

#include "core/int128.h"
#include "core/interrupt.h"
#include "patterns/operator_case.h"
#include "patterns/tile_count.h"

namespace spanwise::measure {
namespace {

using patterns::Case;

constexpr std::int64_t kCheckedRows = 2;
constexpr const char* kPeaks[] = {"peak_matrix", "peak_matrix_bf16", "read_bandwidth"};

// The one that a case is a share of.
std::string peak_of(const SuiteRow& row, const std::string& device_kind) {
  if (row.bound == Bound::kMemory) return "read_bandwidth";
  // Both 16-bit formats run at one rate on a GPU's matrix units; CPUs have no fp16 ones and compute in fp32.
  const bool half = row.shape.dtype == core::DType::kBf16 || (row.shape.dtype == core::DType::kFp16 && device_kind != "cpu");
  return half ? "peak_matrix_bf16" : "peak_matrix";
}

core::Result<std::map<std::string, double>> measure_peaks(RunnerClient& runner) {
  std::map<std::string, double> peaks;
  for (const char* op : kPeaks) {
    Request request;
    request.shape.op = op;
    request.min_samples = 5;
    request.max_seconds = 0.5;
    const auto m = runner.run(request);
    if (!m) return m.error();
    if (m->rate) peaks[op] = *m->rate;  // a device that has no such operator gives no share
  }
  return peaks;
}

std::int64_t at(const std::vector<std::int64_t>& lengths, std::size_t i, std::int64_t uniform) {
  return lengths.empty() ? uniform : lengths[i];
}

// Keys of all sequences.
double keys_of(const Case& shape) {
  double keys = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape.batch); ++i) {
    keys += static_cast<double>(at(shape.kv_lens, i, shape.kv_len));
  }
  return keys;
}

double flops_of(const Case& shape) {
  double pairs = 0;
  const bool ragged = !shape.q_lens.empty() || !shape.kv_lens.empty();
  if (!ragged) {
    pairs = static_cast<double>(shape.batch) * visible_pairs(shape);
  } else {
    for (std::size_t i = 0; i < static_cast<std::size_t>(shape.batch); ++i) {
      Case part = shape;
      part.q_len = at(shape.q_lens, i, shape.q_len);
      part.kv_len = at(shape.kv_lens, i, shape.kv_len);
      pairs += visible_pairs(part);
    }
  }
  return 2 * pairs * static_cast<double>(shape.q_heads * (shape.head_dim + shape.head_dim_v));
}

bool reads_all_keys(const Case& shape) {
  return std::holds_alternative<patterns::Dense>(shape.pattern);
}

// An operator of a selector multiplies or moves; what it cannot avoid is its work.
SuiteRow operator_row(SuiteRow row) {
  const auto op = patterns::operator_shape(row.shape);
  if (!op) return row;
  const auto work = patterns::operator_work(*op, row.shape.head_dim, row.shape.dtype);
  row.bound = work.flops > 0 ? Bound::kMatrix : Bound::kMemory;
  row.work = work.flops > 0 ? work.flops : work.bytes;
  return row;
}

SuiteRow row_of(const SuiteEntry& entry) {
  SuiteRow row;
  row.name = entry.name;
  row.shape = entry.shape;
  const auto& shape = entry.shape;
  if (const auto op = patterns::operator_of(shape.op); op.has_value()) return operator_row(std::move(row));
  if (shape.op != "attention") return row;
  if (shape.phase == patterns::Phase::kDecode && reads_all_keys(shape)) {
    row.bound = Bound::kMemory;
    row.work = keys_of(shape) * static_cast<double>(shape.kv_heads * (shape.head_dim + shape.head_dim_v)) *
               core::bytes_of(shape.kv_dtype);
  } else {
    row.work = flops_of(shape);
  }
  return row;
}

Request request_of(const Suite& suite, const Case& shape, bool check) {
  Request request;
  request.shape = shape;
  request.check_rows_per_tile = check ? kCheckedRows : 0;
  request.min_samples = suite.min_samples;
  request.max_seconds = suite.max_seconds;
  request.limit_seconds = 300;
  return request;
}

// A was timed before; B has just been: B again, then A again. Rates are work over the mean of both medians.
core::Result<std::optional<double>> ratio_of(RunnerClient& runner, const Suite& suite, const SuiteRow& a, const SuiteRow& b) {
  double a_ms = 0, b_ms = 0;
  for (const auto* row : {&a, &b, &b, &a}) {
    const auto m = runner.run(request_of(suite, row->shape, false));
    if (!m) return m.error();
    if (!m->median_ms) return std::optional<double>{};
    (row == &a ? a_ms : b_ms) += *m->median_ms;
  }
  if (a.work <= 0 || b.work <= 0 || a.bound != b.bound) return std::optional(a_ms / b_ms);
  return std::optional((b.work / b_ms) / (a.work / a_ms));
}

}  // namespace

std::size_t SuiteResult::wrong() const {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const SuiteRow& row) {
    return row.measurement.status == CaseStatus::kWrong;
  }));
}

std::size_t SuiteResult::unfinished() const {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const SuiteRow& row) { return !row.measurement.median_ms; }));
}

double visible_pairs(const Case& shape) {
  patterns::CountRequest request;
  request.tokens = shape.tokens.empty() ? patterns::Lengths{shape.kv_len} : shape.grid();
  request.pattern = shape.pattern;
  request.q_tile = request.kv_tile = {64};
  const std::int64_t extra = shape.extra_tokens();
  request.extra_kv_tokens = extra;
  if (shape.q_len == shape.kv_len) {
    request.extra_q_tokens = extra;
  } else if (shape.tokens.empty()) {
    request.q_tokens = {shape.q_len};
  } else {
    return 0;  // some queries of a grid
  }
  const auto counts = patterns::count_tiles(request);
  return counts ? core::to_double(counts->pairs) : 0;
}

core::Result<SuiteResult> run_suite(RunnerClient& runner, const Suite& suite,
                                    const std::function<void(std::size_t, const std::string&)>& progress) {
  SuiteResult result;
  result.suite = suite.name;
  result.device = runner.hello();
  auto peaks = measure_peaks(runner);
  if (!peaks) return peaks.error();
  result.peaks = std::move(*peaks);
  for (const auto& entry : suite.entries) {
    if (core::interrupted()) break;
    progress(result.rows.size(), entry.name);
    auto row = row_of(entry);
    auto m = runner.run(request_of(suite, entry.shape, true));
    if (!m) return m.error();
    row.measurement = std::move(*m);
    const auto& median = row.measurement.median_ms;
    if (median && row.work > 0) {
      row.rate = row.work / (*median * 1e-3);
      const auto peak = result.peaks.find(peak_of(row, result.device.device_kind));
      if (peak != result.peaks.end()) row.share = *row.rate / peak->second;
    }
    if (entry.against && median) {
      const auto& other = result.rows[*entry.against];
      row.against = other.name;
      auto ratio = ratio_of(runner, suite, other, row);
      if (!ratio) return ratio.error();
      row.ratio = *ratio;
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace spanwise::measure

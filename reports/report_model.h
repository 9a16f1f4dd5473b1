// SPDX-License-Identifier: Apache-2.0
// Everything that a report of `plan` shows, as plain values. Whoever made the plan fills it in; the renderers
// (terminal.h, json.h, page.h) are pure functions of it, so all outputs show the same numbers.
//
// Times are seconds, shares and densities fractions of 1, speedups factors (2 = twice as fast). Names and
// sentences may hold any bytes: every renderer escapes or replaces what its output cannot hold. Numbers must
// be finite. All but the validation, what was not checked and the commands goes into report.json, which
// depends on the inputs alone: so no dates, paths or times measured in this run elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/provenance.h"

namespace spanwise::reports {

// Something that the reader did not say and how to say it: "target attention at most 50 % of its dense time"
// and "other: --limit NAME=VALUE".
struct Note {
  std::string text;             // without "[default]", which the renderers add to defaults
  std::string change;           // "other: --flag ..." or "give: --flag ..."; may be empty
  bool on_first_screen = true;  // false: in report.html and report.json only; the terminal counts it
};

struct Header {
  std::string model;
  std::int64_t layers = 0;
  std::int64_t q_heads = 0;   // per layer
  std::int64_t kv_heads = 0;  // per layer
  std::string hardware;
  bool hardware_defaulted = false;
  std::string hardware_change;    // "other: --hardware local|FILE"; shown when defaulted
  std::vector<Note> assumptions;  // weightiest first: "losses ASSUMED: shows where time can go, not that ..."
  std::vector<Note> defaults;     // what else was defaulted
};

struct Interval {
  double low = 0;
  double high = 0;
};

// One step of a ladder. Seconds never fall from one rung to the next.
struct Rung {
  std::string name;    // roof, flops, tiles, pipeline, memory, schedule, selection, launch, clock
  double seconds = 0;  // with this effect and all before it
  std::string reason;  // "12.5 % of the pairs are kept; whole tiles make it 14.1 %"
};

// Bounds on the speedup of one sparse kernel in one regime; the speedup of a rung is reference_seconds /
// seconds.
struct Ladder {
  std::string subject;  // what is bounded: "the plan's attention" or "window 4096 + 64 sinks on all heads"
  std::string reference_kernel;  // the named dense kernel behind reference_seconds
  double reference_seconds = 0;  // T_ref
  core::Basis reference_basis = core::Basis::kAssumed;
  std::vector<Rung> rungs;
  // Factors that stand apart from the rungs; absent when not known.
  std::optional<double> kernel_quality;       // T_ref / this kernel's own dense time
  std::optional<double> dense_schedule_loss;  // dense kernel: time with its schedule / without, at least 1
  std::optional<double> natten_worst_tile_speedup;  // NATTEN's figure, printed beside `tiles`
  std::optional<double> break_even_density;         // sparse wins below it, at this workload's length
  std::optional<std::int64_t> break_even_tokens;    // sparse wins from this length on, with the same rule
};

// Time of one kind of operator over all layers. The kinds of one workload add up to more than the whole
// model's time where operators overlap.
struct OperatorTime {
  std::string kind;  // attention, projections, FFN, other
  double dense_seconds = 0;
  double plan_seconds = 0;
  core::Basis basis = core::Basis::kAssumed;
};

// What the plan makes of a workload; absent when there is no plan.
struct PlannedTime {
  double attention_seconds = 0;  // priced by sim: launches, makespan, packing
  Interval attention_range;      // 90 %
  double searched_seconds = 0;   // what the search believed: the sum of its tables
  double model_seconds = 0;      // the whole model
};

struct Workload {
  std::string name;                // "prefill 32k, b1"; short: a table cell
  std::string description;         // one sentence: batch, queries, keys, grid, dtype
  std::string baseline_kernel;     // behind dense_seconds
  double dense_seconds = 0;        // attention of all layers
  double dense_model_seconds = 0;  // the whole model with dense attention
  std::optional<PlannedTime> plan;
  std::optional<double>
      tile_bound;  // bound on attention's speedup from visited tiles, for the sparsest rule offered; none where memory decides
  core::Basis basis = core::Basis::kAssumed;  // of the plan's time: the weakest of what went in
  std::optional<Ladder> ladder;
  std::vector<OperatorTime> operators;
};

// Attention share: attention time of the plan over that of dense, of the workload that the limit names.
struct FrontPoint {
  double attention_share = 0;
  double loss = 0;
};

// The four points of the first screen, at 100, 75, 50 and 25 %.
struct FrontSample {
  double share_limit = 1;                  // 0.5: attention at most 50 %
  std::optional<FrontPoint> best;          // exact; absent: not reachable
  std::optional<FrontPoint> best_uniform;  // the best plan with one rule everywhere; absent: not reachable
};

struct Front {
  std::string of;                     // "attention of prefill 32k, b1": what the shares are shares of
  std::string loss;                   // name or unit of the loss, "loss (assumed)"
  std::vector<FrontSample> samples;   // descending share_limit
  std::vector<FrontPoint> supported;  // ascending share; thousands are fine
  std::vector<FrontPoint> uniform;    // every uniform plan
  std::optional<FrontPoint> chosen;
};

struct PlanRule {
  std::string name;     // short and unique: "window4096+64"
  std::string words;    // as in a sentence: "window 4096 + 64 sinks"; empty: the name is used
  std::string pattern;  // JSON
  bool dense = false;
  std::vector<double> density;  // per workload, in the order of ReportModel::workloads
  double head_share = 0;        // of all (layer, KV head) cells
};

// rule[layer * kv_heads + kv_head] indexes Plan::rules.
struct HeadMap {
  std::int64_t layers = 0;
  std::int64_t kv_heads = 0;
  std::vector<std::int32_t> rule;
};

struct Plan {
  std::vector<PlanRule> rules;  // those that the map uses, dense first
  HeadMap map;
  std::optional<std::int64_t> break_even_tokens;  // "sparse wins from 6k tokens on"
};

struct Proof {
  enum class Status { kOptimal, kFeasible, kInfeasible };
  enum class Kind { kDual, kExhausted, kNone };
  Status status = Status::kFeasible;
  Kind kind = Kind::kNone;
  double gap = 0;              // relative
  bool proved_again = false;   // the checker, which shares no code with the search, closed the gap itself
  std::string tables_sha256;   // of problem.json
  std::string verify_command;  // never in report.json: it holds a path
  // Infeasible only: the limit that cannot be met and the nearest value that can.
  std::string tightest_limit;
  std::optional<double> limit_value, nearest_feasible;
};

// One kernel run, checked and timed. Shown in the terminal and in report.html, never in report.json.
struct CheckedCase {
  enum class Status { kOk, kWrong, kUnsupported, kError };
  std::string rule;
  std::string workload;
  std::string shape;  // as run: "q 32768 x kv 32768, 8 of 512 query tiles"
  Status status = Status::kOk;
  std::string message;  // why not ok
  std::optional<double> relative_error;
  double predicted_seconds = 0;
  struct Timing {
    double median = 0, p05 = 0, p95 = 0;
  };
  std::optional<Timing> measured;  // seconds
  std::string note;                // "true length, sampled tiles"
};

struct Validation {
  std::string where;   // "this CPU"
  std::string device;  // "Intel Xeon ..., 2 processors, avx2"
  std::vector<CheckedCase> cases;
};

struct NotChecked {
  std::string what;     // "times on h200-sxm; quality"
  std::string command;  // that would check it; may be empty
};

struct ProvenanceRow {
  std::string figure;  // "HBM bandwidth"
  std::string value;   // with its unit: "4.8 TB/s"
  core::Basis basis = core::Basis::kAssumed;
  std::string source;
};

struct ReportModel {
  Header header;
  std::vector<Workload> workloads;
  std::optional<Front> front;
  std::optional<Plan> plan;  // absent when the limits cannot be met
  Proof proof;
  std::optional<Validation> validation;
  std::vector<NotChecked> not_checked;
  std::vector<ProvenanceRow> provenance;
  std::string command_line;  // reproduces the report; never in report.json
  std::string version;       // of Spanwise
};

}  // namespace spanwise::reports

// SPDX-License-Identifier: Apache-2.0
// The main job: model, machine and losses in; a proved plan, its validation and a report out.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/plan_report.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "reports/json.h"
#include "reports/markdown.h"
#include "reports/page.h"
#include "reports/terminal.h"

namespace spanwise::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultHardware = "h200-sxm";
const std::vector<double> kFrontAt = {1.0, 0.75, 0.5, 0.25};

struct Inputs {
  sim::Model model;
  fs::path model_path;
  hwmodels::Machine machine;
  std::string hardware_origin = "given";
  tuner::Profile profile;
  bool hardware_defaulted = false;
  std::string dtype_note;
};

core::Result<Inputs> read_inputs(Session& session, const PlanOptions& options) {
  Inputs inputs;
  const auto model_path = hwmodels::find_data(options.model, "model", "configs/models", session.folders());
  if (!model_path) return model_path.error();
  auto model = sim::read_model(*model_path);
  if (!model) return model.error();
  inputs.model = std::move(*model);
  inputs.model_path = *model_path;
  auto hardware = options.hardware;
  if (hardware.empty()) {
    hardware = inputs.model.default_hardware.empty() ? kDefaultHardware : inputs.model.default_hardware;
    inputs.hardware_origin = place_of(*model_path, "default_hardware", "default");
    inputs.hardware_defaulted = true;
  }
  auto machine = session.machine(hardware);
  if (!machine) return machine.error();
  inputs.machine = std::move(*machine);
  if (const auto priced = sim::priced_dtype(inputs.model.dtype, inputs.machine, session.kernels()); priced != inputs.model.dtype) {
    inputs.dtype_note = fmt::format("priced in {}: no kernel of {} runs the model's {}", core::name(priced), inputs.machine.name,
                                    core::name(inputs.model.dtype));
    inputs.model.dtype = priced;
  }
  if (options.profile.empty()) {
    auto assumed = tuner::assumed_profile(inputs.model);
    if (!assumed) return assumed.error();
    inputs.profile = std::move(*assumed);
    return inputs;
  }
  const auto path = hwmodels::find_data(options.profile, "profile", "configs/profiles", session.folders());
  if (!path) return path.error();
  auto profile = tuner::read_profile(*path, inputs.model);
  if (!profile) return profile.error();
  inputs.profile = std::move(*profile);
  return inputs;
}

// Names of models and machines come from files; as part of a path they may hold nothing surprising.
std::string file_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return !(std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_'); }, '_');
  return name.empty() || name.front() == '.' ? "_" + name : name;
}

core::Status write_report(const fs::path& folder, const reports::ReportModel& report) {
  const auto page = reports::render_page(report);
  if (!page) return page.error();
  return core::write_file_atomically(folder / "report.html", *page);
}

core::Status write_plan(const fs::path& folder, const tuner::MadePlan& made, const reports::ReportModel& report) {
  const auto json = reports::render_json(report);
  if (!json) return json.error();
  if (auto done = core::write_file_atomically(folder / "problem.json", made.problem_json); !done) return done;
  if (made.plan) {
    if (auto done = core::write_file_atomically(folder / "plan.yaml", tuner::to_yaml(*made.plan)); !done) return done;
  }
  if (auto done = core::write_file_atomically(folder / "report.json", *json); !done) return done;
  return write_report(folder, report);
}

// What stays open, with the command that would close it.
void add_not_checked(reports::ReportModel& report, const Inputs& inputs, const std::string& plan_path, bool validated) {
  if (inputs.machine.name != "local" || !validated) {
    report.not_checked.push_back({"times on " + inputs.machine.name,
                                  inputs.machine.name == "local"
                                      ? fmt::format("spanwise validate {} --device cpu", plan_path)
                                      : fmt::format("spanwise validate {} --device \"ssh gpu spanwise-cuda\"", plan_path)});
  }
  report.not_checked.push_back({"quality", ""});
}

// A default that cannot be kept is nobody's wish: the nearest limit that can be is taken, and said. "Dense wins here" is an
// answer.
core::Result<tuner::MadePlan> make_plan_or_nearest(tuner::PlanInput input, std::string& note) {
  auto made = tuner::make_plan(input);
  if (!made || made->plan || !made->target.defaulted || !made->solution.nearest_feasible) return made;
  const double nearest = std::ceil(1e4 * *made->solution.nearest_feasible) / 100;  // in percent, upwards
  input.limits = {fmt::format("attention={:.2f}%", nearest)};
  note = nearest >= 100 ? std::string("dense wins here: no rule takes less time than dense attention")
                        : fmt::format("the default, at most 50 %, is out of reach: the least is {:.4g} %", nearest);
  return tuner::make_plan(input);
}

std::string settings(Session& session, const CommonOptions& common, const PlanOptions& options, const Inputs& inputs, const tuner::Target& target,
                     const fs::path& folder) {
  const auto& file = inputs.model_path;
  Settings all(common);
  all.add("model", file.string(), "given");
  all.add("hardware", inputs.machine.name, inputs.hardware_origin);
  all.add("dtype", std::string(core::name(inputs.model.dtype)), inputs.dtype_note.empty() ? place_of(file, "dtype", "default") : inputs.dtype_note);
  for (const auto& workload : inputs.model.workloads) all.add("workload", workload.label(), place_of(file, "workloads", "default"));
  all.add_option("losses", "--profile", inputs.profile.name, "default: assumed (docs/losses.md)");
  all.add("rules", fmt::format("{}", inputs.profile.rules.size()),
          options.profile.empty() ? place_of(file, "rules", "default: by rule of thumb") : place_of(options.profile, "rules", "given"));
  all.add_option("limit", "--limit", target.words());
  all.add_option("minimize", "--minimize", target.minimize);
  all.add_option("validate on", "--validate", options.validate);
  all.add_option("output", "--output", folder.string());
  all.add_common(session);
  return all.print("plan");
}

core::Result<int> report_infeasible(const tuner::MadePlan& made) {
  const auto nearest = made.solution.nearest_feasible;
  const auto* limit = made.tightest();
  if (limit == nullptr || !nearest) {
    return core::fail(core::Fault::kFinding, fmt::format("the limits cannot be kept: {}", made.target.words()), "no assignment keeps them");
  }
  const bool alone = made.solution.reason.find("while the other limits are kept") == std::string::npos;
  const auto others = alone ? "" : ", while the others are kept,";
  const auto hint = limit->share && limit->max < 10
                        ? fmt::format("the nearest value that can be reached{} is {:.4g} %: --limit {}={:.4g}%", others, 100 * *nearest,
                                      limit->name, std::ceil(1e4 * *nearest) / 100)
                        : fmt::format("the nearest value that can be reached{} is {:.6g}", others, *nearest);
  return core::fail(core::Fault::kFinding, fmt::format("the limit cannot be kept: {}", limit->words), hint);
}

std::string written(const fs::path& folder, bool validated) {
  const auto where = fmt::format("written {}/:", folder.string());
  const auto files = fmt::format("plan.yaml, report.html, report.json, problem.json{}", validated ? ", validation.json" : "");
  const bool fits = where.size() + 1 + files.size() <= static_cast<std::size_t>(terminal_columns());
  return fmt::format("\n{}{}{}\n", where, fits ? " " : "\n        ", files);
}

// Validation never loses the plan: whatever goes wrong here is said and kept beside it.
core::Result<int> validate_and_report(Session& session, const PlanOptions& options, const Inputs& inputs,
                                      const tuner::Plan& plan, const fs::path& folder, reports::ReportModel& report) {
  const auto plan_path = (folder / "plan.yaml").string();
  if (options.validate == "none") {
    add_not_checked(report, inputs, plan_path, false);
    report.not_checked.insert(report.not_checked.begin(), {"kernels", fmt::format("spanwise validate {}", plan_path)});
    if (auto done = write_report(folder, report); !done) return done.error();
    return 0;
  }
  auto validated = validate_plan(session, plan, options.validate);
  if (!validated) {
    if (core::exit_code(validated.error()) == 130) return validated.error();
    print_errors(validated.error());
    report.not_checked.push_back({"kernels: " + validated.error().front().message, fmt::format("spanwise validate {}", plan_path)});
    add_not_checked(report, inputs, plan_path, false);
    if (auto done = write_report(folder, report); !done) return done.error();
    return core::exit_code(validated.error());
  }
  if (auto done = core::write_file_atomically(folder / "validation.json", validation_json(*validated, plan)); !done) return done.error();
  add_validation(report, *validated);
  add_not_checked(report, inputs, plan_path, true);
  if (auto done = write_report(folder, report); !done) return done.error();
  if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted", "the plan and what was checked are kept in " + folder.string());
  return validated->wrong() || validated->unfinished() ? 1 : 0;
}

}  // namespace

core::Result<int> run_plan(const CommonOptions& common, const PlanOptions& options) {
  auto session = Session::open(common);
  if (!session) return session.error();
  auto inputs = read_inputs(**session, options);
  if (!inputs) return inputs.error();
  tuner::RulePrices prices(tuner::attention_task(inputs->model), inputs->profile.rules, (*session)->pricing(inputs->machine));
  if (auto done = prices.prepare((*session)->pool()); !done) return done.error();
  const fs::path folder = options.output.empty()
                              ? fs::path("out") / (file_name(inputs->model.name) + "@" + file_name(inputs->machine.name))
                              : fs::path(options.output);
  if (common.dry_run) {
    const auto target = tuner::make_target(options.limits, options.minimize, prices);
    if (!target) return target.error();
    print_result(settings(**session, common, options, *inputs, *target, folder));
    return 0;
  }
  const tuner::PlanInput plan_input{&inputs->model, &inputs->profile, &prices, options.limits, options.minimize, kFrontAt};
  std::string limit_note;
  const auto made = [&] {
    const Progress progress("searching for the plan");
    return make_plan_or_nearest(plan_input, limit_note);
  }();
  if (!made) return made.error();

  auto report = plan_report({&inputs->model, &inputs->profile, &prices, &*made, kFrontAt, inputs->hardware_defaulted,
                             limit_note, inputs->dtype_note, (folder / "plan.yaml").string(), options.command_line});
  if (!report) return report.error();
  if (auto done = write_plan(folder, *made, *report); !done) return done.error();
  if (!made->plan) return report_infeasible(*made);

  const auto code = validate_and_report(**session, options, *inputs, *made->plan, folder, *report);
  if (!code) return code;
  if (common.json) {
    const auto json = reports::render_json(*report);
    if (!json) return json.error();
    print_result(*json);
    return code;
  }
  if (common.markdown) {
    const auto text = reports::render_markdown(*report);
    if (!text) return text.error();
    print_result(*text);
    return code;
  }
  const auto screen = reports::render_terminal(*report, terminal_columns(), wants_color());
  if (!screen) return screen.error();
  print_result(*screen + written(folder, report->validation.has_value()));
  return code;
}

}  // namespace spanwise::cli

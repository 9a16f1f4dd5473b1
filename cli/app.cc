// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/suggest.h"

namespace spanwise::cli {
namespace {

using Run = std::function<core::Result<int>()>;

struct Options {
  CommonOptions common;
  PlanOptions plan;
  ValidateOptions validate;
  BoundOptions bound;
  SchemaOptions schema;
  std::string count_cases, solve_problem, verify_plan;
};

void add_common(CLI::App& command, CommonOptions& common, bool json) {
  command.add_option("--data", common.data, "folder with more models, machines and kernels, laid out as this project")->type_name("DIR");
  command.add_option("--jobs", common.jobs, "threads to use; results do not depend on it")->type_name("N")->check(CLI::Range(1, 1024));
  if (json) command.add_flag("--json", common.json, "one JSON object on standard output");
}

void add_plan(CLI::App& app, Options& options, Run& run) {
  auto& plan = *app.add_subcommand("plan", "Find the best rule for every layer and head, prove it, run its kernels, write a report");
  plan.add_option("model", options.plan.model, "bundled model name or model file")->required()->type_name("MODEL");
  plan.add_option("--hardware", options.plan.hardware, "machine name, machine file, or local")->type_name("H");
  plan.add_option("--profile", options.plan.profile, "file with the loss of each rule on each head")->type_name("FILE");
  plan.add_option("--limit", options.plan.limits, "attention=50%, WORKLOAD=50%, 'WORKLOAD=200 ms' or loss=0.1")->type_name("NAME=VALUE");
  plan.add_option("--minimize", options.plan.minimize, "loss (default), attention or a workload")->type_name("NAME");
  plan.add_option("--validate", options.plan.validate, "device that runs the kernels: cpu, a runner command, or none")->type_name("DEVICE");
  plan.add_option("-o,--output", options.plan.output, "folder to write to (default out/MODEL@HARDWARE)")->type_name("DIR");
  add_common(plan, options.common, true);
  plan.callback([&] { run = [&options] { return run_plan(options.common, options.plan); }; });
}

void add_validate(CLI::App& app, Options& options, Run& run) {
  auto& validate = *app.add_subcommand("validate", "Run a plan's kernels: right or wrong, predicted against measured");
  validate.add_option("plan", options.validate.plan, "plan.yaml")->required()->type_name("PLAN");
  validate.add_option("--device", options.validate.device, "cpu, or a command that speaks the runner protocol")->type_name("D");
  validate.add_option("-o,--output", options.validate.output, "file to write (default validation.json beside the plan)")->type_name("FILE");
  add_common(validate, options.common, true);
  validate.callback([&] { run = [&options] { return run_validate(options.common, options.validate); }; });
}

void add_bound(CLI::App& app, Options& options, Run& run) {
  auto& o = options.bound;
  auto& bound = *app.add_subcommand("bound", "How fast a sparse pattern could be, and what is lost on the way");
  bound.add_option("plan", o.plan, "plan.yaml, for every rule and workload of a plan")->type_name("PLAN");
  bound.add_option("--pattern", o.pattern, "a pattern as JSON")->type_name("P");
  bound.add_option("--tokens", o.tokens, "token layout, such as 32768 or 30x48x80")->type_name("N");
  bound.add_option("--extra-tokens", o.extra_tokens, "tokens beside the layout that everybody sees")->check(CLI::Range(0, 1 << 30));
  bound.add_option("--phase", o.phase, "prefill or decode")->check(CLI::IsMember({"prefill", "decode"}));
  bound.add_option("--heads", o.heads, "query heads")->check(CLI::Range(1, 1 << 16));
  bound.add_option("--kv-heads", o.kv_heads, "KV heads (default: as --heads)")->check(CLI::Range(1, 1 << 16));
  bound.add_option("--head-dim", o.head_dim, "values of a head")->check(CLI::Range(1, 1024));
  bound.add_option("--batch", o.batch, "sequences")->check(CLI::Range(1, 1 << 20));
  bound.add_option("--dtype", o.dtype, "bf16, fp16, fp32 or fp8")->check(CLI::IsMember({"bf16", "fp16", "fp32", "fp8"}));
  bound.add_flag("--causal", o.causal, "the dense mask is causal");
  bound.add_option("--kernel", o.kernel, "the sparse kernel (default: the fastest of the machine)")->type_name("K");
  bound.add_option("--baseline", o.baseline, "the dense kernel (default: the fastest of the machine)")->type_name("K");
  bound.add_option("--hardware", o.hardware, "machine name, machine file, or local")->type_name("H");
  add_common(bound, options.common, true);
  bound.callback([&] { run = [&options] { return run_bound(options.common, options.bound); }; });
}

void add_others(CLI::App& app, Options& options, Run& run) {
  auto& count = *app.add_subcommand("count", "Exact tile counts, JSON Lines in and out");
  count.add_option("cases", options.count_cases, "file of JSON Lines, or - for standard input")->required()->type_name("CASES.jsonl");
  count.callback([&] { run = [&options] { return run_count(options.count_cases); }; });

  auto& solve = *app.add_subcommand("solve", "The exact search on explicit tables; prints the solution as JSON");
  solve.add_option("problem", options.solve_problem, "problem.json")->required()->type_name("PROBLEM");
  solve.callback([&] { run = [&options] { return run_solve(options.solve_problem); }; });

  auto& schema = *app.add_subcommand("schema", "The JSON Schema of a kind of file, for editors; --keys for a table");
  schema.add_option("kind", options.schema.kind, "model, machine, kernel, profile or plan")->type_name("KIND");
  schema.add_flag("--keys", options.schema.keys, "tables of all keys in Markdown");
  schema.callback([&] { run = [&options] { return run_schema(options.common, options.schema); }; });

  auto& verify = *app.add_subcommand("verify", "Check a plan's certificate against its tables, without the solver");
  verify.add_option("plan", options.verify_plan, "plan.yaml; its problem.json lies beside it")->required()->type_name("PLAN");
  verify.add_flag("--json", options.common.json, "one JSON object on standard output");
  verify.callback([&] { run = [&options] { return run_verify(options.common, options.verify_plan); }; });
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// CLI11's own words for the two most common mistakes help nobody ("A subcommand is required").
core::Diagnostics usage_error(const CLI::App& app, const CLI::ParseError& problem, int argc, const char* const* argv) {
  const auto commands = command_names(app);
  const std::string first = argc > 1 ? argv[1] : "";
  const auto* command = [&]() -> const CLI::App* {
    for (const auto* candidate : app.get_subcommands([](const CLI::App*) { return true; })) {
      if (candidate->get_name() == first) return candidate;
    }
    return nullptr;
  }();
  if (command == nullptr && !first.empty() && first.front() != '-') {
    return core::fail(core::Fault::kInput, fmt::format("unknown command '{}'", first), core::suggestion(first, commands));
  }
  for (int i = 1; i < argc; ++i) {
    const std::string word(argv[i], std::string_view(argv[i]).find('=') == std::string_view::npos ? std::string_view(argv[i]).size()
                                                                                                     : std::string_view(argv[i]).find('='));
    const auto known = option_names(command != nullptr ? *command : app);
    if (!word.starts_with("--") || std::find(known.begin(), known.end(), word) != known.end()) continue;
    return core::fail(core::Fault::kInput, fmt::format("unknown option '{}'", word), core::suggestion(word, known));
  }
  if (first.empty()) return core::fail(core::Fault::kInput, "a command is needed", fmt::format("spanwise --help; {}", core::suggestion("", commands)));
  return core::fail(core::Fault::kInput, problem.what(), command != nullptr ? fmt::format("spanwise {} --help", first) : "spanwise --help");
}

std::string joined(int argc, const char* const* argv) {
  std::string line = "spanwise";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = word.find_first_of(" '\"$&|;<>()*?[]{}\\") == std::string::npos && !word.empty();
    line += plain ? " " + word : " '" + word + "'";
  }
  return line;
}

}  // namespace

int run_app(int argc, const char* const* argv) {
  CLI::App app("Spanwise plans sparse attention: how fast it could be, which heads and layers should use it, and whether it is true.",
               "spanwise");
  app.set_version_flag("--version", std::string("spanwise ") + SPANWISE_VERSION);
  app.require_subcommand(1);
  app.footer("First run:  spanwise plan llama-3.1-8b\nExit codes: 0 good, 1 a negative finding, 2 bad input, 3 environment, 70 a bug, 130 interrupted");
  Options options;
  options.plan.command_line = joined(argc, argv);
  Run run;
  add_plan(app, options, run);
  add_validate(app, options, run);
  add_bound(app, options, run);
  add_others(app, options, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    // The help of the innermost command on the line.
    const auto chosen = app.get_subcommands();
    return print_result((chosen.empty() ? app : *chosen.front()).help()) ? 0 : 3;
  } catch (const CLI::CallForVersion& version) {
    return print_result(std::string(version.what()) + "\n") ? 0 : 3;
  } catch (const CLI::ParseError& problem) {
    print_errors(usage_error(app, problem, argc, argv));
    return 2;
  }
  const auto code = run();
  if (code) return *code;
  print_errors(code.error());
  return core::exit_code(code.error());
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.h"

#include "cli/schema_keys.h"

namespace spanwise::cli {
namespace {

const std::vector<std::string> kKinds = {"hardware", "models", "kernels", "patterns", "suites"};
const std::vector<std::string> kShells = {"bash", "zsh", "fish"};
const std::vector<std::string> kPhases = {"prefill", "decode"};
const std::vector<std::string> kBenchFormats = {"spanwise", "nvbench", "google-benchmark"};
const std::vector<std::string> kDtypes = {"bf16", "fp16", "fp32", "fp8"};

Option json(CommonOptions& o) { return {.flags = "--json", .help = "one JSON object on standard output", .target = &o.json}; }
Option markdown(CommonOptions& o) { return {.flags = "--markdown", .help = "tables in Markdown", .target = &o.markdown}; }
Option data(CommonOptions& o) {
  return {.flags = "--data", .value = "DIR", .help = "folder with more models, machines and kernels, laid out as this project; may be repeated", .target = &o.data, .offer = Offer::kFolder};
}
Option jobs(CommonOptions& o) {
  return {.flags = "--jobs", .value = "N", .help = "threads to use; results do not depend on it", .target = &o.jobs, .low = 1, .high = 1024};
}
Option dry_run(CommonOptions& o) {
  return {.flags = "--dry-run", .help = "print every setting with where it comes from, and do nothing else", .target = &o.dry_run};
}
Option hardware(std::string& target) {
  return {.flags = "--hardware", .value = "H", .help = "machine name, machine file, or local (this computer)", .target = &target, .offer = Offer::kMachine};
}

Command plan_command(Options& o) {
  auto& p = o.plan;
  return {.name = "plan",
          .summary = "Find the best rule for every layer and head, prove it, run its kernels, write a report",
          .about = "Writes plan.yaml, problem.json, report.json, report.html and validation.json. Without a profile the losses "
                   "are assumed: the plan then shows where time can go, not that quality holds.",
          .examples = {"plan llama-3.1-8b", "plan hunyuan-video --limit attention=30%", "plan my-model.yaml --hardware local --profile losses.yaml -o out/mine"},
          .options = {{.flags = "MODEL", .help = "bundled model name, or the path of a model file", .target = &p.model, .offer = Offer::kModel, .required = true},
                      hardware(p.hardware),
                      {.flags = "--profile", .value = "FILE", .help = "the loss of each rule on each head", .target = &p.profile, .offer = Offer::kProfile},
                      {.flags = "--limit", .value = "NAME=VALUE", .help = "attention=50%, WORKLOAD=50%, 'WORKLOAD=200 ms' or loss=0.1; all hold when repeated (default attention=50%)", .target = &p.limits},
                      {.flags = "--minimize", .value = "NAME", .help = "loss (default), attention or a workload", .target = &p.minimize},
                      {.flags = "--validate", .value = "DEVICE", .help = "what runs the kernels: cpu (default), a runner command, or none", .target = &p.validate, .offer = Offer::kDevice},
                      {.flags = "-o,--output", .value = "DIR", .help = "folder to write to (default out/MODEL@HARDWARE)", .target = &p.output, .offer = Offer::kFolder},
                      data(o.common), jobs(o.common), dry_run(o.common), json(o.common), markdown(o.common)},
          .run = [&o] { return run_plan(o.common, o.plan); }};
}

Command bound_command(Options& o) {
  auto& b = o.bound;
  return {.name = "bound",
          .summary = "How fast a sparse pattern could be, and what is lost on the way",
          .about = "Takes a plan, or one pattern with its shape. Every rung of the ladder says what is lost and why.",
          .examples = {"bound out/llama-3.1-8b@h200-sxm/plan.yaml",
                       "bound --sweep --pattern neighborhood:window=18x24x24 --tokens 30x48x80",
                       R"(bound --pattern '{"neighborhood": {"window": [18,24,24], "stride": [16,8,8]}}' --tokens 30x48x80 --heads 24)",
                       R"(bound --pattern '{"sliding_window": {"window": 4096}}' --tokens 32768 --causal --hardware local)"},
          .options = {{.flags = "PLAN", .help = "plan.yaml, for every rule and workload of a plan", .target = &b.plan, .offer = Offer::kFile},
                      {.flags = "--pattern", .value = "P", .help = "a pattern: JSON, or neighborhood:window=18x24x24,stride=16x8x8; 'spanwise list patterns' shows the kinds", .target = &b.pattern, .offer = Offer::kPattern},
                      {.flags = "--tokens", .value = "N", .help = "token layout, such as 32768 or 30x48x80", .target = &b.tokens},
                      {.flags = "--extra-tokens", .value = "N", .help = "tokens beside the layout that everybody sees", .target = &b.extra_tokens, .low = 0, .high = 1 << 30},
                      {.flags = "--phase", .value = "PHASE", .help = "what is timed", .target = &b.phase, .choices = kPhases},
                      {.flags = "--heads", .value = "N", .help = "query heads", .target = &b.heads, .low = 1, .high = 1 << 16},
                      {.flags = "--kv-heads", .value = "N", .help = "KV heads (default: as --heads)", .target = &b.kv_heads, .low = 1, .high = 1 << 16},
                      {.flags = "--head-dim", .value = "N", .help = "values of a head", .target = &b.head_dim, .low = 1, .high = 1024},
                      {.flags = "--batch", .value = "N", .help = "sequences", .target = &b.batch, .low = 1, .high = 1 << 20},
                      {.flags = "--dtype", .value = "TYPE", .help = "number type", .target = &b.dtype, .choices = kDtypes},
                      {.flags = "--causal", .help = "the dense mask is causal", .target = &b.causal},
                      {.flags = "--sweep", .help = "tile counts of every stride of a neighborhood under the tiles that kernels ship with", .target = &b.sweep},
                      {.flags = "--tiles", .value = "Q/KV,...", .help = "tile pairs of the sweep, such as 4x8x8/2x8x8,8x8x8/4x8x8", .target = &b.tiles},
                      {.flags = "--dilations", .help = "sweep every dilation that fits, too", .target = &b.dilations},
                      {.flags = "--kernel", .value = "K", .help = "the sparse kernel (default: the fastest of the machine)", .target = &b.kernel, .offer = Offer::kKernel},
                      {.flags = "--baseline", .value = "K", .help = "the dense kernel (default: the fastest of the machine)", .target = &b.baseline, .offer = Offer::kKernel},
                      hardware(b.hardware), data(o.common), jobs(o.common), dry_run(o.common), json(o.common), markdown(o.common)},
          .run = [&o] { return run_bound(o.common, o.bound); }};
}

Command validate_command(Options& o) {
  auto& v = o.validate;
  return {.name = "validate",
          .summary = "Run a plan's kernels: right or wrong, predicted against measured",
          .examples = {"validate out/llama-3.1-8b@h200-sxm/plan.yaml", "validate plan.yaml --device 'ssh gpu spanwise-cuda'"},
          .options = {{.flags = "PLAN", .help = "plan.yaml", .target = &v.plan, .offer = Offer::kFile, .required = true},
                      {.flags = "--device", .value = "D", .help = "cpu (default), or a command that speaks the runner protocol", .target = &v.device, .offer = Offer::kDevice},
                      {.flags = "-o,--output", .value = "FILE", .help = "file to write (default validation.json beside the plan)", .target = &v.output, .offer = Offer::kFile},
                      data(o.common), jobs(o.common), dry_run(o.common), json(o.common), markdown(o.common)},
          .run = [&o] { return run_validate(o.common, o.validate); }};
}

Command verify_command(Options& o) {
  return {.name = "verify",
          .summary = "Check a plan's certificate against its tables, without the solver",
          .about = "And apart from that whether the plan is legal: every layer and KV head takes a rule that its tables allow, and the machine "
                   "has a kernel for every launch.",
          .examples = {"verify out/llama-3.1-8b@h200-sxm/plan.yaml"},
          .options = {{.flags = "PLAN", .help = "plan.yaml; its problem.json lies beside it", .target = &o.verify_plan, .offer = Offer::kFile, .required = true},
                      {.flags = "--hardware", .value = "H", .help = "machine name or file, where the plan's own is not among the data", .target = &o.verify_hardware, .offer = Offer::kMachine},
                      data(o.common), json(o.common)},
          .run = [&o] { return run_verify(o.common, o.verify_plan, o.verify_hardware); }};
}

Command count_command(Options& o) {
  return {.name = "count",
          .summary = "Exact tile counts, JSON Lines in and out",
          .about = "One case a line in, one answer a line out, in the same order. A bad line gets an error in its place, and the exit code 2.",
          .examples = {"count cases.jsonl", R"(count - <<<'{"tokens": [4096], "pattern": {"sliding_window": {"window": 512}}, "q_tile": 128, "kv_tile": 128}')"},
          .options = {{.flags = "CASES", .help = "file of JSON Lines, or - for standard input", .target = &o.count_cases, .offer = Offer::kFile, .required = true},
                      {.flags = "--picture", .value = "FILE", .help = "draw the first case at tile resolution: FILE.svg, FILE.png, or - (terminal)", .target = &o.count_picture, .offer = Offer::kFile},
                      jobs(o.common),
                      {.flags = "--json", .help = "the output is JSON Lines with and without it", .target = &o.common.json}},
          .run = [&o] { return run_count(o.common, o.count_cases, o.count_picture); }};
}

Command predict_command(Options& o) {
  auto& p = o.predict;
  return {.name = "predict",
          .summary = "Times for a table of cases, CSV in and out",
          .about = "Adds predicted_ms, low_ms, high_ms, basis and error to the columns. A bad row gets an error in its place, and the exit code 2.",
          .examples = {"predict cases.csv --hardware h200-sxm", "predict cases.csv --kernel flash-attention-3"},
          .options = {{.flags = "CASES", .help = "CSV whose columns are the fields of a case, or - for standard input", .target = &p.cases, .offer = Offer::kFile, .required = true},
                      hardware(p.hardware),
                      {.flags = "--kernel", .value = "K", .help = "kernel of rows that name none (default: the fastest)", .target = &p.kernel, .offer = Offer::kKernel},
                      data(o.common), jobs(o.common)},
          .run = [&o] { return run_predict(o.common, o.predict); }};
}

Command calibrate_command(Options& o) {
  auto& c = o.calibrate;
  return {.name = "calibrate",
          .summary = "Fit a kernel on a machine to measured times, of a table or of a device",
          .about = "Writes the machine with the kernel's constants, and prints the errors on rows that were kept out of the fit. With --device it picks the cases, times them within two minutes and keeps the rows, from which a killed run goes on.",
          .examples = {"calibrate --from times.csv --kernel flash-attention-3 --hardware h200-sxm -o my-h200.yaml", "calibrate --device cpu --kernel spanwise-cpu-fp32 --hardware local -o my-cpu.yaml"},
          .options = {{.flags = "--from", .value = "CSV", .help = "cases with a column measured_ms", .target = &c.table, .offer = Offer::kFile},
                      {.flags = "--device", .value = "D", .help = "times the kernel itself: cpu, cuda, or a command that speaks the protocol", .target = &c.device},
                      {.flags = "--rows", .value = "CSV", .help = "where a device's rows are kept (default: beside the output, .rows.csv)", .target = &c.rows, .offer = Offer::kFile},
                      {.flags = "--cases", .value = "N", .help = "cases to time on a device (default 60)", .target = &c.cases, .low = 8, .high = 4096},
                      {.flags = "--seconds", .value = "N", .help = "time for them (default 120)", .target = &c.seconds, .low = 1, .high = 86400},
                      {.flags = "--dtype", .value = "T", .help = "number format of the cases (default: the kernel's first)", .target = &c.dtype},
                      {.flags = "--head-dims", .value = "N,N", .help = "head dims of the cases (default 64,128)", .target = &c.head_dims},
                      {.flags = "--kernel", .value = "K", .help = "the kernel that was measured", .target = &c.kernel, .offer = Offer::kKernel, .required = true},
                      hardware(c.hardware),
                      {.flags = "-o,--output", .value = "FILE", .help = "machine file to write", .target = &c.output, .offer = Offer::kFile, .required = true},
                      {.flags = "--pick", .value = "N", .help = "fit on N rows spread over the shapes, test on all others", .target = &c.pick, .low = 5, .high = 1 << 20},
                      {.flags = "--knots", .value = "N", .help = "points of a correction at most (default 512)", .target = &c.knots, .low = 1, .high = 4096},
                      data(o.common), jobs(o.common), json(o.common)},
          .run = [&o] { return run_calibrate(o.common, o.calibrate); }};
}

Command bench_command(Options& o) {
  auto& b = o.bench;
  return {.name = "bench",
          .summary = "Check and time a suite of cases on a device, as shares of its peaks",
          .about = "With --rounds a result can serve as a baseline of 'check': each round is a fresh process, and their spread tells "
                   "what a difference is worth.",
          .examples = {"bench dense", "bench windows --device 'ssh gpu spanwise-cuda' -o times.json", "bench quick --rounds 11 -o baseline.json"},
          .options = {{.flags = "SUITE", .help = "a suite's name, or the path of its file; 'spanwise list suites' shows them", .target = &b.suite, .offer = Offer::kFile, .required = true},
                      {.flags = "--device", .value = "D", .help = "cpu (default), or a command that speaks the runner protocol", .target = &b.device, .offer = Offer::kDevice},
                      {.flags = "-o,--output", .value = "FILE", .help = "write the results there as JSON", .target = &b.output, .offer = Offer::kFile},
                      {.flags = "--rounds", .value = "N", .help = "time everything in so many fresh processes, too (default 0)", .target = &b.rounds, .low = 0, .high = 1000},
                      {.flags = "--format", .value = "F", .help = "the JSON of the output: spanwise (default), nvbench or google-benchmark, for their compare tools", .target = &b.format, .choices = kBenchFormats},
                      {.flags = "--commit", .value = "ID", .help = "what was measured (default: the CI system's commit, or git's)", .target = &b.commit},
                      {.flags = "--to-history", .help = "keep the medians of the rounds for 'check --history'", .target = &b.to_history},
                      {.flags = "--store", .value = "DIR", .help = "folder of finished rounds and histories (default: spanwise/checks in the user's cache folder)", .target = &b.store, .offer = Offer::kFolder},
                      data(o.common), json(o.common)},
          .run = [&o] { return run_bench(o.common, o.bench); }};
}

Command check_command(Options& o) {
  auto& c = o.check;
  return {.name = "check",
          .summary = "Whether kernels got slower: two builds side by side, or a build against a baseline or the model",
          .about = "Verdicts: same, faster, slower, ambiguous, missing, wrong. Exit code 1 when a case is slower, missing or wrong. "
                   "--baseline-device and --candidate-device alternate fresh processes of two builds, the surest way; --baseline "
                   "takes a file of 'bench --rounds 11 -o FILE' from the same machine; --device alone asks the model.\n"
                   "Finished rounds are kept: an interrupted check goes on where it stopped. docs/ci.md has recipes.",
          .examples = {"check quick --baseline-device old/spanwise-cpu --candidate-device cpu", "check --baseline baseline.json --device cpu",
                       "check --baseline baseline.json --candidate new.json", "check quick --device cpu", "check --golden tests/golden/simulator.jsonl", "check --history"},
          .options = {{.flags = "SUITE", .help = "a suite's name, or the path of its file (default: the baseline's, or quick)", .target = &c.suite, .offer = Offer::kFile},
                      {.flags = "--baseline-device", .value = "D", .help = "the build to compare with: a device, or a command that speaks the runner protocol", .target = &c.baseline_device, .offer = Offer::kDevice},
                      {.flags = "--candidate-device", .value = "D", .help = "the build in question", .target = &c.candidate_device, .offer = Offer::kDevice},
                      {.flags = "--baseline", .value = "FILE", .help = "results of bench to compare with", .target = &c.baseline, .offer = Offer::kFile},
                      {.flags = "--candidate", .value = "FILE", .help = "results of bench in question", .target = &c.candidate, .offer = Offer::kFile},
                      {.flags = "--device", .value = "D", .help = "run the candidate there now; without a baseline it is held against the model", .target = &c.device, .offer = Offer::kDevice},
                      {.flags = "--rounds", .value = "N", .help = "rounds of fresh processes at least (default 11)", .target = &c.rounds, .low = 5, .high = 10000},
                      {.flags = "--max-rounds", .value = "N", .help = "rounds while a case is ambiguous (default 33)", .target = &c.max_rounds, .low = 5, .high = 10000},
                      {.flags = "--max-seconds", .value = "S", .help = "no further rounds after so long, once there are --rounds (default 600)", .target = &c.max_seconds, .low = 1, .high = 1 << 20},
                      {.flags = "--min-effect", .value = "PERCENT", .help = "the smallest difference that matters (default 2)", .target = &c.min_effect},
                      {.flags = "--golden", .value = "FILE", .help = "hold the simulator against its counts and predictions in FILE, and run nothing", .target = &c.golden, .offer = Offer::kFile},
                      {.flags = "--update-golden", .help = "write what changed into that file", .target = &c.update_golden},
                      {.flags = "--history", .help = "look for steps in the times that --to-history kept, and run nothing", .target = &c.history},
                      {.flags = "--to-history", .help = "keep the candidate's medians there", .target = &c.to_history},
                      {.flags = "--commit", .value = "ID", .help = "the candidate's commit in the history (default: the CI system's, or git's)", .target = &c.commit},
                      {.flags = "--strict", .help = "ambiguous cases fail, too; with --history a case whose latest step is to longer times", .target = &c.strict},
                      {.flags = "--wrong-only", .help = "report everything, fail on wrong results alone", .target = &c.wrong_only},
                      {.flags = "-o,--output", .value = "FILE", .help = "write the verdicts there as JSON", .target = &c.output, .offer = Offer::kFile},
                      {.flags = "--junit", .value = "FILE", .help = "write the verdicts there as JUnit XML", .target = &c.junit, .offer = Offer::kFile},
                      {.flags = "--annotations", .help = "GitHub annotations on standard output, before the rest", .target = &c.annotations},
                      {.flags = "--store", .value = "DIR", .help = "folder of finished rounds and histories (default: spanwise/checks in the user's cache folder)", .target = &c.store, .offer = Offer::kFolder},
                      data(o.common), json(o.common), markdown(o.common)},
          .run = [&o] { return run_check(o.common, o.check); }};
}

Command solve_command(Options& o) {
  return {.name = "solve",
          .summary = "The exact search on explicit tables; prints the solution as JSON",
          .examples = {"solve out/llama-3.1-8b@h200-sxm/problem.json"},
          .options = {{.flags = "PROBLEM", .help = "problem.json", .target = &o.solve_problem, .offer = Offer::kFile, .required = true},
                      {.flags = "--time-limit", .value = "SECONDS", .help = "stop after so long with the best plan found and its gap (default 300)", .target = &o.solve_seconds, .low = 1, .high = 1 << 20},
                      {.flags = "--json", .help = "the output is JSON with and without it", .target = &o.common.json}},
          .run = [&o] { return run_solve(o.solve_problem, static_cast<double>(o.solve_seconds)); }};
}

Command list_command(Options& o) {
  return {.name = "list",
          .summary = "What is there: machines, models, kernels, patterns, suites",
          .about = "Your own files count too: from --data folders and from spanwise/ in the user's config folder.",
          .examples = {"list models", "list hardware --json"},
          .options = {{.flags = "KIND", .help = "what to list", .target = &o.list_kind, .choices = kKinds, .required = true},
                      {.flags = "--names", .help = "names alone, one a line", .target = &o.list_names},
                      data(o.common), json(o.common), markdown(o.common)},
          .run = [&o] { return run_list(o.common, o.list_kind, o.list_names); }};
}

Command show_command(Options& o) {
  return {.name = "show",
          .summary = "One machine, model, kernel, pattern or suite, or any file of Spanwise, with all that is known of it",
          .examples = {"show model llama-3.1-8b", "show hardware h200-sxm", "show pattern sliding_window", "show out/llama-3.1-8b@h200-sxm/plan.yaml"},
          .options = {{.flags = "KIND", .help = "hardware, model, kernel, pattern, suite; or a file", .target = &o.show.kind, .offer = Offer::kShownName, .required = true},
                      {.flags = "NAME", .help = "its name, or the path of its file", .target = &o.show.name, .offer = Offer::kShownName},
                      data(o.common), json(o.common), markdown(o.common)},
          .run = [&o] { return run_show(o.common, o.show); }};
}

Command doctor_command(Options& o) {
  return {.name = "doctor",
          .summary = "What this computer offers: programs, packages, runners, GPU, folders; what is missing and how to get it",
          .about = "Exit code 3 when something is missing that Spanwise cannot do without. Paste its output into bug reports.",
          .examples = {"doctor", "doctor --json"},
          .options = {data(o.common), json(o.common), markdown(o.common)},
          .run = [&o] { return run_doctor(o.common); }};
}

Command completion_command(Options& o) {
  return {.name = "completion",
          .summary = "Prints a script that completes commands, options and names in your shell",
          .examples = {"completion bash > ~/.local/share/bash-completion/completions/spanwise",
                       "completion zsh > \"${fpath[1]}/_spanwise\"", "completion fish > ~/.config/fish/completions/spanwise.fish"},
          .options = {{.flags = "SHELL", .help = "which shell", .target = &o.completion_shell, .choices = kShells, .required = true}},
          .run = [&o] { return run_completion(o.completion_shell); }};
}

Command schema_command(Options& o) {
  return {.name = "schema",
          .summary = "The JSON Schema of a kind of file, for editors; --keys for tables of its keys",
          .examples = {"schema model", "schema machine --keys"},
          .options = {{.flags = "KIND", .help = "the kind of file (default with --keys: all)", .target = &o.schema.kind, .choices = schema_kinds()},
                      {.flags = "--keys", .help = "tables of all keys in Markdown", .target = &o.schema.keys},
                      {.flags = "--json", .help = "a schema is JSON with and without it", .target = &o.common.json},
                      data(o.common)},
          .run = [&o] { return run_schema(o.common, o.schema); }};
}

Command help_command(Options& o, const std::vector<Command>& commands) {
  return {.name = "help",
          .summary = "This list, or the help of one command, or the manual",
          .examples = {"help plan", "help --man | man -l -"},
          .options = {{.flags = "COMMAND", .help = "the command to explain", .target = &o.help.command, .offer = Offer::kCommand},
                      {.flags = "--man", .help = "the manual page spanwise(1), for man -l", .target = &o.help.manual},
                      {.flags = "--markdown", .help = "the whole command line in Markdown", .target = &o.help.markdown}},
          .run = [&o, &commands] { return run_help(commands, o.help); }};
}

}  // namespace

std::unique_ptr<std::vector<Command>> make_commands(Options& options) {
  auto commands = std::make_unique<std::vector<Command>>();
  *commands = {plan_command(options),   bound_command(options), validate_command(options), verify_command(options),
               solve_command(options),  count_command(options), predict_command(options), calibrate_command(options), bench_command(options), check_command(options), list_command(options),     show_command(options),
               doctor_command(options), schema_command(options), completion_command(options)};
  commands->push_back(help_command(options, *commands));
  return commands;
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
// Times for a table of Cases.
#include <fmt/format.h>

#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/file.h"
#include "measure/case_table.h"

namespace spanwise::cli {
namespace {

constexpr std::uint64_t kMostCaseBytes = std::uint64_t{1} << 30;

core::Result<std::string> read_table(const std::string& path) {
  if (path != "-") return core::read_file(path, kMostCaseBytes);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

// The cells that a row gains: predicted_ms, low_ms, high_ms, basis, error.
struct Answer {
  std::string cells;
  bool good = false;
};

Answer failure(const core::Diagnostics& reasons) {
  const auto& first = reasons.front();
  const auto text = first.hint.empty() ? first.message : first.message + "; " + first.hint;
  return {",,,," + core::csv_cell(text), false};
}

Answer answer(const core::Result<patterns::Case>& row, const std::string& kernel, const sim::Pricing& pricing) {
  if (!row) return failure(row.error());
  auto shape = *row;
  if (shape.kernel.empty()) shape.kernel = kernel;
  const auto choice = sim::choose_kernel(shape, pricing);
  if (!choice) return failure(choice.error());
  const auto& e = choice->estimate;
  return {fmt::format("{:.6g},{:.6g},{:.6g},{},", e.time.value * 1e3, e.low.value * 1e3, e.high.value * 1e3, core::name(e.basis)), true};
}

}  // namespace

core::Result<int> run_predict(const CommonOptions& common, const PredictOptions& options) {
  auto session = Session::open(common);
  if (!session) return session.error();
  const auto machine = (*session)->machine(options.hardware);
  if (!machine) return machine.error();
  const auto pricing = (*session)->pricing(*machine);
  if (!options.kernel.empty() && !machine->kernels.contains(options.kernel)) return sim::unknown_kernel(options.kernel, pricing);
  const auto text = read_table(options.cases);
  if (!text) return text.error();
  const auto file = options.cases == "-" ? std::string("standard input") : options.cases;
  const auto table = core::parse_csv(*text, file);
  if (!table) return table.error();
  const auto cases = measure::cases_of(*table, file);

  std::vector<Answer> answers(cases.size());
  (*session)->pool().run(cases.size(), [&](std::size_t i, int) { answers[i] = answer(cases[i], options.kernel, pricing); });

  std::string out;
  for (const auto& name : table->header) out += core::csv_cell(name) + ",";
  out += "predicted_ms,low_ms,high_ms,basis,error\n";
  bool all_good = true;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const auto& cell : table->rows[i].cells) out += core::csv_cell(cell) + ",";
    out += answers[i].cells + "\n";
    all_good = all_good && answers[i].good;
  }
  if (!print_result(out)) return core::fail(core::Fault::kEnvironment, "cannot write to standard output");
  return all_good ? 0 : 2;
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
#include "core/documents/document.h"
#include "hwmodels/kernel_model.h"
#include "hwmodels/machine.h"
#include "measure/messages.h"
#include "nlohmann/json.hpp"
#include "patterns/count_lines.h"
#include "tests/mistakes/mistake.h"
#include "tests/support/sample_files.h"
#include "tuner/plan.h"
#include "tuner/problem.h"
#include "tuner/profile.h"

namespace spanwise::mistakes {
namespace {

template <class T>
core::Status status_of(const core::Result<T>& result) {
  if (result) return core::Done{};
  return result.error();
}

core::Status read_problem(const std::string& path) {
  const auto document = documents::read_document(path, documents::kTableLimits);
  return document ? status_of(tuner::read_problem(*document)) : core::Status(document.error());
}

core::Status read_profile(const std::string& path) {
  const auto model = sim::read_model(testing::source_path("tests/mistakes/good/model.yaml"));
  return model ? status_of(tuner::read_profile(path, *model)) : core::Status(model.error());
}

// The answer of `count` holds column, message and hint in one text.
core::Status read_count(const std::string& path) {
  const auto answer = patterns::count_line(testing::read_text(path));
  if (answer.ok) return core::Done{};
  const auto error = nlohmann::json::parse(answer.json).at("error").get<std::string>();
  core::Diagnostic diagnostic;
  diagnostic.message = error;
  const auto open = error.find(" (");
  if (error.starts_with("column ")) {
    diagnostic.place.line = 1;
    diagnostic.place.column = static_cast<std::uint32_t>(std::stoul(error.substr(7)));
    diagnostic.message = error.substr(error.find(": ") + 2);
  }
  if (open != std::string::npos && error.ends_with(')')) {
    diagnostic.hint = error.substr(open + 2, error.size() - open - 3);
    diagnostic.message = diagnostic.message.substr(0, diagnostic.message.find(" ("));
  }
  return core::Diagnostics{diagnostic};
}

core::Status read_case(const std::string& path) {
  const auto document = documents::read_document(path);
  if (!document) return document.error();
  documents::Context context(document->file);
  patterns::read_case(document->root, context);
  if (context.ok()) return core::Done{};
  return context.take();
}

}  // namespace

const std::vector<InputKind>& input_kinds() {
  using testing::read_text;
  static const std::vector<InputKind> kinds = {
      {"model", "model.yaml", [](const std::string& path) { return status_of(sim::read_model(path)); }},
      {"machine", "machine.yaml", [](const std::string& path) { return status_of(hwmodels::read_machine(path)); }},
      {"kernel", "kernel.yaml", [](const std::string& path) { return status_of(hwmodels::read_kernel_model(path)); }},
      {"profile", "profile.yaml", read_profile},
      {"problem", "problem.json", read_problem},
      {"plan", "plan.yaml", [](const std::string& path) { return status_of(tuner::read_plan(path)); }},
      {"case", "case.json", read_case},
      {"pattern", "pattern.json", [](const std::string& path) { return status_of(patterns::parse_pattern(read_text(path), false)); }},
      {"count", "count.jsonl", read_count},
      {"hello", "hello.json", [](const std::string& path) { return status_of(measure::parse_hello(read_text(path))); }},
      {"measurement", "measurement.json", [](const std::string& path) { return status_of(measure::parse_reply(read_text(path), 1)); }},
  };
  return kinds;
}

}  // namespace spanwise::mistakes

// SPDX-License-Identifier: Apache-2.0
#include "cli/check_view.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "measure/process.h"

namespace spanwise::cli {

using measure::Verdict;

namespace {

reports::RegressionRow regression_row(const std::string& name, const measure::Judgement& judgement, const Failing& failing) {
  reports::RegressionRow row;
  row.name = name;
  row.verdict = measure::name(judgement.verdict);
  row.reason = judgement.reason;
  if (const auto& interval = judgement.interval) {
    row.ratio = interval->ratio;
    row.low = interval->low;
    row.high = interval->high;
  }
  row.rounds = judgement.rounds;
  row.set_aside = judgement.set_aside;
  row.failed = failing(judgement.verdict);
  return row;
}

}  // namespace

bool Failing::operator()(Verdict verdict) const {
  if (verdict == Verdict::kWrong) return true;
  if (wrong_only) return false;
  return verdict == Verdict::kSlower || verdict == Verdict::kMissing || (ambiguous && verdict == Verdict::kAmbiguous);
}

reports::Regression regression_of(const measure::CheckResult& result, const Failing& failing, std::string rule) {
  reports::Regression regression{result.suite, result.baseline, result.candidate, std::move(rule), result.note, {}, {}};
  for (const auto& row : result.rows) {
    regression.rows.push_back(regression_row(row.name, row.judgement, failing));
    regression.rows.back().baseline_ms = row.baseline_ms;
    regression.rows.back().candidate_ms = row.candidate_ms;
  }
  if (result.together) regression.together = regression_row("all together", *result.together, failing);
  return regression;
}

std::string check_json(const measure::CheckResult& result, const reports::Regression& regression) {
  auto object = nlohmann::ordered_json::parse(reports::render_json(regression));
  if (result.rounds.empty()) return object.dump(2) + "\n";
  const auto& kind = result.candidate_device.device_kind;
  auto& cases = object["cases"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto baseline = nlohmann::ordered_json::array(), candidate = baseline, ratios = baseline;
    for (const auto& round : result.rounds) {
      baseline.push_back(measure::process_ms(round.cases[i].sides[0], kind));
      candidate.push_back(measure::process_ms(round.cases[i].sides[1], kind));
      const auto log_ratio = measure::paired_slices(round.cases[i].sides[0], round.cases[i].sides[1]);
      ratios.push_back(log_ratio ? nlohmann::ordered_json(std::exp(*log_ratio)) : nlohmann::ordered_json());
    }
    cases[i]["rounds_ms"] = {{"baseline", baseline}, {"candidate", candidate}};
    cases[i]["rounds_ratio"] = ratios;
  }
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string commit_of(const std::string& given) {
  if (!given.empty()) return given;
  for (const char* variable : {"GITHUB_SHA", "CI_COMMIT_SHA"}) {
    if (const char* value = std::getenv(variable); value != nullptr && value[0] != '\0') return value;
  }
  auto git = measure::Process::start("exec git rev-parse HEAD");
  std::string line;
  if (git && git->read_line(line, 5) == measure::Process::Wait::kLine) return line;
  return {};
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace spanwise::cli

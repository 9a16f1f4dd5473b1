// SPDX-License-Identifier: Apache-2.0
// Writes every sample in every format into a folder, for eyes: `report_samples FOLDER`.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "core/file.h"
#include "reports/json.h"
#include "reports/page.h"
#include "reports/terminal.h"
#include "tests/reports/sample_models.h"

namespace {

using namespace spanwise;  // NOLINT: a program of one file

bool write(const std::filesystem::path& path, const core::Result<std::string>& text) {
  const auto status = text ? core::write_file_atomically(path, *text) : core::Status(text.error());
  if (!status) fmt::print(stderr, "{}", core::render(status.error()));
  return static_cast<bool>(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: report_samples FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::pair<const char*, reports::ReportModel> samples[] = {
      {"language", reports::samples::language_model()},
      {"video", reports::samples::video_model()},
      {"large", reports::samples::large(80, 64, 40)},
      {"huge", reports::samples::large(126, 128, 12)},
      {"least", reports::samples::least()},
      {"infeasible", reports::samples::infeasible()},
      {"hostile", reports::samples::hostile()}};
  bool good = true;
  for (const auto& [name, model] : samples) {
    good &= write(folder / fmt::format("{}.html", name), reports::render_page(model));
    good &= write(folder / fmt::format("{}.json", name), reports::render_json(model));
    for (const int columns : {100, 80, 60}) {
      auto text = reports::render_terminal(model, columns, false);
      if (text && !model.workloads.empty() && model.workloads[0].ladder) {
        *text += "\n" + *reports::render_terminal(*model.workloads[0].ladder, columns, false);
      }
      good &= write(folder / fmt::format("{}-{}.txt", name, columns), text);
    }
  }
  return good ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
#include "hwmodels/catalog.h"

#include <fmt/format.h>

#include <set>

#include "core/suggest.h"

namespace spanwise::hwmodels {

namespace fs = std::filesystem;

core::Result<fs::path> find_data(std::string_view name, std::string_view what, const fs::path& subfolder,
                                 const DataFolders& folders) {
  const fs::path given{std::string(name)};
  std::error_code ignored;
  const auto extension = given.extension();  // "llama-3.1-8b" has one too, but not one of these
  const bool file = extension == ".yaml" || extension == ".yml" || extension == ".json";
  if (file || given.has_parent_path()) return given;
  for (const auto& folder : folders) {
    const auto path = folder / subfolder / fmt::format("{}.yaml", name);
    if (fs::exists(path, ignored)) return path;
  }
  const auto known = data_names(subfolder, folders);
  return core::fail(core::Fault::kInput, fmt::format("unknown {} '{}'", what, name),
                    core::suggestion(name, known) + ", or the path of a file");
}

std::vector<std::string> data_names(const fs::path& subfolder, const DataFolders& folders) {
  std::set<std::string> names;
  for (const auto& folder : folders) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder / subfolder, ignored)) {
      if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

core::Result<std::map<std::string, KernelModel>> read_kernel_models(const DataFolders& folders) {
  std::map<std::string, KernelModel> kernels;
  const fs::path subfolder = "hwmodels/kernels";
  for (const auto& name : data_names(subfolder, folders)) {
    const auto path = find_data(name, "kernel", subfolder, folders);
    if (!path) return path.error();
    auto kernel = read_kernel_model(*path);
    if (!kernel) return kernel.error();
    kernels.emplace(kernel->name, std::move(*kernel));
  }
  return kernels;
}

}  // namespace spanwise::hwmodels

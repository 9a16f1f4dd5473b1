// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/shared_library.h"

#include <dlfcn.h>

#include <algorithm>

namespace spanwise::kernels {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"lib64", "lib", "extras/CUPTI/lib64"};
// A machine without the toolkit's development files has only names with a version.
constexpr const char* kVersions[] = {"", ".13", ".12"};

std::vector<fs::path> toolkits_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with("cuda-")) found.push_back(entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  found.insert(found.begin(), folder / "cuda");
  return found;
}

}  // namespace

std::optional<SharedLibrary> SharedLibrary::open(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return SharedLibrary(handle);
  }
  return std::nullopt;
}

void* SharedLibrary::address(const char* name) const { return dlsym(handle_, name); }

std::vector<std::string> toolkit_libraries(const std::string& name, const std::string& home, const fs::path& toolkits) {
  auto roots = toolkits_below(toolkits);
  if (!home.empty()) roots.insert(roots.begin(), home);
  std::vector<std::string> paths;
  for (const auto& root : roots) {
    for (const char* folder : kFolders) {
      for (const char* version : kVersions) {
        const auto path = root / folder / (name + version);
        std::error_code ignored;
        if (fs::exists(path, ignored)) paths.push_back(path.string());
      }
    }
  }
  for (const char* version : kVersions) paths.push_back(name + version);
  return paths;
}

}  // namespace spanwise::kernels

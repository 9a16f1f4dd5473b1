// SPDX-License-Identifier: Apache-2.0
// Libraries that are there on some machines only: opened by name when a runner starts, done without where they lack.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace spanwise::kernels {

class SharedLibrary {
 public:
  // The first of the names or paths that loads. It stays loaded: libraries of the driver do not like to be unloaded.
  static std::optional<SharedLibrary> open(const std::vector<std::string>& names);

  // Null where the library has no such function. `Function` is its type.
  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(address(name));
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  void* address(const char* name) const;

  void* handle_;
};

// Where a library of the CUDA toolkit may lie: below `home` (CUDA_HOME; may be empty), below the toolkits in `toolkits`
// (cuda, then cuda-13.1, cuda-13.0 …), then wherever the loader looks. "libcupti.so" gives lib64/libcupti.so,
// lib/libcupti.so and extras/CUPTI/lib64/libcupti.so of each that exist, then libcupti.so and its versions.
std::vector<std::string> toolkit_libraries(const std::string& name, const std::string& home,
                                           const std::filesystem::path& toolkits = "/usr/local");

}  // namespace spanwise::kernels

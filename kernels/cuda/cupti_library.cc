// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cupti_library.h"

#include <cstdlib>

namespace spanwise::kernels {

const SharedLibrary* cupti_library() {
  static const auto library = [] {
    const char* home = std::getenv("CUDA_HOME");
    return SharedLibrary::open(toolkit_libraries("libcupti.so", home ? home : ""));
  }();
  return library ? &*library : nullptr;
}

}  // namespace spanwise::kernels

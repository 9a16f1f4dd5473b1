// SPDX-License-Identifier: Apache-2.0
// Two functions of glibc that are younger than 2.34, which the static C++ libraries call: with these definitions a runner
// that is built here starts on older systems too (tests/kernels/runner_file_test.sh checks which versions it asks for).
#include <dlfcn.h>
#include <link.h>
#include <sys/random.h>

#include <cstdint>

namespace {

struct Search {
  std::uintptr_t address;
  dl_find_object* result;
};

int look_in(dl_phdr_info* object, std::size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  const ElfW(Phdr)* exceptions = nullptr;
  bool inside = false;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& header = object->dlpi_phdr[i];
    const std::uintptr_t begin = object->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_GNU_EH_FRAME) exceptions = &header;
    if (header.p_type == PT_LOAD && search.address >= begin && search.address < begin + header.p_memsz) {
      inside = true;
      search.result->dlfo_map_start = reinterpret_cast<void*>(begin);
      search.result->dlfo_map_end = reinterpret_cast<void*>(begin + header.p_memsz);
    }
  }
  if (!inside || exceptions == nullptr) return 0;
  search.result->dlfo_eh_frame = reinterpret_cast<void*>(object->dlpi_addr + exceptions->p_vaddr);
  return 1;
}

}  // namespace

// Of glibc 2.35: where the unwinder finds the exception tables of an address.
extern "C" int _dl_find_object(void* address, dl_find_object* result) noexcept {
  *result = {};
  Search search{reinterpret_cast<std::uintptr_t>(address), result};
  return dl_iterate_phdr(look_in, &search) == 1 ? 0 : -1;
}

// Of glibc 2.36.
extern "C" std::uint32_t arc4random() noexcept {
  std::uint32_t value = 0;
  while (getrandom(&value, sizeof(value), 0) != sizeof(value)) {
  }
  return value;
}

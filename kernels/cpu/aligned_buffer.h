// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace spanwise::kernels {

// Uninitialised memory on a cache-line boundary; large buffers ask for huge pages, which spare kernels that jump
// between panels most misses of the address translation. Not enough memory throws std::bad_alloc.
template <class T>
class AlignedBuffer {
 public:
  static constexpr std::align_val_t kAlignment{64};

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size)
      : size_(size), data_(static_cast<T*>(::operator new(size * sizeof(T), alignment(size)))) {
    if (size * sizeof(T) >= kHugePage) madvise(data_.get(), size * sizeof(T), MADV_HUGEPAGE);
    data_.get_deleter().size = size;
  }

  T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<T> span() const { return {data_.get(), size_}; }

 private:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  static std::align_val_t alignment(std::size_t size) {
    return size * sizeof(T) >= kHugePage ? std::align_val_t{kHugePage} : kAlignment;
  }

  struct Free {
    std::size_t size = 0;
    void operator()(T* data) const { ::operator delete(data, alignment(size)); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T, Free> data_;
};

}  // namespace spanwise::kernels

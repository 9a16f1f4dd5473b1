// SPDX-License-Identifier: Apache-2.0
// Memory of the CUDA device, and errors of its runtime.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace spanwise::kernels {

// A failed call of the CUDA runtime. Many are sticky: the process can do no more work on the device.
struct CudaError : std::runtime_error {
  CudaError(cudaError_t code, const char* doing)
      : std::runtime_error(std::string(doing) + ": " + cudaGetErrorString(code)) {}
};

inline void check_cuda(cudaError_t code, const char* doing) {
  if (code == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // not sticky
    throw std::bad_alloc();
  }
  if (code != cudaSuccess) throw CudaError(code, doing);
}

template <class T>
class DeviceBuffer {
 public:
  explicit DeviceBuffer(std::size_t count) : count_(count) {
    check_cuda(cudaMalloc(&data_, (count ? count : 1) * sizeof(T)), "cudaMalloc");
  }
  explicit DeviceBuffer(const std::vector<T>& values) : DeviceBuffer(values.size()) {
    check_cuda(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "copy to the device");
  }
  ~DeviceBuffer() { cudaFree(data_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  T* data() const { return data_; }
  std::size_t size() const { return count_; }

  void fill(int byte) { check_cuda(cudaMemset(data_, byte, count_ * sizeof(T)), "cudaMemset"); }

  std::vector<T> read() const {
    std::vector<T> values(count_);
    check_cuda(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost), "copy from the device");
    return values;
  }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace spanwise::kernels

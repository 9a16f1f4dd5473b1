// SPDX-License-Identifier: Apache-2.0
// A value or the reasons why there is none. std::expected needs C++23; this is the part of it that we use.
#pragma once

#include <stdexcept>
#include <utility>
#include <variant>

#include "core/diagnostic.h"

namespace spanwise::core {

// A broken promise inside Spanwise itself, never a consequence of input. Caught in main() alone: exit 70.
struct InternalError : std::logic_error {
  using std::logic_error::logic_error;
};

inline void ensure(bool condition, const char* what) {
  if (!condition) throw InternalError(what);
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}                  // NOLINT: implicit
  Result(Diagnostics reasons) : state_(std::in_place_index<1>, std::move(reasons)) {}    // NOLINT: implicit

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Diagnostics& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Diagnostics> state_;
};

// The result of a step that yields nothing.
struct Done {};
using Status = Result<Done>;

}  // namespace spanwise::core

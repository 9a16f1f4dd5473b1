// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/dtype.h"
#include "core/provenance.h"
#include "core/result.h"

namespace spanwise::core {
namespace {

TEST_CASE("number formats have the names and sizes of the field") {
  CHECK(name(DType::kFp32) == "fp32");
  CHECK(name(DType::kBf16) == "bf16");
  CHECK(name(DType::kFp16) == "fp16");
  CHECK(name(DType::kFp8) == "fp8");
  CHECK(bytes_of(DType::kFp32) == 4);
  CHECK(bytes_of(DType::kBf16) == 2);
  CHECK(bytes_of(DType::kFp16) == 2);
  CHECK(bytes_of(DType::kFp8) == 1);
  for (const auto& word : dtype_names()) CHECK(name(dtype_from_name(word)) == word);
  CHECK_THROWS_AS(dtype_from_name("int4"), InternalError);
}

TEST_CASE("a number made from several is as weak as the weakest") {
  for (const auto& word : basis_names()) CHECK(name(basis_from_name(word)) == word);
  CHECK_THROWS_AS(basis_from_name("guessed"), InternalError);
  CHECK(weaker(Basis::kMeasured, Basis::kAssumed) == Basis::kAssumed);
  CHECK(weaker(Basis::kExtrapolated, Basis::kDatasheet) == Basis::kExtrapolated);
  CHECK(weaker(Basis::kFitted, Basis::kFitted) == Basis::kFitted);
}

TEST_CASE("a result holds a value or reasons") {
  const Result<int> good = 3;
  const Result<int> bad = fail(Fault::kInput, "no", "why");
  CHECK(static_cast<bool>(good));
  CHECK(*good == 3);
  CHECK_FALSE(static_cast<bool>(bad));
  CHECK(bad.error().front().hint == "why");
  CHECK_THROWS_AS(ensure(false, "broken"), InternalError);
  CHECK_NOTHROW(ensure(true, "kept"));
}

}  // namespace
}  // namespace spanwise::core

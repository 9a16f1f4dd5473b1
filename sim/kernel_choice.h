// SPDX-License-Identifier: Apache-2.0
// Which kernel a machine would run a case with: the fastest of those that can, over all their tile shapes.
#pragma once

#include <map>
#include <string>

#include "core/result.h"
#include "sim/attention_time.h"

namespace spanwise::sim {

// Everything that prices need: borrowed, so it must outlive the prices.
struct Pricing {
  const hwmodels::Machine* machine = nullptr;
  const std::map<std::string, hwmodels::KernelModel>* kernels = nullptr;
  CountCache* counts = nullptr;
};

struct Choice {
  patterns::Case shape;  // as priced, with kernel and tiles filled in
  PricedKernel priced;
  Estimate estimate;
};

// The dtype in which the machine would run a model of `wanted`: itself if the machine has a rate for it and a kernel that skips what a
// pattern hides, else the first of bf16, fp16, fp32, fp8 that has both, else `wanted`.
core::DType priced_dtype(core::DType wanted, const hwmodels::Machine& machine, const std::map<std::string, hwmodels::KernelModel>& kernels);

// What to say about a kernel that the machine has no constants for.
core::Diagnostics unknown_kernel(const std::string& name, const Pricing& pricing);

// shape.kernel, when set, admits that kernel alone. Fails with Fault::kFinding when no kernel of the machine runs the
// case; the message lists what each of them lacks.
core::Result<Choice> choose_kernel(const patterns::Case& shape, const Pricing& pricing);

}  // namespace spanwise::sim

// SPDX-License-Identifier: Apache-2.0
// A kernel's constants and corrections on a machine from a table of measured Cases, with the error on rows that the fit
// did not see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.h"
#include "hwmodels/machine.h"
#include "sim/kernel_choice.h"

namespace spanwise::measure {

struct MeasuredCase {
  patterns::Case shape;
  double seconds = 0;
};

struct FitOptions {
  std::size_t most_knots = 512;  // of a correction
  std::size_t pick = 0;          // fit on this many rows alone, spread out over the shapes; 0: on all
};

// |predicted / measured - 1| over rows that were not fitted.
struct FitErrors {
  std::string family;  // "prefill sliding_window d128", or "all"
  std::size_t rows = 0;
  double mean = 0, median = 0, p90 = 0;
  double covered = 0;  // share of rows inside their 90 % interval
};

struct FittedKernel {
  hwmodels::KernelConstants constants;  // the provenance's source is for the caller to write
  std::vector<FitErrors> errors;        // by family, then all; empty when nothing was held out
  // Of each constant: how far fits of nine tenths of the rows lie apart (grouped jackknife; Efron and Tibshirani 1993, chapter 11).
  std::map<std::string, double> uncertainty;
  std::size_t fitted = 0;               // rows behind `constants`
  std::size_t tested = 0;
  std::size_t left_out = 0;  // rows that the kernel does not run, such as another phase or head dim
};

// Rows are held out by a hash of the shape: a fifth in a fit of its own, whose errors are reported; the constants returned
// then use all rows. With `pick`, the picked rows are fitted and all others tested. The kernel's constants on `machine`, if
// it has any, are where the fit begins. Fails when the kernel runs none of the cases.
core::Result<FittedKernel> fit_kernel(const std::vector<MeasuredCase>& rows, const std::string& kernel,
                                      const hwmodels::Machine& machine,
                                      const std::map<std::string, hwmodels::KernelModel>& kernels,
                                      const FitOptions& options);

// Each fitted constant by its key in a machine file, times in microseconds ("call_us").
std::vector<std::pair<std::string, double>> constants_by_name(const hwmodels::KernelConstants& constants);

}  // namespace spanwise::measure

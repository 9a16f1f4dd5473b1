// SPDX-License-Identifier: Apache-2.0
// Results of `spanwise bench -o`, as a check reads them back (docs/formats.md, "Suite").
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "measure/rounds.h"
#include "measure/suite_run.h"

namespace spanwise::measure {

struct BenchCase {
  std::string name;
  std::string shape;  // the Case as one line of JSON
  CaseStatus status = CaseStatus::kError;
  std::string message;
  std::vector<ProcessTimes> rounds;
};

struct BenchFile {
  std::string suite, fingerprint;  // of its cases
  Hello device;
  std::string commit, created;  // may be empty
  std::vector<BenchCase> cases;
};

// What decides whether two results are about the same thing: names and cases of a suite.
std::string suite_fingerprint(const Suite& suite);

// One JSON object, schema spanwise/bench, with a SHA-256 over all the rest of it.
std::string to_json(const SuiteResult& result);

BenchFile bench_file(const SuiteResult& result);

// Strict: what is truncated, edited (the checksum), of another schema or without rounds is refused with the reason.
core::Result<BenchFile> read_bench_file(const std::filesystem::path& path);

// Why the baseline cannot be compared with this suite on this device; empty when it can.
core::Status comparable(const BenchFile& baseline, const std::string& path, const std::string& suite, const std::string& fingerprint, const Hello& device);

// The same numbers for NVBench's and google-benchmark's compare tools.
std::string to_nvbench_json(const SuiteResult& result);
std::string to_google_benchmark_json(const SuiteResult& result);

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
// The built program with a home of its own, so that tests neither see nor touch the user's cache.
#pragma once

#include <string>

#include "tests/support/run_program.h"

namespace spanwise::testing {

class Program {
 public:
  Program() : folder_(shared()) {}

  // `arguments` as typed in a shell; `before` may set variables or limits in the same shell.
  Outcome operator()(const std::string& arguments, const std::string& before = "") const {
    return run("export XDG_CACHE_HOME=" + cache().string() + " HOME=" + cache().string() + "; " + before + " " +
               SPANWISE_PROGRAM + " " + arguments);
  }

  std::filesystem::path cache() const { return folder_.path() / "cache"; }
  // A folder of this test program's own; names must differ between tests.
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string write(const std::string& name, const std::string& text) const { return folder_.write(name, text); }

  // A model small enough that planning and validating takes a second.
  std::string small_model() const {
    return write("small.yaml",
                 "version: 1\nname: small\nsource: a test\nhidden_size: 256\nlayers:\n"
                 "  - repeat: 3\n    attention: {kind: full, q_heads: 4, kv_heads: 2, head_dim: 64, causal: true}\n"
                 "    ffn: {kind: gated, intermediate_size: 512}\n"
                 "workloads:\n  - {name: prefill_16k, phase: prefill, tokens: 16384}\n"
                 "  - {name: decode_64k, phase: decode, tokens: 65536, batch: 8}\n");
  }

 private:
  // One folder for the whole run: the machine `local` is measured once.
  static const TemporaryFolder& shared() {
    static const TemporaryFolder folder;
    return folder;
  }
  const TemporaryFolder& folder_;
};

}  // namespace spanwise::testing

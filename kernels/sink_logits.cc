// SPDX-License-Identifier: Apache-2.0
#include "kernels/sink_logits.h"

#include <fmt/core.h>

#include <string_view>

#include "kernels/inputs.h"

namespace spanwise::kernels {
namespace {
// As the reader writes it.
constexpr std::string_view kAsked = R"({"sink_logits":true})";
}  // namespace

std::string unsupported_params(const patterns::Case& shape) {
  if (shape.params == "{}" || shape.params == kAsked) return {};
  return fmt::format("attention takes no params but {}, not {}", kAsked, shape.params);
}

std::vector<float> make_sink_logits(const patterns::Case& shape) {
  std::vector<float> logits;
  if (shape.params != kAsked) return logits;
  logits.resize(static_cast<std::size_t>(shape.q_heads));
  fill_normal(shape.seed, Tensor::kSinkLogits, 0, logits);
  return logits;
}

}  // namespace spanwise::kernels

// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/kernel_spans.h"

#include <algorithm>

namespace spanwise::kernels {

std::optional<double> launch_milliseconds(std::vector<KernelSpan> spans, int launches,
                                          const std::vector<std::string>& others) {
  std::erase_if(spans, [&](const KernelSpan& span) {
    return std::any_of(others.begin(), others.end(),
                       [&](const std::string& other) { return span.name.find(other) != std::string::npos; });
  });
  if (spans.empty() || launches <= 0 || spans.size() % static_cast<std::size_t>(launches) != 0) return std::nullopt;
  if (std::any_of(spans.begin(), spans.end(), [](const KernelSpan& s) { return s.begin == 0 || s.end < s.begin; })) {
    return std::nullopt;
  }
  std::sort(spans.begin(), spans.end(), [](const KernelSpan& a, const KernelSpan& b) { return a.begin < b.begin; });
  const std::size_t kernels = spans.size() / static_cast<std::size_t>(launches);
  double sum = 0;
  for (std::size_t first = 0; first < spans.size(); first += kernels) {
    std::uint64_t end = 0;
    for (std::size_t i = first; i < first + kernels; ++i) end = std::max(end, spans[i].end);
    sum += static_cast<double>(end - spans[first].begin);
  }
  return sum / launches * 1e-6;
}

double named_milliseconds(const std::vector<KernelSpan>& spans, const std::string& part) {
  double sum = 0;
  for (const auto& span : spans) {
    if (span.name.find(part) != std::string::npos) sum += static_cast<double>(span.end - span.begin);
  }
  return sum * 1e-6;
}

}  // namespace spanwise::kernels

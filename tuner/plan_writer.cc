// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tuner/plan.h"

namespace spanwise::tuner {
namespace {

std::string yaml_text(std::string_view text) {
  std::string out(1, '"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  out += '"';
  return out;
}

std::string range(std::int64_t first, std::int64_t last) {
  return first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
}

// "rule: name" when all heads agree, else "heads: {0-3: a, 4-7: b}".
std::string layer_rules(const Plan& plan, std::int64_t layer) {
  const auto heads = plan.task.attention.kv_heads;
  const auto name = [&](std::int32_t rule) { return patterns::short_name(plan.rules[static_cast<std::size_t>(rule)]); };
  std::vector<std::string> parts;
  for (std::int64_t first = 0; first < heads;) {
    std::int64_t last = first;
    while (last + 1 < heads && plan.rule_of(layer, last + 1) == plan.rule_of(layer, first)) ++last;
    if (first == 0 && last == heads - 1) return fmt::format("rule: {}", name(plan.rule_of(layer, 0)));
    parts.push_back(fmt::format("{}: {}", range(first, last), name(plan.rule_of(layer, first))));
    first = last + 1;
  }
  return fmt::format("heads: {{{}}}", fmt::join(parts, ", "));
}

std::string time_line(const PlannedTime& t) {
  // Twelve digits, so that reading and writing again gives the same text.
  const auto ms = [](core::Seconds time) { return fmt::format("{:.12g}", time.value * 1e3); };
  return fmt::format(
      "dense_ms: {}, planned_ms: {}, low_ms: {}, high_ms: {}, searched_ms: {}, dense_model_ms: {}, planned_model_ms: {}, "
      "basis: {}, dense_kernel: {}, kernels: [{}]",
      ms(t.dense), ms(t.planned), ms(t.low), ms(t.high), ms(t.searched), ms(t.dense_model), ms(t.planned_model),
      core::name(t.basis), t.dense_kernel, fmt::join(t.kernels, ", "));
}

}  // namespace

std::string to_yaml(const Plan& plan) {
  const auto& a = plan.task.attention;
  std::string out = fmt::format(
      "# Written by spanwise plan. The certificate is about the tables of {}, never about the model's quality.\n"
      "version: 1\nmodel: {}\nhardware: {}\n",
      plan.problem_file, yaml_text(plan.model), yaml_text(plan.hardware));
  const auto latent = a.latent.width == 0 ? "" : fmt::format(", latent_width: {}, latent_rope: {}", a.latent.width, a.latent.rope);
  out += fmt::format("attention: {{layers: {}, q_heads: {}, kv_heads: {}, head_dim: {}, head_dim_v: {}{}, causal: {}, dtype: {}}}\n",
                     plan.task.layers, a.q_heads, a.kv_heads, a.head_dim, a.head_dim_v, latent, a.causal, core::name(plan.task.dtype));
  if (!plan.layer_numbers.empty()) out += fmt::format("layer_numbers: [{}]\n", fmt::join(plan.layer_numbers, ", "));
  out += fmt::format("minimize: {}\nlimit: {}\nlosses: {{basis: {}, source: {}}}\nloss: {}\n", plan.minimize,
                     yaml_text(plan.limit), core::name(plan.losses.basis), yaml_text(plan.losses.source), plan.loss);
  out += "rules:\n";
  for (const auto& rule : plan.rules) out += fmt::format("  {}: {}\n", patterns::short_name(rule), patterns::to_json(rule));
  out += "layers:\n";
  for (std::int64_t first = 0; first < plan.task.layers;) {
    const auto rules = layer_rules(plan, first);
    std::int64_t last = first;
    while (last + 1 < plan.task.layers && layer_rules(plan, last + 1) == rules) ++last;
    out += fmt::format("  - {{layers: {}, {}}}\n", range(first, last), rules);
    first = last + 1;
  }
  out += "workloads:\n";
  for (std::size_t w = 0; w < plan.times.size(); ++w) {
    out += fmt::format("  - {{{},\n     {}}}\n", sim::to_yaml(plan.task.workloads[w]), time_line(plan.times[w]));
  }
  out += fmt::format("problem: {}\ncertificate: {}\n", plan.problem_file, to_json(plan.certificate));
  return out;
}

}  // namespace spanwise::tuner

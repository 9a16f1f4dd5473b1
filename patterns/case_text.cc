// SPDX-License-Identifier: Apache-2.0
// Writing a Case; case.cc reads one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "patterns/case.h"
#include "patterns/json_object.h"

namespace spanwise::patterns {
namespace {

void add_list(JsonObject& fields, std::string_view key, const std::vector<std::int64_t>& values) {
  if (!values.empty()) fields.raw(key, fmt::format("[{}]", fmt::join(values, ",")));
}

}  // namespace

std::string to_json(const Case& value) {
  static const Case kDefault;
  JsonObject fields;
  if (value.op != kDefault.op) fields.text("op", value.op);
  if (!value.kernel.empty()) fields.text("kernel", value.kernel);
  if (value.phase != kDefault.phase) fields.text("phase", name(value.phase));
  if (value.batch != kDefault.batch) fields.number("batch", value.batch);
  fields.number("q_len", value.q_len);
  fields.number("kv_len", value.kv_len);
  add_list(fields, "tokens", value.tokens);
  fields.number("q_heads", value.q_heads);
  fields.number("kv_heads", value.kv_heads);
  fields.number("head_dim", value.head_dim);
  if (value.head_dim_v != value.head_dim) fields.number("head_dim_v", value.head_dim_v);
  fields.text("dtype", core::name(value.dtype));
  if (value.kv_dtype != value.dtype) fields.text("kv_dtype", core::name(value.kv_dtype));
  // A dense pattern is said by the flag alone; other patterns carry their own.
  if (const auto* dense = std::get_if<Dense>(&value.pattern)) {
    if (dense->causal) fields.flag("causal", true);
  } else {
    fields.raw("pattern", to_json(value.pattern));
  }
  add_list(fields, "q_tile", value.q_tile);
  add_list(fields, "kv_tile", value.kv_tile);
  if (value.tiling != kDefault.tiling) fields.text("tiling", name(value.tiling));
  if (value.page != kDefault.page) fields.number("page", value.page);
  add_list(fields, "q_lens", value.q_lens);
  add_list(fields, "kv_lens", value.kv_lens);
  if (value.cache != kDefault.cache) fields.text("cache", name(value.cache));
  if (value.regime != kDefault.regime) fields.text("regime", name(value.regime));
  if (value.params != kDefault.params) fields.raw("params", value.params);
  if (value.seed != kDefault.seed) fields.number("seed", value.seed);
  return fields.take();
}

}  // namespace spanwise::patterns

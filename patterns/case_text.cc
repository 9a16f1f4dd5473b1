// SPDX-License-Identifier: Apache-2.0
// Writing a Case; case.cc reads one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/documents/json_text.h"
#include "patterns/case.h"

namespace spanwise::patterns {
namespace {

// Collects "key":value pairs.
class JsonFields {
 public:
  void raw(std::string_view key, std::string_view json) {
    text_ += fmt::format("{}\"{}\":{}", text_.empty() ? "" : ",", key, json);
  }
  void integer(std::string_view key, std::uint64_t value) { raw(key, fmt::format("{}", value)); }
  void text(std::string_view key, std::string_view value) { raw(key, documents::quote_json(value)); }
  void list(std::string_view key, const std::vector<std::int64_t>& values) {
    if (!values.empty()) raw(key, fmt::format("[{}]", fmt::join(values, ",")));
  }
  std::string take() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace

std::string to_json(const Case& value) {
  static const Case kDefault;
  JsonFields fields;
  if (value.op != kDefault.op) fields.text("op", value.op);
  if (!value.kernel.empty()) fields.text("kernel", value.kernel);
  if (value.phase != kDefault.phase) fields.text("phase", name(value.phase));
  if (value.batch != kDefault.batch) fields.integer("batch", value.batch);
  fields.integer("q_len", value.q_len);
  fields.integer("kv_len", value.kv_len);
  fields.list("tokens", value.tokens);
  fields.integer("q_heads", value.q_heads);
  fields.integer("kv_heads", value.kv_heads);
  fields.integer("head_dim", value.head_dim);
  if (value.head_dim_v != value.head_dim) fields.integer("head_dim_v", value.head_dim_v);
  fields.text("dtype", core::name(value.dtype));
  if (value.kv_dtype != value.dtype) fields.text("kv_dtype", core::name(value.kv_dtype));
  // A dense pattern is said by the flag alone; other patterns carry their own.
  if (const auto* dense = std::get_if<Dense>(&value.pattern)) {
    if (dense->causal) fields.raw("causal", "true");
  } else {
    fields.raw("pattern", to_json(value.pattern));
  }
  fields.list("q_tile", value.q_tile);
  fields.list("kv_tile", value.kv_tile);
  if (value.tiling != kDefault.tiling) fields.text("tiling", name(value.tiling));
  if (value.page != kDefault.page) fields.integer("page", value.page);
  fields.list("q_lens", value.q_lens);
  fields.list("kv_lens", value.kv_lens);
  if (value.cache != kDefault.cache) fields.text("cache", name(value.cache));
  if (value.regime != kDefault.regime) fields.text("regime", name(value.regime));
  if (value.params != kDefault.params) fields.raw("params", value.params);
  if (value.seed != kDefault.seed) fields.integer("seed", value.seed);
  return fields.take();
}

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
#include "sim/model_hf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/suggest.h"
#include "sim/hf_fields.h"

namespace spanwise::sim {
namespace {

using documents::Context;
using documents::Kind;
using documents::Node;

const std::map<std::string, core::DType>& dtypes() {
  static const std::map<std::string, core::DType> known = {{"bfloat16", core::DType::kBf16}, {"float16", core::DType::kFp16},
                                                           {"float32", core::DType::kFp32},  {"float8_e4m3fn", core::DType::kFp8}};
  return known;
}

// `dtype` since transformers 5, `torch_dtype` before; in a nested config either level may hold it.
void read_dtype(HfFields& fields, HfFields& outer) {
  for (auto* level : {&fields, &outer}) {
    const auto* node = level->find({"dtype", "torch_dtype"});
    if (node == nullptr) continue;
    const auto found = dtypes().find(node->text);
    if (node->kind != Kind::kScalar || found == dtypes().end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : dtypes()) names.push_back(name);
      return level->error(node, fmt::format("'config.dtype' cannot be '{}'", node->text), core::suggestion(node->text, names));
    }
    fields.model().dtype = found->second;
    return;
  }
  fields.note("no dtype in the config: bf16 taken");
}

// Fields with names so alike that one of them is not a misspelling of another.
const std::array<std::string_view, 12> kRealNames = {"qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "head_dim", "index_head_dim", "index_n_heads",
                                                     "num_attention_heads", "num_key_value_heads", "num_hidden_layers", "hidden_size", "intermediate_size",
                                                     "moe_intermediate_size"};

std::string name_of(const Node& root, const std::filesystem::path& path) {
  for (const auto& entry : root.entries) {
    if (entry.key != "_name_or_path" || entry.value.kind != Kind::kScalar) continue;
    const auto name = std::filesystem::path(entry.value.text).filename().string();
    if (!name.empty() && name != ".") return name;
  }
  const auto folder = std::filesystem::absolute(path).parent_path().filename().string();
  return path.stem() == "config" && !folder.empty() ? folder : path.stem().string();
}

}  // namespace

const Node* HfFields::find(Names names) {
  for (const auto* name : names) {
    if (const auto* node = map_.find(name)) return node;
  }
  return nullptr;
}

std::optional<std::int64_t> HfFields::integer(Names names, std::int64_t high) {
  for (const auto* name : names) {
    const auto* node = map_.find(name);
    if (node != nullptr) return documents::read_integer(*node, context(), map_.path(name), {0, high});
  }
  return default_of(names);
}

std::optional<std::int64_t> HfFields::default_of(Names names) {
  for (const std::string name : names) {
    const auto found = defaults_.find(name);
    if (found == defaults_.end()) continue;
    if (noted_.insert(name).second) note(fmt::format("{} {}, the default of its type", name, found->second));
    return found->second;
  }
  return std::nullopt;
}

std::int64_t HfFields::need(Names names, std::int64_t high) {
  for (const auto* name : names) {
    const auto* node = map_.find(name);
    if (node != nullptr) return documents::read_integer(*node, context(), map_.path(name), {1, high}).value_or(1);
  }
  if (const auto value = default_of(names)) return *value;
  const std::string wanted = *names.begin();
  std::vector<std::string> present;
  for (const auto& entry : node().entries) {
    if (std::find(kRealNames.begin(), kRealNames.end(), entry.key) == kRealNames.end()) present.push_back(entry.key);
  }
  const auto near = core::nearest(wanted, present);
  const auto entry = std::find_if(node().entries.begin(), node().entries.end(), [&](const auto& e) { return e.key == near; });
  if (near.empty() || entry->value.kind == Kind::kNull || core::edit_distance(wanted, near) > 2) {
    error(nullptr, fmt::format("'config' needs the key '{}'", wanted), "a config.json of transformers has it");
  } else {
    context().error(entry->line, entry->column, fmt::format("unknown key '{}' in 'config'", near), fmt::format("did you mean '{}'?", wanted));
  }
  return 1;
}

bool HfFields::flag(const char* name, bool fallback) {
  const auto* node = map_.find(name);
  return node == nullptr ? fallback : documents::read_bool(*node, context(), map_.path(name)).value_or(fallback);
}

std::string HfFields::text(const char* name) {
  const auto* node = map_.find(name);
  return node != nullptr && node->kind == Kind::kScalar ? node->text : "";
}

std::int64_t HfFields::first_integer(const char* name, std::int64_t high) {
  const auto* node = map_.find(name);
  if (node == nullptr || node->kind != Kind::kList || node->items.empty()) return need({name}, high);
  return documents::read_integer(node->items.front(), context(), map_.path(name), {1, high}).value_or(1);
}

void HfFields::error(const Node* at, std::string message, std::string hint, const Node* other, std::string note) {
  context().contradiction(at == nullptr ? node() : *at, std::move(message), std::move(hint), other, std::move(note));
}

core::Result<Model> read_hf_config(const documents::Document& document, const std::filesystem::path& path) {
  Context context(document.file);
  Model model;
  HfFields outer(document.root, context, model);
  const auto* nested = outer.find({"text_config"});
  HfFields fields(nested != nullptr && nested->kind == Kind::kMap ? *nested : document.root, context, model);
  if (!context.ok()) return context.take();
  model.name = name_of(document.root, path);
  model.source = "config.json (Hugging Face)";
  auto type = fields.text("model_type");
  if (type.empty()) type = outer.text("model_type");
  if (type.empty() && fields.find({"num_hidden_layers", "num_layers", "n_layer"}) == nullptr) {
    outer.error(nullptr, "this JSON file is not a config.json of transformers",
                "expected the keys model_type, num_hidden_layers, hidden_size, num_attention_heads; other models are described in YAML");
    return context.take();
  }
  read_dtype(fields, outer);
  if (outer.find({"quantization_config"}) != nullptr) {
    fields.note(fmt::format("quantization_config is not read: weights and products in {}", core::name(model.dtype)));
  }
  if (type == "vit" || type == "deit") {
    read_hf_vit(fields);
  } else if (type == "swin") {
    read_hf_swin(fields);
  } else {
    read_hf_text(fields, type);
  }
  if (context.ok() && model.planned_layers().empty()) {
    fields.error(fields.find({"layer_types", "sliding_window", "hybrid_override_pattern"}),
                 "no layer has full attention, so there is nothing to plan", "a plan decides about layers with full attention");
  }
  if (!context.ok()) return context.take();
  if (model.workloads.empty()) model.workloads = default_workloads(model.attention().causal, model.max_tokens);
  return model;
}

}  // namespace spanwise::sim

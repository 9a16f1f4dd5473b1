// SPDX-License-Identifier: Apache-2.0
// Fields of a config.json: the same fact under the several names that model families gave it.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/documents/map_reader.h"
#include "sim/model.h"

namespace spanwise::sim {

class HfFields {
 public:
  // `config` is what describes the transformer: the document's root, or its `text_config`.
  HfFields(const documents::Node& config, documents::Context& context, Model& model)
      : map_(config, context, "config"), model_(model) {}

  using Names = std::initializer_list<const char*>;

  const documents::Node* find(Names names);
  // What transformers takes for `key` when a config of this model type leaves it out; taking it leaves a note.
  void set_default(const std::string& key, std::int64_t value) { defaults_[key] = value; }
  // The first of the names that is there (or has a default), within 1..high. Missing: an error at the file's most similar key, or at the map.
  std::int64_t need(Names names, std::int64_t high);
  // Nothing when absent.
  std::optional<std::int64_t> integer(Names names, std::int64_t high);
  bool flag(const char* name, bool fallback);
  std::string text(const char* name);
  // Some configs give one number for all layers or sides, some a list: the first of it.
  std::int64_t first_integer(const char* name, std::int64_t high);

  void note(std::string text) { model_.notes.push_back(std::move(text)); }
  void error(const documents::Node* at, std::string message, std::string hint = {},
             const documents::Node* other = nullptr, std::string note = {});
  documents::Context& context() { return map_.context(); }
  const documents::Node& node() const { return map_.node(); }
  Model& model() { return model_; }

 private:
  std::optional<std::int64_t> default_of(Names names);

  documents::MapReader map_;
  std::map<std::string, std::int64_t> defaults_;
  std::set<std::string> noted_;
  Model& model_;
};

// Each fills the layers and sizes of a model. `type` is the config's model_type.
void read_hf_text(HfFields& fields, const std::string& type);
void read_hf_vit(HfFields& fields);
void read_hf_swin(HfFields& fields);

}  // namespace spanwise::sim

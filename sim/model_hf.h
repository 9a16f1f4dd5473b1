// SPDX-License-Identifier: Apache-2.0
// Models from a Hugging Face config.json (the format of transformers). Fields that say nothing about time are ignored; what
// a config leaves open is taken from its model type and said in Model::notes.
#pragma once

#include <filesystem>

#include "core/documents/document.h"
#include "sim/model.h"

namespace spanwise::sim {

// The model is named after `_name_or_path`, else the folder of a config.json, else the file.
core::Result<Model> read_hf_config(const documents::Document& document, const std::filesystem::path& path);

}  // namespace spanwise::sim

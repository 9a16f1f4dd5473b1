// SPDX-License-Identifier: Apache-2.0
#include "core/documents/document.h"

#include "core/file.h"

namespace spanwise::documents {

core::Result<Document> read_document(const std::filesystem::path& path, const Limits& limits) {
  auto text = core::read_file(path, limits.max_bytes);
  if (!text) return text.error();
  const auto extension = path.extension();
  if (extension == ".json" || extension == ".jsonl") return parse_json(*text, path.string(), limits);
  return parse_yaml(*text, path.string(), limits);
}

}  // namespace spanwise::documents

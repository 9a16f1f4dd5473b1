// SPDX-License-Identifier: Apache-2.0
#include "measure/suite.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/documents/map_reader.h"
#include "core/suggest.h"

namespace spanwise::measure {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

constexpr std::size_t kMaxEntries = 10'000;

// `name_nodes` are the nodes of the names of earlier entries.
void read_entry(const Node& node, Context& context, Suite& suite, std::vector<const Node*>& name_nodes) {
  MapReader map(node, context, "cases");
  SuiteEntry entry;
  entry.name = map.text("name");
  std::vector<std::string> names;
  for (const auto& earlier : suite.entries) names.push_back(earlier.name);
  const auto same = std::find(names.begin(), names.end(), entry.name);
  if (same != names.end()) {
    context.contradiction(*map.find("name"), fmt::format("'{}' names two cases", entry.name), "",
                          name_nodes[static_cast<std::size_t>(same - names.begin())], "first named here");
  }
  name_nodes.push_back(map.find("name"));
  if (const Node* shape = map.need("case")) entry.shape = patterns::read_case(*shape, context);
  if (const Node* against = map.find("against")) {
    const auto found = std::find(names.begin(), names.end(), against->text);
    if (found == names.end()) {
      context.error(*against, fmt::format("'{}' is no earlier case", against->text),
                    core::suggestion(against->text, names));
    } else {
      entry.against = static_cast<std::size_t>(found - names.begin());
    }
  }
  map.finish();
  suite.entries.push_back(std::move(entry));
}

}  // namespace

core::Result<Suite> read_suite(const std::filesystem::path& path) {
  const auto document = documents::read_document(path);
  if (!document) return document.error();
  Context context(document->file);
  MapReader map(document->root, context, "suite");
  map.integer("version", {1, 1});
  Suite suite;
  suite.name = map.text("name");
  suite.summary = map.text("summary");
  suite.min_samples = map.integer_or("min_samples", {1, 1'000'000}, suite.min_samples);
  suite.max_seconds = map.number_or("max_s", {0.001, 3600}, suite.max_seconds);
  const auto cases = map.list("cases");
  std::vector<const Node*> name_nodes;
  for (const auto& node : cases.first(std::min(cases.size(), kMaxEntries))) read_entry(node, context, suite, name_nodes);
  if (context.ok() && (cases.empty() || cases.size() > kMaxEntries)) {
    context.error(document->root, fmt::format("'suite.cases' must list 1 to {} cases", kMaxEntries));
  }
  map.finish();
  if (!context.ok()) return context.take();
  return suite;
}

}  // namespace spanwise::measure

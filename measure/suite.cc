// SPDX-License-Identifier: Apache-2.0
#include "measure/suite.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "core/documents/map_reader.h"
#include "core/suggest.h"
#include "measure/suite_axes.h"

namespace spanwise::measure {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

constexpr std::size_t kMaxEntries = 10'000;

// An entry as it stands in the file: one case, or one for each combination of its axes.
struct Family {
  std::string name;
  const Node* name_node = nullptr;
  std::size_t first = 0;  // of its cases in the suite
  std::vector<Combination> cases;
};

// The case of `family` with the values that `mine` has on the family's axes; nothing where an axis is missing.
std::optional<std::size_t> partner(const Family& family, const Combination& mine) {
  for (std::size_t i = 0; i < family.cases.size(); ++i) {
    const auto& theirs = family.cases[i].values;
    const auto shared = [&](const auto& value) { return std::find(mine.values.begin(), mine.values.end(), value) != mine.values.end(); };
    if (std::all_of(theirs.begin(), theirs.end(), shared)) return family.first + i;
  }
  return std::nullopt;
}

std::optional<std::size_t> read_against(const Node& node, Context& context, const Suite& suite, const std::vector<Family>& families,
                                        const Combination& mine) {
  std::vector<std::string> names;
  for (const auto& family : families) {
    names.push_back(family.name);
    if (family.name != node.text) continue;
    const auto found = partner(family, mine);
    if (!found && context.ok()) {  // after an error the family may be short of cases
      context.error(node, fmt::format("no case of '{}' has the axes and values of '{}'", family.name, mine.suffix.empty() ? "this case" : mine.suffix.substr(1)),
                    "the axes of the case compared with must be among this one's");
    }
    return found;
  }
  for (std::size_t i = 0; i < suite.entries.size(); ++i) {
    names.push_back(suite.entries[i].name);
    if (suite.entries[i].name == node.text) return i;
  }
  context.error(node, fmt::format("'{}' is no earlier case", node.text), core::suggestion(node.text, names));
  return std::nullopt;
}

void read_entry(const Node& node, Context& context, Suite& suite, std::vector<Family>& families, std::set<std::string>& names) {
  MapReader map(node, context, "cases");
  Family family{map.text("name"), map.find("name"), suite.entries.size(), {}};
  const auto same = std::find_if(families.begin(), families.end(), [&](const Family& earlier) { return earlier.name == family.name; });
  if (same != families.end()) {
    context.contradiction(*map.find("name"), fmt::format("'{}' names two cases", family.name), "", same->name_node, "first named here");
  }
  const auto errors = context.count();
  std::vector<Axis> axes;
  if (const Node* given = map.find("axes")) axes = read_axes(*given, context, kMaxEntries - suite.entries.size());
  const Node* shape = map.need("case");
  const Node* against = map.find("against");
  if (shape != nullptr && context.count() == errors) family.cases = combinations(*shape, axes, context);
  for (const auto& combination : family.cases) {
    SuiteEntry entry;
    entry.name = family.name + combination.suffix;
    if (same == families.end() && !names.insert(entry.name).second) context.error(*family.name_node, fmt::format("'{}' names two cases", entry.name));
    entry.shape = patterns::read_case(combination.shape, context);
    if (against != nullptr) entry.against = read_against(*against, context, suite, families, combination);
    suite.entries.push_back(std::move(entry));
    if (context.count() > errors) break;  // the next combination would say the same
  }
  map.finish();
  families.push_back(std::move(family));
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
  std::vector<Family> families;
  std::set<std::string> names;
  for (const auto& node : cases) {
    if (suite.entries.size() < kMaxEntries) read_entry(node, context, suite, families, names);
  }
  if (context.ok() && (cases.empty() || families.size() < cases.size())) {
    context.error(document->root, fmt::format("'suite.cases' must list 1 to {} cases", kMaxEntries));
  }
  map.finish();
  if (!context.ok()) return context.take();
  return suite;
}

}  // namespace spanwise::measure

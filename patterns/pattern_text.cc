// SPDX-License-Identifier: Apache-2.0
// Patterns as JSON and as short names.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/documents/json_text.h"
#include "core/random.h"
#include "patterns/overload.h"
#include "patterns/pattern.h"
#include "patterns/unit_words.h"

namespace spanwise::patterns {
namespace {

// Collects "key":value pairs.
class Fields {
 public:
  Fields& raw(std::string_view key, std::string_view json) {
    text_ += fmt::format("{}\"{}\":{}", text_.empty() ? "" : ",", key, json);
    return *this;
  }
  Fields& integer(std::string_view key, std::int64_t value) { return raw(key, fmt::format("{}", value)); }
  Fields& number(std::string_view key, double value) { return raw(key, fmt::format("{}", value)); }
  Fields& truth(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  Fields& text(std::string_view key, std::string_view value) { return raw(key, documents::quote_json(value)); }
  Fields& list(std::string_view key, const Lengths& values) { return raw(key, fmt::format("[{}]", fmt::join(values, ","))); }
  Fields& block(std::int64_t queries, std::int64_t keys) {
    return queries == keys ? integer("block", keys) : list("block", {queries, keys});
  }
  Fields& places(std::string_view key, const Places& places) {
    if (places.count == 0) return *this;
    return places.listed() ? list(key, places.at) : integer(key, places.count);
  }
  Fields& selection(const Selection& selection) {
    if (!selection.file.empty()) return text("file", selection.file);
    std::vector<std::string> rows;
    const auto& units = *selection.rows;
    for (std::size_t row = 0; row < units.rows(); ++row) {
      rows.push_back(fmt::format(
          "[{}]", fmt::join(units.units.data() + units.first[row], units.units.data() + units.first[row + 1], ",")));
    }
    return raw("list", fmt::format("[{}]", fmt::join(rows, ",")));
  }
  Fields& stated(const Stated& from) {
    if (from.basis == core::Basis::kMeasured) text("basis", "measured");
    if (!from.source.empty()) text("source", from.source);
    return *this;
  }
  Fields& inner(std::string_view key, const SubPattern& pattern) { return raw(key, to_json(pattern.node().value)); }
  std::string take() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

bool all_ones(const Lengths& lengths) {
  return std::all_of(lengths.begin(), lengths.end(), [](std::int64_t length) { return length == 1; });
}

bool any(const std::vector<bool>& flags) {
  return std::find(flags.begin(), flags.end(), true) != flags.end();
}

std::string json_of(const Dense& p) {
  return Fields().truth("causal", p.causal).take();
}

std::string json_of(const SlidingWindow& p) {
  Fields fields;
  fields.integer("window", p.window);
  if (p.sinks != 0) fields.integer("sinks", p.sinks);
  if (!p.causal) fields.truth("causal", false);
  if (p.block != 1) fields.integer("block", p.block);
  return fields.take();
}

std::string json_of(const Neighborhood& p) {
  Fields fields;
  fields.list("window", p.window);
  if (!all_ones(p.stride)) fields.list("stride", p.stride);
  if (!all_ones(p.dilation)) fields.list("dilation", p.dilation);
  if (any(p.causal)) fields.raw("causal", fmt::format("[{}]", fmt::join(p.causal, ",")));
  return fields.take();
}

std::string json_of(const Strided& p) {
  Fields fields;
  fields.integer("block", p.block).integer("local", p.local).integer("stride", p.stride).integer("phase", p.phase);
  if (!p.causal) fields.truth("causal", false);
  return fields.take();
}

std::string json_of(const Power& p) {
  Fields fields;
  fields.integer("block", p.block).integer("window", p.window);
  if (p.sinks != 0) fields.integer("sinks", p.sinks);
  if (!p.causal) fields.truth("causal", false);
  return fields.take();
}

std::string json_of(const VerticalSlash& p) {
  Fields fields;
  fields.places("columns", p.columns).places("diagonals", p.diagonals);
  if (!p.causal) fields.truth("causal", false);
  return fields.stated(p.from).take();
}

std::string json_of(const BlockMask& p) {
  Fields fields;
  fields.block(p.q_block, p.kv_block);
  if (p.selection) fields.selection(*p.selection);
  if (!p.row_blocks.empty()) fields.list("row_blocks", p.row_blocks);
  if (p.random) {
    Fields random;
    random.number("density", p.random->density).raw("seed", fmt::format("{}", p.random->seed));
    fields.raw("random", random.take());
  }
  return fields.truth("causal", p.causal).stated(p.from).take();
}

std::string json_of(const Routed& p) {
  Fields fields, keep, forced;
  fields.text("unit", unit_words()[static_cast<std::size_t>(p.unit)]);
  if (p.unit != Unit::kToken) fields.integer("unit_size", p.unit_size);
  if (p.q_block != 1) fields.integer("q_block", p.q_block);
  if (p.top_k) keep.integer("top_k", *p.top_k);
  if (p.density) keep.number("density", *p.density);
  if (p.mass) keep.number("mass", *p.mass);
  if (p.top_k || p.density) fields.raw("keep", keep.take());
  if (p.selection) fields.selection(*p.selection);
  if (p.spread != 0) fields.number("spread", p.spread);
  if (p.overlap != 0) fields.number("overlap", p.overlap);
  if (p.sinks != 0) forced.integer("sinks", p.sinks);
  if (p.local != 0) forced.integer("local", p.local);
  if (p.sinks != 0 || p.local != 0) fields.raw("forced", forced.take());
  if (p.shared_by != SharedBy::kGroup) fields.text("shared_by", sharing_words()[static_cast<std::size_t>(p.shared_by)]);
  if (!p.selector.empty()) fields.text("selector", p.selector);
  return fields.truth("causal", p.causal).stated(p.from).take();
}

std::string json_of(const Pyramid& p) {
  std::vector<std::string> levels;
  for (const auto& level : p.levels) {
    levels.push_back(Fields().integer("pool", level.pool).number("share", level.share).take());
  }
  Fields fields;
  fields.block(p.q_block, p.kv_block).raw("levels", fmt::format("[{}]", fmt::join(levels, ",")));
  if (p.packed) fields.truth("packed", true);
  return fields.truth("causal", p.causal).stated(p.from).take();
}

// A share has a point, which tells it from a number of tokens.
std::string share(double density) {
  const auto text = fmt::format("{}", density);
  return text.find('.') == std::string::npos ? fmt::format("{:.20f}", density) : text;
}

std::string json_of(const TokenSubset& p) {
  Fields fields;
  if (p.density) {
    fields.raw("keep", share(*p.density));
  } else if (!p.file.empty()) {
    fields.text("file", p.file);
  } else {
    fields.places("keep", p.keep);
  }
  return fields.inner("inner", p.inner).stated(p.from).take();
}

std::string json_of(const Permuted& p) {
  Fields fields;
  if (!p.permutation.file.empty()) {
    fields.raw("permutation", Fields().text("file", p.permutation.file).take());
  } else if (p.permutation.form == Permutation::Form::kListed) {
    fields.list("permutation", p.permutation.order);
  } else if (p.permutation.form == Permutation::Form::kRandom) {
    Fields random;
    random.raw("seed", fmt::format("{}", p.permutation.seed));
    if (p.permutation.segment != 0) random.integer("segment", p.permutation.segment);
    fields.raw("permutation", random.take());
  }
  if (p.keys_only) fields.truth("keys_only", true);
  return fields.truth("causal", p.causal).inner("inner", p.inner).take();
}

std::string json_of(const Union& p) {
  std::vector<std::string> parts;
  for (const auto& part : p.parts) parts.push_back(to_json(part.node().value));
  return fmt::format("[{}]", fmt::join(parts, ","));
}

std::string json_of(const Reuse& p) {
  Fields fields;
  fields.integer("layer", p.layer);
  if (p.pattern) fields.inner("pattern", p.pattern);
  return fields.take();
}

std::string neighborhood_name(const Neighborhood& p) {
  auto text = fmt::format("na{}", fmt::join(p.window, "x"));
  if (!all_ones(p.stride)) text += fmt::format("/{}", fmt::join(p.stride, "x"));
  if (!all_ones(p.dilation)) text += fmt::format("@{}", fmt::join(p.dilation, "x"));
  if (!any(p.causal)) return text;
  text += "-causal";
  for (const bool axis : p.causal) text += axis ? '1' : '0';
  return text;
}

}  // namespace

std::string to_json(const Pattern& pattern) {
  return fmt::format(R"({{"{}":{}}})", kind_name(pattern), std::visit([](const auto& p) { return json_of(p); }, pattern));
}

std::string short_name(const Pattern& pattern) {
  const auto both = [](bool causal) { return causal ? "" : "-both"; };
  return std::visit(
      Overload{[](const Dense&) { return std::string("dense"); },
               [&](const SlidingWindow& p) {
                 return fmt::format("window{}{}{}{}", p.window, p.sinks == 0 ? "" : fmt::format("+{}", p.sinks),
                                    both(p.causal), p.block == 1 ? "" : fmt::format("@{}", p.block));
               },
               [](const Neighborhood& p) { return neighborhood_name(p); },
               [&](const Strided& p) {
                 return fmt::format("strided{}-{}/{}+{}{}", p.block, p.local, p.stride, p.phase, both(p.causal));
               },
               [&](const Power& p) { return fmt::format("power{}-{}+{}{}", p.block, p.window, p.sinks, both(p.causal)); },
               [&](const auto&) {
                 const auto json = to_json(pattern);
                 return fmt::format("{}-{:08x}", kind_name(pattern),
                                    static_cast<std::uint32_t>(core::fingerprint(json.data(), json.size())));
               }},
      pattern);
}

}  // namespace spanwise::patterns

// SPDX-License-Identifier: Apache-2.0
// Typed, strict reading of a document: each getter checks type, unit and range, records what is wrong at its
// exact place and returns a harmless value, so that one pass reports every independent mistake.
//
//   Context context(document.file);
//   MapReader map(document.root, context, "model");
//   model.name = map.text("name");
//   model.hidden_size = map.integer("hidden_size", {1, 1 << 20});
//   map.finish();                                  // unknown keys are errors
//   if (!context.ok()) return context.take();
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/documents/document.h"
#include "core/dtype.h"
#include "core/units.h"

namespace spanwise::documents {

struct IntegerRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
};

struct NumberRange {
  double low = -std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::max();
};

// Collects what is wrong in one file; errors after the first 20 are dropped.
class Context {
 public:
  explicit Context(std::string file) : file_(std::move(file)) {}
  void error(const Node& at, std::string message, std::string hint = {});
  void error(std::uint32_t line, std::uint32_t column, std::string message, std::string hint = {});
  void error(core::Diagnostic diagnostic);
  // Two places of the file that cannot both stand: an error at one, a note at the other. Without `other` (a value that
  // follows from a default) the error alone.
  void contradiction(const Node& at, std::string message, std::string hint, const Node* other, std::string note);
  // Puts another error in the place of the index-th, if that was kept.
  void replace(std::size_t index, core::Diagnostic diagnostic);
  bool ok() const { return errors_.empty(); }
  std::size_t count() const { return errors_.size(); }
  core::Diagnostics take() { return std::move(errors_); }
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  core::Diagnostics errors_;
};

// Scalars. Each returns nothing after recording an error that names `what`.
std::optional<std::int64_t> read_integer(const Node& node, Context& context, std::string_view what,
                                         IntegerRange range);
std::optional<double> read_number(const Node& node, Context& context, std::string_view what,
                                  NumberRange range);
std::optional<bool> read_bool(const Node& node, Context& context, std::string_view what);
std::optional<std::string> read_text(const Node& node, Context& context, std::string_view what);
std::optional<double> read_quantity(const Node& node, Context& context, std::string_view what,
                                    const core::UnitKind& kind);
// The index of the scalar in `allowed`.
std::optional<std::size_t> read_choice(const Node& node, Context& context, std::string_view what,
                                       std::span<const std::string> allowed);
// "30x48x80" or [30, 48, 80] or a single integer; one to `max_axes` positive lengths.
std::optional<std::vector<std::int64_t>> read_lengths(const Node& node, Context& context,
                                                      std::string_view what, std::size_t max_axes,
                                                      IntegerRange range);

class MapReader {
 public:
  // `what` names the map in messages: "model", "attention". Anything but a map is an error here.
  MapReader(const Node& node, Context& context, std::string what);

  // The value of `key`, marked as known; nullptr when absent. A null value counts as absent.
  const Node* find(std::string_view key);
  // The same; absence is an error at the map, or at the misspelled key that finish() finds.
  const Node* need(std::string_view key);

  std::string text(std::string_view key);
  std::string text_or(std::string_view key, std::string fallback);
  std::int64_t integer(std::string_view key, IntegerRange range);
  std::int64_t integer_or(std::string_view key, IntegerRange range, std::int64_t fallback);
  double number(std::string_view key, NumberRange range);
  double number_or(std::string_view key, NumberRange range, double fallback);
  bool boolean_or(std::string_view key, bool fallback);
  std::size_t choice(std::string_view key, std::span<const std::string> allowed);
  std::size_t choice_or(std::string_view key, std::span<const std::string> allowed, std::size_t fallback);
  core::DType dtype_or(std::string_view key, core::DType fallback);

  template <class Unit>
  core::Quantity<Unit> quantity(std::string_view key) {
    const Node* node = need(key);
    return node == nullptr ? core::Quantity<Unit>{}
                           : core::Quantity<Unit>{quantity_of(*node, key, Unit::kKind)};
  }

  // The items of a list; an error when the value is something else. Empty when absent.
  std::span<const Node> list(std::string_view key);

  // Every key that nobody asked for is an error with the nearest known one.
  void finish();

  const Node& node() const { return node_; }
  Context& context() { return context_; }
  bool is_map() const { return node_.kind == Kind::kMap; }
  std::string path(std::string_view key) const;  // "attention.head_dim", for messages

 private:
  double quantity_of(const Node& node, std::string_view key, const core::UnitKind& kind);

  const Node& node_;
  Context& context_;
  std::string what_;
  struct Missing {
    std::string key;
    std::size_t error;  // its index in the context
  };
  std::vector<std::string> known_;
  std::vector<Missing> missing_;
};

}  // namespace spanwise::documents

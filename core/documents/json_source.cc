// SPDX-License-Identifier: Apache-2.0
// JSON text to tree, by nlohmann's SAX interface. The library reports no positions, so it reads through an
// iterator that notes how far it has come; a token starts at the first letter after the previous token's end.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "core/documents/document.h"
#include "core/documents/place_finder.h"
#include "core/documents/streamed_json.h"
#include "core/documents/text_rules.h"
#include "core/documents/tree_builder.h"

namespace spanwise::documents {
namespace {

constexpr int kNumberTooLarge = 406;  // the id of nlohmann-json's exception

using nlohmann::json;

class NotingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  NotingIterator(const char* at, const char** seen) : at_(at), seen_(seen) {}
  const char& operator*() const { return *at_; }
  NotingIterator& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  NotingIterator operator++(int) {
    const auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const NotingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const NotingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** seen_;
};

constexpr std::string_view kMarks = "[]{},:";

// Whether the token was understood but not expected, as against a token that could not be read.
bool is_unexpected(std::string_view message) {
  return message.find("unexpected ") != std::string_view::npos;
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value -
// unexpected
// ','; expected ..." without what the place already says and without what was read.
std::string reason(const json::exception& problem) {
  std::string_view message = problem.what();
  if (problem.id == kNumberTooLarge) return "a number that is out of range";
  for (const std::string_view before : {": ", " - "}) {
    if (const auto at = message.find(before); at != std::string_view::npos)
      message.remove_prefix(at + before.size());
  }
  const auto read = message.find("; last read: ");
  const auto expected = message.find("; expected ", read);
  std::string text(message.substr(0, read));
  if (read != std::string_view::npos && expected != std::string_view::npos) text += message.substr(expected);
  return text;
}

std::string hint_for(const json::exception& problem) {
  if (problem.id == kNumberTooLarge) return "numbers go up to 1.8e308";
  const std::string_view message = problem.what();
  if (message.find("invalid string") != std::string_view::npos) return "a text stands in double quotes, in one line";
  return "JSON wants \"key\": value, a ',' between two of them and none behind the last";
}

class Events {
 public:
  Events(TreeBuilder& builder, std::string_view text)
      : builder_(builder), text_(text), places_(text), seen_(text.data()) {}

  const char** seen() { return &seen_; }

  bool null() {
    start_token();
    builder_.null(place_.line, place_.column);
    return true;
  }
  bool boolean(bool value) { return scalar(value ? "true" : "false", false); }
  bool number_integer(json::number_integer_t value) { return number(fmt::format_int(value).str()); }
  bool number_unsigned(json::number_unsigned_t value) { return number(fmt::format_int(value).str()); }
  bool number_float(json::number_float_t, const std::string& text) { return number(text); }
  bool string(std::string& value) { return scalar(value, true); }
  bool binary(json::binary_t&) { return false; }
  bool key(std::string& value) {
    start_token();
    builder_.key(place_.line, place_.column, value);
    return true;
  }
  bool start_object(std::size_t) { return open(Kind::kMap); }
  bool start_array(std::size_t) { return open(Kind::kList); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool parse_error(std::size_t read, const std::string&, const json::exception& problem) {
    const auto last = std::min(read > 0 ? read - 1 : 0, text_.size());  // the offset of the last letter read
    const bool at_end =
        std::string_view(problem.what()).find("unexpected end of input") != std::string_view::npos;
    const Node* open = builder_.innermost();
    if (at_end && open != nullptr) {
      builder_.stop(open->line, open->column,
                    fmt::format("JSON: '{}' is never closed", open->kind == Kind::kMap ? '{' : '['),
                    fmt::format("close it with '{}'; is the file whole?", open->kind == Kind::kMap ? '}' : ']'));
    }
    // A punctuation mark that cannot stand here was read alone; all else was read from its first letter on.
    const bool mark = last < text_.size() && kMarks.find(text_[last]) != std::string_view::npos;
    const auto place = places_.at(mark && is_unexpected(problem.what()) ? last : token_start());
    builder_.stop(place.line, place.column, fmt::format("JSON: {}", reason(problem)), hint_for(problem));
  }

 private:
  bool scalar(std::string text, bool quoted) {
    start_token();
    builder_.scalar(place_.line, place_.column, std::move(text), quoted);
    return true;
  }
  // The library reads one letter beyond a number, unless the text ends there.
  bool number(std::string text) {
    scalar(std::move(text), false);
    if (token_end_ < text_.size()) --token_end_;
    return true;
  }
  bool open(Kind kind) {
    start_token();
    builder_.open(kind, place_.line, place_.column);
    return true;
  }
  bool close() {
    builder_.close();
    return true;
  }

  // The offset of the first letter after the last token.
  std::size_t token_start() const {
    return std::min(text_.find_first_not_of(" \t\r\n,:]}", token_end_), text_.size());
  }
  void start_token() {
    place_ = places_.at(token_start());
    token_end_ = static_cast<std::size_t>(seen_ - text_.data());
  }

  TreeBuilder& builder_;
  std::string_view text_;
  PlaceFinder places_;
  const char* seen_;
  std::size_t token_end_ = 0;
  LineColumn place_;
};

// What is wrong is recorded in the builder.
void read_json(std::string_view text, const Limits& limits, TreeBuilder& builder) {
  try {
    check_text(text, limits, builder);
    Events events(builder, text);
    json::sax_parse(NotingIterator(text.data(), events.seen()),
                    NotingIterator(text.data() + text.size(), events.seen()), &events);
  } catch (const BuildStop&) {
    // The reason stands in the builder's errors.
  }
}

}  // namespace

core::Result<Document> parse_json(std::string_view text, std::string file, const Limits& limits) {
  text = without_byte_order_mark(text);
  TreeBuilder builder(file, limits);
  read_json(text, limits, builder);
  if (auto errors = builder.take_errors(); !errors.empty()) return errors;
  return Document{std::move(file), std::string(text), builder.take_root()};
}

core::Result<StreamedJson> StreamedJson::parse(std::string text, std::string file, std::string key,
                                               const Limits& limits) {
  StreamedJson out;
  out.text_ = std::move(text);
  out.file_ = std::move(file);
  out.key_ = std::move(key);
  out.limits_ = limits;
  TreeBuilder builder(out.file_, limits);
  builder.hand_over(out.key_, [](const Node&) {});
  read_json(out.text(), limits, builder);
  if (auto errors = builder.take_errors(); !errors.empty()) return errors;
  out.root_ = builder.take_root();
  return out;
}

std::string_view StreamedJson::text() const { return without_byte_order_mark(text_); }

void StreamedJson::for_each_item(const std::function<void(const Node&)>& take) const {
  TreeBuilder builder(file_, limits_);
  builder.hand_over(key_, take);
  read_json(text(), limits_, builder);
}

}  // namespace spanwise::documents

// SPDX-License-Identifier: Apache-2.0
// Writes HTML (with SVG inside) that is well formed and escaped by construction: names are literals checked
// at compile time, values and text are always escaped, elements close themselves.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace spanwise::reports {

namespace html_detail {
consteval bool is_name(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}
}  // namespace html_detail

// The name of an element; never one that could run or load something.
class Tag {
 public:
  consteval Tag(const char* literal) : name_(literal) {  // NOLINT: implicit
    for (const std::string_view bad :
         {"script", "style", "iframe", "object", "embed", "base", "form", "image"}) {
      if (name_ == bad) throw "this element is not allowed in a report";
    }
    if (!html_detail::is_name(name_)) throw "not the name of an element";
  }
  constexpr std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

// The name of an attribute; never one that could run or load something.
class AttributeName {
 public:
  consteval AttributeName(const char* literal) : name_(literal) {  // NOLINT: implicit
    for (const std::string_view bad :
         {"src", "href", "srcset", "srcdoc", "action", "formaction", "background"}) {
      if (name_ == bad) throw "this attribute is not allowed in a report";
    }
    if (name_.starts_with("on") || !html_detail::is_name(name_)) throw "not the name of an allowed attribute";
  }
  constexpr std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

struct Attribute {
  Attribute(AttributeName attribute, std::string_view text) : name(attribute), value(text) {}
  // With at most two decimals: coordinates.
  Attribute(AttributeName attribute, double number);
  Attribute(AttributeName attribute, int number);

  AttributeName name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

// A coordinate for paths and transforms: at most two decimals, no trailing zeros.
std::string coordinate(double value);

class HtmlWriter {
 public:
  // Closes its element when it goes out of scope. Scopes nest as the code does.
  class [[nodiscard]] Scope {
   public:
    Scope(HtmlWriter& writer, std::string_view name) : writer_(writer), name_(name) {}
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    HtmlWriter& writer_;
    std::string_view name_;
  };

  // "<!DOCTYPE html>".
  void doctype();

  Scope element(Tag tag, Attributes attributes = {});
  void leaf(Tag tag, std::string_view text, Attributes attributes = {});  // an element that holds text alone
  void empty(Tag tag,
             Attributes attributes = {});  // void elements of HTML, childless ones of SVG: "<meta .../>"
  void text(std::string_view text);
  void new_line() { out_ += '\n'; }  // for readers of the source; white space between blocks has no effect

  // The one raw place. The literal is part of the program and must not hold "</".
  void style_sheet(const char* literal);

  const std::string& str() const { return out_; }

 private:
  void start(std::string_view name, Attributes attributes);

  std::string out_;
};

}  // namespace spanwise::reports

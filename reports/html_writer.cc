// SPDX-License-Identifier: Apache-2.0
#include "reports/html_writer.h"

#include <fmt/format.h>

#include "core/result.h"
#include "reports/numbers.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : printable_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

std::string coordinate(double value) {
  auto text = fixed(value, 2);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

Attribute::Attribute(AttributeName attribute, double number) : name(attribute), value(coordinate(number)) {}
Attribute::Attribute(AttributeName attribute, int number)
    : name(attribute), value(fmt::format("{}", number)) {}

HtmlWriter::Scope::~Scope() {
  writer_.out_.append("</").append(name_).append(">");
}

void HtmlWriter::doctype() {
  out_ += "<!DOCTYPE html>\n";
}

void HtmlWriter::start(std::string_view name, Attributes attributes) {
  out_.append("<").append(name);
  for (const auto& attribute : attributes) {
    out_.append(" ").append(attribute.name.name()).append("=\"");
    append_escaped(attribute.value, out_);
    out_ += '"';
  }
}

HtmlWriter::Scope HtmlWriter::element(Tag tag, Attributes attributes) {
  start(tag.name(), attributes);
  out_ += '>';
  return Scope(*this, tag.name());
}

void HtmlWriter::leaf(Tag tag, std::string_view content, Attributes attributes) {
  const auto scope = element(tag, attributes);
  text(content);
}

void HtmlWriter::empty(Tag tag, Attributes attributes) {
  start(tag.name(), attributes);
  out_ += "/>";
}

void HtmlWriter::text(std::string_view text) {
  append_escaped(text, out_);
}

void HtmlWriter::style_sheet(const char* literal) {
  core::ensure(std::string_view(literal).find("</") == std::string_view::npos,
               "style_sheet: the literal ends itself");
  out_.append("<style>").append(literal).append("</style>");
}

}  // namespace spanwise::reports

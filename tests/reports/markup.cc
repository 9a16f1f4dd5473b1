// SPDX-License-Identifier: Apache-2.0
#include "tests/reports/markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace spanwise::reports::markup {
namespace {

const std::set<std::string> kForbidden = {"script", "iframe", "object", "embed", "link",
                                          "img",    "base",   "form",   "a"};
const std::map<std::string, std::string> kEntities = {
    {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"#39", "'"}};
// Children that these elements may have; everything else may hold anything.
const std::map<std::string, std::set<std::string>> kChildren = {{"ul", {"li"}},
                                                                {"table", {"caption", "thead", "tbody"}},
                                                                {"thead", {"tr"}},
                                                                {"tbody", {"tr"}},
                                                                {"tr", {"th", "td"}},
                                                                {"title", {}},
                                                                {"p", {"strong", "code", "span"}},
                                                                {"h1", {}},
                                                                {"h2", {}},
                                                                {"h3", {}},
                                                                {"caption", {}},
                                                                {"html", {"head", "body"}},
                                                                {"pre", {}},
                                                                {"code", {}},
                                                                {"rect", {"title"}},
                                                                {"circle", {"title"}},
                                                                {"head", {"meta", "title", "style"}}};

class Reader {
 public:
  explicit Reader(std::string_view html) : rest_(html) {}

  Document read() {
    if (!take("<!DOCTYPE html>")) error("no doctype");
    while (!rest_.empty() && document_.errors.size() < 20) {
      if (rest_.front() != '<') {
        text();
      } else if (take("</")) {
        end_tag();
      } else {
        start_tag();
      }
    }
    if (!open_.empty()) error("not closed: " + document_.elements[open_.back()].name);
    return std::move(document_);
  }

 private:
  void error(std::string what) { document_.errors.push_back(std::move(what)); }

  bool take(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  std::string take_until(std::string_view stops) {
    const auto end = std::min(rest_.find_first_of(stops), rest_.size());
    std::string taken(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return taken;
  }

  std::string take_name() {
    std::size_t size = 0;
    while (size < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[size])) != 0 || rest_[size] == '-'))
      ++size;
    std::string name(rest_.substr(0, size));
    rest_.remove_prefix(size);
    if (name.empty()) error(fmt::format("a name was expected before '{}'", rest_.substr(0, 20)));
    return name;
  }

  std::string decode(std::string_view raw) {
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const auto byte = static_cast<unsigned char>(raw[i]);
      if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) error("a control character");
      if (raw[i] != '&') {
        out += raw[i];
        continue;
      }
      const auto end = raw.find(';', i);
      const auto entity = kEntities.find(std::string(raw.substr(i + 1, end == raw.npos ? 0 : end - i - 1)));
      if (entity == kEntities.end()) {
        error(fmt::format("not an entity: {}", raw.substr(i, 12)));
        continue;
      }
      out += entity->second;
      i = end;
    }
    return out;
  }

  void text() {
    const auto content = decode(take_until("<"));
    if (content.find_first_not_of(" \n") != content.npos && open_.empty()) error("text outside the root");
    if (!open_.empty()) document_.elements[open_.back()].text += content;
    document_.text += content;
  }

  void end_tag() {
    const auto name = take_name();
    if (open_.empty() || document_.elements[open_.back()].name != name) error("closed but not open: " + name);
    if (!open_.empty()) open_.pop_back();
    if (!take(">")) error("end tag without '>'");
  }

  void attributes(Element& element) {
    while (take(" ")) {
      const auto name = take_name();
      if (!take("=\"")) return error("attribute without a quoted value: " + name);
      const auto raw = take_until("\"<");
      if (!take("\"")) return error("'<' or end inside an attribute");
      if (!element.attributes.emplace(name, decode(raw)).second) error("attribute twice: " + name);
      if (name.starts_with("on") || name == "href" || name == "src") error("active attribute: " + name);
      if (name == "id" && !ids_.insert(raw).second) error("id twice: " + raw);
    }
  }

  void start_tag() {
    rest_.remove_prefix(1);
    Element element;
    element.name = take_name();
    if (element.name.empty()) {
      rest_ = {};
      return;
    }
    if (!open_.empty()) element.parent = document_.elements[open_.back()].name;
    if (kForbidden.contains(element.name)) error("forbidden element: " + element.name);
    const auto children = kChildren.find(element.parent);
    if (children != kChildren.end() && !children->second.contains(element.name)) {
      error(fmt::format("<{}> inside <{}>", element.name, element.parent));
    }
    attributes(element);
    const bool empty = take("/>");
    if (!empty && !take(">")) error(fmt::format("start tag of {} without '>'", element.name));
    const bool raw = element.name == "style";
    document_.elements.push_back(std::move(element));
    if (empty) return;
    open_.push_back(document_.elements.size() - 1);
    if (raw) rest_.remove_prefix(std::min(rest_.find("</"), rest_.size()));
  }

  std::string_view rest_;
  Document document_;
  std::vector<std::size_t> open_;  // indices of elements
  std::set<std::string> ids_;
};

}  // namespace

std::vector<Element> Document::named(std::string_view name) const {
  std::vector<Element> found;
  std::copy_if(elements.begin(), elements.end(), std::back_inserter(found),
               [&](const Element& element) { return element.name == name; });
  return found;
}

Document read(std::string_view html) {
  return Reader(html).read();
}

}  // namespace spanwise::reports::markup

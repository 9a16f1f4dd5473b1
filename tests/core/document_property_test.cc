// SPDX-License-Identifier: Apache-2.0
// Damaged documents: whatever the bytes, the readers give a tree or diagnostics with a place inside the text,
// and the place of every node of a tree is where its text stands.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <sstream>
#include <string>

#include "core/documents/json_text.h"
#include "core/documents/map_reader.h"
#include "patterns/case.h"
#include "show_tree.h"

namespace spanwise::documents {
namespace {

constexpr std::string_view kYaml =
    "# A model\n"
    "name: \"llama \\u00e9\"\n"
    "shape: {q_heads: 32, kv_heads: [8, 8], note: 'it''s'}\n"
    "layers:\n"
    "  - kind: dense\n"
    "    window: 4096  # tokens\n"
    "    text: |\n"
    "      two lines\n"
    "        of text\n"
    "  -\n"
    "  - [1, -2.5e3, true, null, ~, \xc3\xa9t\xc3\xa9]\n"
    "\xc3\xbc: >-\n"
    "  folded\n"
    "last: x\n";

constexpr std::string_view kJson =
    "{\"name\": \"llama \\u00e9 \xc3\xa9\", \"shape\": {\"q_heads\": 32, \"kv_heads\": [8, 8.5e-1]},\n"
    " \"layers\": [{\"kind\": \"dense\", \"window\": 4096}, null, [], {}, [true, false, -0]],\n\t\"last\": "
    "\"\\\"x\\\\\"}\n";

constexpr std::string_view kCase =
    "{\"op\": \"attention\", \"q_len\": 240, \"kv_len\": 240, \"tokens\": [4, 6, 10], \"q_heads\": 8, "
    "\"kv_heads\": 2,"
    " \"pattern\": {\"neighborhood\": {\"window\": [2, 3, 4], \"stride\": \"1x2x2\", \"causal\": [true, "
    "false, false]}},"
    " \"q_tile\": \"1x2x8\", \"tiling\": \"static\", \"params\": {\"a\": [1]}}";

// Bytes that mean something to a parser come up more often than others.
std::string damaged(std::string text) {
  static constexpr std::string_view kSharp = "{}[],:\"'#&*!|>%@`-? \t\n\r\\~<\xc3\xa9\xff";
  const auto times = *rc::gen::inRange(1, 6);
  for (int i = 0; i < times && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char byte = *rc::gen::arbitrary<bool>() ? kSharp[*rc::gen::inRange<std::size_t>(0, kSharp.size())]
                                                  : static_cast<char>(*rc::gen::inRange(0, 256));
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, 1);
        break;
      case 3:
        text.resize(at);
        break;
      default: {  // a piece again, somewhere else
        const auto piece = text.substr(at, *rc::gen::inRange<std::size_t>(1, 20));
        text.insert(*rc::gen::inRange<std::size_t>(0, text.size()), piece);
      }
    }
  }
  return text;
}

// The lengths in characters of the lines, by another way than the reader's.
std::vector<std::uint32_t> line_lengths(std::string_view text) {
  std::vector<std::uint32_t> lengths = {0};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      lengths.push_back(0);
    } else if (byte < 0x80 || byte >= 0xc0) {
      ++lengths.back();
    }
  }
  return lengths;
}

void assert_place(std::uint32_t line, std::uint32_t column, const std::vector<std::uint32_t>& lengths) {
  RC_ASSERT(line >= 1u);
  RC_ASSERT(line <= lengths.size());
  RC_ASSERT(column >= 1u);
  RC_ASSERT(column <= lengths[line - 1] + 1);
}

void assert_places(const Node& node, const std::vector<std::uint32_t>& lengths) {
  assert_place(node.line, node.column, lengths);
  for (const auto& item : node.items) assert_places(item, lengths);
  for (const auto& entry : node.entries) {
    assert_place(entry.line, entry.column, lengths);
    assert_places(entry.value, lengths);
  }
}

void assert_sound(const core::Diagnostics& errors, std::string_view text) {
  RC_ASSERT(!errors.empty());
  for (const auto& error : errors) {
    // An invalid byte may be a stray continuation byte, which is no character: its place is that of the next
    // one.
    assert_place(error.place.line, error.place.column, line_lengths(text));
    RC_ASSERT(!error.message.empty());
    RC_ASSERT(error.message.size() < 400u);
  }
}

void assert_sound(const core::Result<Document>& document, std::string_view text) {
  if (!document) return assert_sound(document.error(), text);
  assert_places(document->root, line_lengths(text));
  // What was read prints, and reads back as the same values.
  const auto json = to_json(document->root);
  const auto again = parse_json(json, "again");
  RC_ASSERT(static_cast<bool>(again));
  RC_ASSERT(to_json(again->root) == json);
}

TEST_CASE("damaged YAML gives a tree or a placed error") {
  CHECK(rc::check([] {
    for (int i = 0; i < 50; ++i) {
      const auto text = damaged(std::string(kYaml));
      assert_sound(parse_yaml(text, "f"), text);
    }
  }));
}

TEST_CASE("damaged JSON gives a tree or a placed error") {
  CHECK(rc::check([] {
    for (int i = 0; i < 50; ++i) {
      const auto text = damaged(std::string(kJson));
      assert_sound(parse_json(text, "f"), text);
    }
  }));
}

TEST_CASE("a damaged case gives a case that reads back, or a placed error") {
  CHECK(rc::check([] {
    for (int i = 0; i < 50; ++i) {
      const auto text = damaged(std::string(kCase));
      const auto value = patterns::parse_case(text);
      if (!value) {
        assert_sound(value.error(), text);
        continue;
      }
      const auto again = patterns::parse_case(patterns::to_json(*value));
      RC_ASSERT(static_cast<bool>(again));
      RC_ASSERT(*again == *value);
    }
  }));
}

TEST_CASE("every truncation gives a tree or a placed error") {
  const auto sound = [](std::string_view text, const core::Result<Document>& document) {
    if (document) return true;
    const auto lengths = line_lengths(text);
    const auto& place = document.error().front().place;
    return place.line >= 1 && place.line <= lengths.size() && place.column <= lengths[place.line - 1] + 1;
  };
  for (std::size_t size = 0; size <= kYaml.size(); ++size) {
    CAPTURE(size);
    CHECK(sound(kYaml.substr(0, size), parse_yaml(kYaml.substr(0, size), "f")));
  }
  for (std::size_t size = 0; size + 1 < kJson.size(); ++size) {
    CAPTURE(size);
    CHECK(sound(kJson.substr(0, size), parse_json(kJson.substr(0, size), "f")));
    CHECK_FALSE(
        static_cast<bool>(parse_json(kJson.substr(0, size), "f")));  // no proper prefix of a map is JSON
  }
}

// Scalars as people write them: every plain one stands in the text at the place that its node has.
TEST_CASE("a plain scalar stands at its place") {
  CHECK(rc::check([](const std::vector<std::uint16_t>& numbers) {
    std::string text = "\xc3\xa9: [";
    for (const auto number : numbers) text += fmt::format("{}{}", number, number % 3 == 0 ? ",\n  " : ", ");
    text += "0]\n";
    const auto document = parse_yaml(text, "f");
    RC_ASSERT(static_cast<bool>(document));
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    for (const auto& item : document->root.entries.front().value.items) {
      const auto bytes_before = item.line == 1 ? item.column : item.column - 1;  // the accent has two bytes
      RC_ASSERT(lines[item.line - 1].substr(bytes_before, item.text.size()) == item.text);
    }
  }));
}

}  // namespace
}  // namespace spanwise::documents

// SPDX-License-Identifier: Apache-2.0
#include "tests/mistakes/mistake.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/sample_files.h"

namespace spanwise::mistakes {
namespace {

namespace fs = std::filesystem;

fs::path source(const std::string& name) { return testing::source_path("tests/mistakes/" + name); }

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[i + 1] == 'n' || text[i + 1] == 't') {
      out += text[++i] == 'n' ? '\n' : '\t';
    } else if (text[i + 1] == 'x') {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::size_t place_of(const std::string& text, const std::string& piece) {
  const auto at = text.find(piece);
  if (at == std::string::npos) throw std::runtime_error("no such piece: " + piece);
  return at;
}

std::string after(const std::string& line, std::size_t words) { return unescaped(line.substr(std::min(words, line.size()))); }

std::string spoil(std::string text, const std::string& recipe) {
  std::istringstream lines(recipe);
  std::string line;
  std::getline(lines, line);
  if (line.starts_with("cut ")) return text.substr(0, place_of(text, after(line, 4)) + after(line, 4).size());
  if (line.starts_with("nest ")) {
    const auto piece = after(line, 5);
    return text.insert(place_of(text, piece) + piece.size(), std::string(70, '[') + std::string(70, ']'));
  }
  const auto good = after(line, 2);
  std::getline(lines, line);
  return text.replace(place_of(text, good), good.size(), after(line, 2));
}

}  // namespace

std::vector<Mistake> read_mistakes(const std::string& kind) {
  std::istringstream lines(testing::read_text(source(kind + ".txt")));
  std::vector<Mistake> mistakes;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('@')) {
      mistakes.push_back({line.substr(1), "", "", "", ""});
    } else if (line.starts_with("> ")) {
      mistakes.back().answer = line.substr(2);
    } else if (line.starts_with("& ")) {
      mistakes.back().note = line.substr(2);
    } else if (line.starts_with("? ")) {
      mistakes.back().hint = line.substr(2);
    } else {
      mistakes.back().recipe += line + "\n";
    }
  }
  return mistakes;
}

void write_mistakes(const InputKind& kind, const std::vector<Mistake>& mistakes) {
  std::ofstream out(source(kind.name + ".txt"));
  out << "# Mistakes planted in good/" << kind.good << "; the form is that of mistake.h.\n";
  for (const auto& m : mistakes) {
    out << "\n@" << m.error_class << "\n" << m.recipe << "> " << m.answer << "\n";
    if (!m.note.empty()) out << "& " << m.note << "\n";
    if (!m.hint.empty()) out << "? " << m.hint << "\n";
  }
}

std::string plant(const InputKind& kind, const Mistake& mistake, const std::string& folder) {
  const auto path = fs::path(folder) / kind.good;
  const auto good = testing::read_text(source("good/" + kind.good));
  if (mistake.recipe.starts_with("size ")) {
    std::ofstream(path) << good;
    fs::resize_file(path, std::stoull(mistake.recipe.substr(5)));  // a hole takes no room on the disk
  } else {
    std::ofstream(path) << spoil(good, mistake.recipe);
  }
  return path.string();
}

std::string place_and_message(const core::Diagnostic& diagnostic) {
  return escaped(fmt::format("{}:{} {}", diagnostic.place.line, diagnostic.place.column, diagnostic.message));
}

std::string place_and_note(const core::Diagnostic& diagnostic) {
  if (diagnostic.notes.empty()) return {};
  const auto& note = diagnostic.notes.front();
  return escaped(fmt::format("{}:{} {}", note.place.line, note.place.column, note.message));
}

}  // namespace spanwise::mistakes

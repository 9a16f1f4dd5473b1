// SPDX-License-Identifier: Apache-2.0
#include "tests/architecture/source_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>

#include "tests/architecture/blank.h"
#include "tests/architecture/scan.h"

namespace spanwise::architecture {
namespace {

constexpr std::size_t kMostLines = 350;
constexpr std::string_view kLicenceLine = "// SPDX-License-Identifier: Apache-2.0";

// The arrows of the architecture: what each room may include besides the standard library.
const std::map<std::string, std::vector<std::string>, std::less<>>& arrows() {
  static const std::map<std::string, std::vector<std::string>, std::less<>> table = {
      {"core", {"core"}},
      {"documents", {"core", "documents"}},
      {"patterns", {"core", "documents", "patterns"}},
      {"hwmodels", {"core", "documents", "patterns", "hwmodels"}},
      {"kernels", {"core", "documents", "patterns", "kernels"}},
      {"sim", {"core", "documents", "patterns", "hwmodels", "sim"}},
      {"tuner", {"core", "documents", "patterns", "hwmodels", "sim", "tuner"}},
      {"measure", {"core", "documents", "patterns", "hwmodels", "sim", "measure"}},
      {"reports", {"core", "documents", "patterns", "hwmodels", "sim", "measure", "tuner", "reports"}},
      {"cli",
       {"core", "documents", "patterns", "hwmodels", "kernels", "sim", "tuner", "measure", "reports", "cli"}},
  };
  return table;
}

// A library and the only folder that may include it. The header is matched by its beginning.
struct LibraryHome {
  std::string_view header;
  std::string_view library;
  std::string_view folder;
};

constexpr std::array kLibraryHomes = {
    LibraryHome{"yaml-cpp/", "yaml-cpp", "core/documents/"},
    LibraryHome{"CLI/", "CLI11", "cli/"},
    LibraryHome{"boost/graph/", "Boost.Graph", "sim/"},
    LibraryHome{"cuda", "CUDA", "kernels/cuda/"},
    LibraryHome{"cupti", "CUDA", "kernels/cuda/"},
    LibraryHome{"nvml", "CUDA", "kernels/cuda/"},
    LibraryHome{"nvrtc", "CUDA", "kernels/cuda/"},
    LibraryHome{"cooperative_groups", "CUDA", "kernels/cuda/"},
    LibraryHome{"mma.h", "CUDA", "kernels/cuda/"},
    LibraryHome{"cub/", "CUDA", "kernels/cuda/"},
    LibraryHome{"thrust/", "CUDA", "kernels/cuda/"},
};

bool is_header(std::string_view path) {
  return path.ends_with(".h") || path.ends_with(".cuh");
}

// A runner is a program of its own: its main file talks to the outside as cli does.
bool may_print(std::string_view path, std::string_view room) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::string_view stem = name.substr(0, name.find('.'));
  return room == "cli" || (room == "kernels" && (stem == "main" || stem.ends_with("_main")));
}

class Checker {
 public:
  explicit Checker(const Source& source) : source_(source), room_(room_of(source.path)) {}

  std::vector<std::string> run() {
    check_form();
    if (!room_.empty()) {
      check_includes();
      if (!may_print(source_.path, room_)) check_calls();
    }
    return std::move(findings_);
  }

 private:
  void report(std::size_t line, std::string_view what) {
    findings_.push_back(fmt::format("{}:{}: {}", source_.path, line, what));
  }

  void check_form() {
    const std::string_view text = source_.text;
    if (text.substr(0, text.find('\n')) != kLicenceLine)
      report(1, fmt::format("the first line must be '{}'", kLicenceLine));
    if (is_header(source_.path) && text.find("\n#pragma once\n") == std::string_view::npos) {
      report(1, "a header needs '#pragma once'");
    }
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    if (lines > kMostLines)
      report(lines, fmt::format("{} lines, at most {}: one idea a file", lines, kMostLines));
    const bool cuda_file = source_.path.ends_with(".cu") || source_.path.ends_with(".cuh");
    if (cuda_file && !source_.path.starts_with("kernels/cuda/"))
      report(1, "CUDA sources belong in kernels/cuda");
  }

  void check_includes() {
    const std::vector<Include> includes = find_includes(blank_comments(source_.text));
    for (const Include& include : includes) {
      check_arrow(include);
      check_library(include);
    }
    if (!source_.has_own_header) return;
    const std::string own = source_.path.substr(0, source_.path.rfind('.')) + ".h";
    if (includes.empty() || includes.front().header != own) {
      report(includes.empty() ? 1 : includes.front().line,
             fmt::format("must include its own header \"{}\" first, which shows that the header stands alone",
                         own));
    }
  }

  void check_arrow(const Include& include) {
    const std::string target = room_of(include.header);
    if (target.empty() || include.header.find("..") != std::string::npos) {
      if (include.quoted) {
        report(include.line, fmt::format("\"{}\": include project headers from the root, as \"room/name.h\"",
                                         include.header));
      }
      return;
    }
    if (!include.quoted)
      report(include.line, fmt::format("<{}>: project headers are included in quotes", include.header));
    const std::vector<std::string>& allowed = arrows().at(room_);
    if (std::find(allowed.begin(), allowed.end(), target) == allowed.end()) {
      report(include.line, fmt::format("{} must not include \"{}\"; it may use {}", room_, include.header,
                                       fmt::join(allowed, ", ")));
    }
  }

  void check_library(const Include& include) {
    if (include.quoted) return;
    for (const LibraryHome& owner : kLibraryHomes) {
      if (include.header.starts_with(owner.header) && !source_.path.starts_with(owner.folder)) {
        report(include.line,
               fmt::format("<{}>: {} is used in {} alone", include.header, owner.library, owner.folder));
      }
    }
    if (include.header.starts_with("nlohmann/") && include.header != "nlohmann/json_fwd.hpp" &&
        !source_.path.ends_with(".cc")) {
      report(include.line,
             fmt::format("<{}>: outside .cc files use <nlohmann/json_fwd.hpp>", include.header));
    }
  }

  void check_calls() {
    for (const ForbiddenUse& use : find_forbidden_uses(blank_comments_and_literals(source_.text))) {
      report(use.line, fmt::format("'{}': a library must not {}; {}", use.name, use.does, use.instead));
    }
  }

  const Source& source_;
  std::string room_;
  std::vector<std::string> findings_;
};

}  // namespace

const std::vector<std::string>& rooms() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> keys;
    for (const auto& [room, allowed] : arrows()) keys.push_back(room);
    return keys;
  }();
  return names;
}

std::string room_of(std::string_view path) {
  if (path.starts_with("core/documents/")) return "documents";
  const std::string_view first = path.substr(0, path.find('/'));
  if (first.size() == path.size() || first == "documents" || !arrows().contains(first)) return {};
  return std::string(first);
}

std::vector<std::string> check_source(const Source& source) {
  return Checker(source).run();
}

}  // namespace spanwise::architecture

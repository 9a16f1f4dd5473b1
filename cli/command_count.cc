// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/thread_pool.h"
#include "patterns/count_lines.h"
#include "patterns/tile_picture.h"

namespace spanwise::cli {
namespace {

// The case of a line at the resolution of its tiles.
core::Status draw_case(const std::string& line, const std::string& path) {
  const auto request = patterns::parse_count_request(line);
  if (!request) return request.error();
  const auto picture = patterns::tile_picture(request->pattern, request->tokens, patterns::volume(request->q_tile),
                                              patterns::volume(request->kv_tile));
  if (!picture) return picture.error();
  if (path == "-") {
    print_result(patterns::picture_text(*picture));
    return core::Done{};
  }
  if (path.ends_with(".svg")) return core::write_file_atomically(path, patterns::picture_svg(*picture));
  if (path.ends_with(".png")) return core::write_file_atomically(path, patterns::picture_png(*picture));
  return core::fail(core::Fault::kInput, "--picture cannot be '" + path + "'", "allowed: FILE.svg, FILE.png, - for the terminal");
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// The next line that is not empty; false at the end of the file. getline(3), for a stream takes as long as a count.
class LineReader {
 public:
  explicit LineReader(std::FILE* file) : file_(file) {}
  ~LineReader() { std::free(buffer_); }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  bool next(std::string& line) {
    for (ssize_t length = 0; (length = ::getline(&buffer_, &size_, file_)) > 0;) {
      if (buffer_[length - 1] == '\n') --length;
      line.assign(buffer_, static_cast<std::size_t>(length));
      if (line.find_first_not_of(" \t\r") != std::string::npos) return true;
    }
    return false;
  }
  bool failed() const { return std::ferror(file_) != 0; }

 private:
  std::FILE* file_;
  char* buffer_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

core::Result<int> run_count(const CommonOptions& common, const std::string& cases, const std::string& picture) {
  File file(nullptr, std::fclose);
  if (cases != "-") {
    file.reset(std::fopen(cases.c_str(), "rb"));
    if (file == nullptr) return core::fail_in(core::Fault::kInput, cases, "cannot read the file", "use - for standard input");
  }
  LineReader reader(file == nullptr ? stdin : file.get());
  core::ThreadPool pool(common.jobs > 0 ? static_cast<int>(common.jobs) : core::available_processors());
  std::vector<std::string> lines(1);
  if (!picture.empty()) {
    if (reader.next(lines[0])) {
      if (const auto drawn = draw_case(lines[0], picture); !drawn) return drawn.error();
    }
    return 0;
  }
  constexpr std::size_t kBlock = 4096;  // lines that are counted before any is printed
  bool all_good = true;
  lines.resize(kBlock);
  for (bool more = true; more;) {
    std::size_t count = 0;
    while (count < kBlock && (more = reader.next(lines[count]))) ++count;
    std::string out;
    all_good = patterns::count_lines({lines.data(), count}, pool, out) && all_good;
    if (!print_result(out)) return core::fail(core::Fault::kEnvironment, "cannot write to standard output");
    if (reader.failed()) return core::fail_in(core::Fault::kInput, cases, "cannot read the file");
    if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted");
  }
  return all_good ? 0 : 2;
}

}  // namespace spanwise::cli

// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace spanwise::core {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "spanwise-file-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path operator/(const char* name) const { return path_ / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(path_)) all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  fs::path path_;
};

// While it lives, files of this process cannot grow beyond `bytes`: the same error path as a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

Status write_within(rlim_t bytes, const fs::path& path, std::string_view text) {
  const FileSizeLimit limit(bytes);
  return write_file_atomically(path, text);
}

TEST_CASE("what is written reads back, and replaces what was there") {
  const Folder folder;
  const std::string bytes("a\0b\n\xff", 5);
  REQUIRE(write_file_atomically(folder / "x", bytes));
  CHECK(*read_file(folder / "x", 100) == bytes);
  REQUIRE(write_file_atomically(folder / "x", "second"));
  CHECK(*read_file(folder / "x", 100) == "second");
  REQUIRE(write_file_atomically(folder / "x", ""));
  CHECK(read_file(folder / "x", 0)->empty());
  CHECK(folder.names() == std::vector<std::string>{"x"});
}

TEST_CASE("missing parent folders are made") {
  const Folder folder;
  REQUIRE(write_file_atomically(folder / "a/b/c.txt", "deep"));
  CHECK(*read_file(folder / "a/b/c.txt", 100) == "deep");
}

TEST_CASE("a disk without room leaves the old file and nothing else") {
  const Folder folder;
  REQUIRE(write_file_atomically(folder / "plan.yaml", "old plan"));
  const auto status = write_within(4096, folder / "plan.yaml", std::string(100'000, 'x'));
  REQUIRE_FALSE(status);
  CHECK(exit_code(status.error()) == 3);
  CHECK(status.error().front().place.file == (folder / "plan.yaml").string());
  CHECK(*read_file(folder / "plan.yaml", 100) == "old plan");
  CHECK(folder.names() == std::vector<std::string>{"plan.yaml"});
  CHECK_FALSE(write_within(0, folder / "new", "x"));
  CHECK(folder.names() == std::vector<std::string>{"plan.yaml"});
}

TEST_CASE("a path that cannot hold a file is refused without a trace") {
  const Folder folder;
  REQUIRE(write_file_atomically(folder / "file", "text"));
  const auto below = write_file_atomically(folder / "file/inside/x", "y");
  REQUIRE_FALSE(below);
  CHECK(exit_code(below.error()) == 3);
  fs::create_directory(folder / "taken");
  CHECK_FALSE(write_file_atomically(folder / "taken", "y"));
  CHECK(fs::is_directory(folder / "taken"));
  CHECK(*read_file(folder / "file", 100) == "text");
  CHECK(folder.names() == std::vector<std::string>{"file", "taken"});
}

TEST_CASE("a folder without write permission leaves the old file") {
  const Folder folder;
  fs::create_directory(folder / "locked");
  REQUIRE(write_file_atomically(folder / "locked/f", "old"));
  ::chmod((folder / "locked").c_str(), 0555);
  if (::geteuid() != 0) {  // root may write anywhere
    const auto status = write_file_atomically(folder / "locked/f", "new");
    REQUIRE_FALSE(status);
    CHECK(exit_code(status.error()) == 3);
    CHECK(*read_file(folder / "locked/f", 100) == "old");
  }
  ::chmod((folder / "locked").c_str(), 0755);
}

TEST_CASE("a pipe is written to, not replaced") {
  const Folder folder;
  const auto path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  CHECK(write_file_atomically(path, "through"));
  char buffer[16] = {};
  CHECK(::read(reader, buffer, sizeof buffer) == 7);
  ::close(reader);
  CHECK(std::string(buffer) == "through");
  CHECK(fs::is_fifo(path));
  const auto full = write_file_atomically("/dev/full", "x");
  REQUIRE_FALSE(full);
  CHECK(exit_code(full.error()) == 3);
}

TEST_CASE("reading refuses what is missing, too large or a folder") {
  const Folder folder;
  REQUIRE(write_file_atomically(folder / "llama.yaml", "12345"));
  const auto missing = read_file(folder / "lama.yaml", 100);
  REQUIRE_FALSE(missing);
  CHECK(exit_code(missing.error()) == 2);
  CHECK(missing.error().front().hint == "did you mean '" + (folder / "llama.yaml").string() + "'?");
  CHECK(*read_file(folder / "llama.yaml", 5) == "12345");
  CHECK_FALSE(read_file(folder / "llama.yaml", 4));
  CHECK_FALSE(read_file(folder / ".", 100));
  CHECK_FALSE(read_file("/dev/zero", 1 << 20));
}

TEST_CASE("a sparse file of many terabytes is refused before memory is asked for") {
  const Folder folder;
  const int file = ::open((folder / "huge").c_str(), O_CREAT | O_WRONLY, 0600);
  REQUIRE(file >= 0);
  const bool made = ::ftruncate(file, off_t{1} << 43) == 0;
  ::close(file);
  if (made) CHECK_FALSE(read_file(folder / "huge", 1 << 20));
}

TEST_CASE("the user's folders follow the environment") {
  const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
  ::setenv("HOME", "/home/someone", 1);
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("XDG_CONFIG_HOME", "relative/is/ignored", 1);
  CHECK(user_cache_folder() == "/home/someone/.cache/spanwise");
  CHECK(user_config_folder() == "/home/someone/.config/spanwise");
  ::setenv("XDG_CACHE_HOME", "/var/cache/me", 1);
  CHECK(user_cache_folder() == "/var/cache/me/spanwise");
  ::unsetenv("XDG_CACHE_HOME");
  ::unsetenv("XDG_CONFIG_HOME");
  ::unsetenv("HOME");
  CHECK(user_cache_folder().empty());
  ::setenv("HOME", home.c_str(), 1);
}

}  // namespace
}  // namespace spanwise::core

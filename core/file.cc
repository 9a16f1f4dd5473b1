// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "core/suggest.h"

namespace spanwise::core {
namespace {

namespace fs = std::filesystem;

Diagnostics trouble(const fs::path& path, Fault fault, std::string message, std::string hint = {}) {
  return {Diagnostic{fault, {path.string(), 0, 0}, std::move(message), std::move(hint)}};
}

Diagnostics not_readable(const fs::path& path, int error) {
  std::string hint;
  if (error == ENOENT) {
    std::vector<std::string> names;
    std::error_code ignored;
    const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (names.size() >= 1000) break;
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    if (const auto near = nearest(path.filename().string(), names); !near.empty()) {
      hint = fmt::format("did you mean '{}'?", (path.parent_path() / near).string());
    }
  }
  return trouble(path, Fault::kInput, fmt::format("cannot read: {}", std::strerror(error)), hint);
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  bool close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Whether something that is neither file nor folder stands at the path, such as /dev/stdout.
bool is_stream(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

Status write_stream(const fs::path& path, std::string_view bytes) {
  const File file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() >= 0 && write_all(file.get(), bytes)) return Done{};
  return trouble(path, Fault::kEnvironment, fmt::format("cannot write: {}", std::strerror(errno)));
}

fs::path under_home(const char* variable, const char* fallback) {
  if (const char* folder = std::getenv(variable); folder != nullptr && folder[0] == '/') {
    return fs::path(folder) / "spanwise";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    return fs::path(home) / fallback / "spanwise";
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::uint64_t limit) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return not_readable(path, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return not_readable(path, errno);
  if (S_ISDIR(info.st_mode)) return trouble(path, Fault::kInput, "cannot read: it is a folder");
  const auto too_large = [&] {
    return trouble(path, Fault::kInput, fmt::format("file is larger than {} bytes", limit), "is it the file that you meant?");
  };
  std::string bytes;
  if (S_ISREG(info.st_mode)) {
    if (static_cast<std::uint64_t>(info.st_size) > limit) return too_large();
    bytes.reserve(static_cast<std::size_t>(info.st_size));
  }
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return not_readable(path, errno);
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > limit) return too_large();
  }
}

Status write_file_atomically(const fs::path& path, std::string_view bytes) {
  if (is_stream(path)) return write_stream(path, bytes);
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return trouble(folder, Fault::kEnvironment, fmt::format("cannot make folder: {}", error.message()));
  auto temporary = (folder / fmt::format(".{}.XXXXXX", path.filename().string())).string();
  File file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) {
    return trouble(path, Fault::kEnvironment, fmt::format("cannot write: {}", std::strerror(errno)));
  }
  const bool written = write_all(file.get(), bytes) && ::fchmod(file.get(), 0644) == 0 &&
                       ::fsync(file.get()) == 0 && file.close() &&
                       ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return trouble(path, Fault::kEnvironment, fmt::format("cannot write: {}", std::strerror(reason)),
                   reason == ENOSPC
                       ? "free some space or choose another folder with -o; the old file is untouched"
                       : "");
  }
  const File parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) ::fsync(parent.get());
  return Done{};
}

fs::path user_cache_folder() {
  return under_home("XDG_CACHE_HOME", ".cache");
}

fs::path user_config_folder() {
  return under_home("XDG_CONFIG_HOME", ".config");
}

}  // namespace spanwise::core

// SPDX-License-Identifier: Apache-2.0
#include "measure/append.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace spanwise::measure {
namespace {

bool ends_torn(int file, off_t size) {
  char last = '\n';
  return size > 0 && ::pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

bool write_whole(int file, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto written = ::write(file, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return ::fsync(file) == 0;
}

}  // namespace

core::Status append_lines(const std::filesystem::path& path, const std::string& lines, const std::string& what) {
  std::error_code ignored;  // open() tells the reason
  std::filesystem::create_directories(path.parent_path(), ignored);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  struct stat before {};
  bool good = file >= 0 && ::flock(file, LOCK_EX) == 0 && ::fstat(file, &before) == 0;
  if (good) good = write_whole(file, (ends_torn(file, before.st_size) ? "\n" : "") + lines);
  int reason = errno;
  if (!good && S_ISREG(before.st_mode) && ::ftruncate(file, before.st_size) != 0) reason = errno;
  if (file >= 0) ::close(file);
  if (good) return core::Done{};
  return core::fail_in(core::Fault::kEnvironment, path.string(), fmt::format("cannot keep {}: {}", what, std::strerror(reason)));
}

}  // namespace spanwise::measure

// SPDX-License-Identifier: Apache-2.0
#include "measure/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "core/interrupt.h"

namespace spanwise::measure {
namespace {

constexpr std::size_t kMaxLine = 1 << 20;
constexpr std::size_t kMaxTail = 4096;

using Clock = std::chrono::steady_clock;

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

struct Pipe {
  int read = -1, write = -1;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

[[noreturn]] void become_child(const char* command, int in, int out, int err) {
  ::setpgid(0, 0);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  ::execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

core::Result<Process> Process::start(const std::string& command) {
  Pipe in, out, err;
  const bool piped = in.open() && out.open() && err.open();
  const pid_t pid = piped ? ::fork() : -1;
  if (pid < 0) {
    const int reason = errno;
    for (int* end : {&in.read, &in.write, &out.read, &out.write, &err.read, &err.write}) close_if_open(*end);
    return core::fail(core::Fault::kEnvironment, fmt::format("cannot start '{}': {}", command, std::strerror(reason)));
  }
  if (pid == 0) become_child(command.c_str(), in.read, out.write, err.write);
  ::setpgid(pid, pid);  // both sides set it, so that it holds whoever runs first
  for (int* end : {&in.read, &out.write, &err.write}) close_if_open(*end);
  ::fcntl(err.read, F_SETFL, O_NONBLOCK);
  Process process;
  process.pid_ = pid;
  process.in_ = in.write;
  process.out_ = out.read;
  process.err_ = err.read;
  return process;
}

Process::Process(Process&& other) noexcept { *this = std::move(other); }

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  std::swap(err_, other.err_);
  std::swap(buffer_, other.buffer_);
  std::swap(stderr_tail_, other.stderr_tail_);
  return *this;
}

Process::~Process() {
  close_if_open(in_);
  kill_group();
  close_if_open(out_);
  close_if_open(err_);
}

bool Process::write_line(const std::string& line) {
  std::string bytes = line + "\n";
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto written = ::write(in_, bytes.data() + sent, bytes.size() - sent);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    sent += static_cast<std::size_t>(written);
  }
  return true;
}

Process::Wait Process::read_line(std::string& line, double timeout_s) {
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(timeout_s));
  for (;;) {
    if (const auto newline = buffer_.find('\n'); newline != std::string::npos) {
      line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      return Wait::kLine;
    }
    if (core::interrupted()) return Wait::kInterrupted;
    if (buffer_.size() > kMaxLine || out_ < 0) return Wait::kClosed;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Wait::kTimeout;
    std::array<pollfd, 2> wanted{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
    // Wake up now and then for an interrupt that arrived between the check and the poll.
    const int ready = ::poll(wanted.data(), wanted.size(), static_cast<int>(std::min<long long>(left, 200)));
    if (ready <= 0) continue;
    drain_stderr();
    if ((wanted[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    std::array<char, 65536> chunk{};
    const auto got = ::read(out_, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      close_if_open(out_);
      continue;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

void Process::drain_stderr() {
  std::array<char, 4096> chunk{};
  while (err_ >= 0) {
    const auto got = ::read(err_, chunk.data(), chunk.size());
    if (got == 0) close_if_open(err_);
    if (got <= 0) return;
    stderr_tail_.append(chunk.data(), static_cast<std::size_t>(got));
    if (stderr_tail_.size() > kMaxTail) stderr_tail_.erase(0, stderr_tail_.size() - kMaxTail);
  }
}

std::string Process::how_it_ended() {
  drain_stderr();
  int status = 0;
  for (int attempt = 0; pid_ > 0 && attempt < 100; ++attempt) {
    const auto reaped = ::waitpid(pid_, &status, WNOHANG);
    if (reaped == pid_) {
      ::kill(-pid_, SIGKILL);  // whatever it left behind
      pid_ = -1;
      if (WIFSIGNALED(status)) return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
      return fmt::format("exit status {}", WEXITSTATUS(status));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "still running";
}

void Process::kill_group() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace spanwise::measure

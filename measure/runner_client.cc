// SPDX-License-Identifier: Apache-2.0
#include "measure/runner_client.h"

#include <fmt/format.h>

#include <chrono>

namespace spanwise::measure {
namespace {

constexpr double kHelloSeconds = 20;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

core::Diagnostics interrupted() { return core::fail(core::Fault::kInterrupted, "interrupted"); }

}  // namespace

core::Result<RunnerClient> RunnerClient::start(std::string command) {
  RunnerClient client;
  client.command_ = std::move(command);
  if (auto launched = client.launch(); !launched) return launched.error();
  return client;
}

core::Status RunnerClient::launch() {
  auto process = Process::start(command_);
  if (!process) return process.error();
  std::string line;
  const auto wait = process->read_line(line, kHelloSeconds);
  if (wait == Process::Wait::kInterrupted) return interrupted();
  if (wait != Process::Wait::kLine) {
    const auto reason = wait == Process::Wait::kTimeout ? std::string("it says nothing") : process->how_it_ended();
    return core::fail(core::Fault::kEnvironment, fmt::format("the runner '{}' did not start: {}", command_, reason),
                      first_line(process->stderr_tail()));
  }
  auto hello = parse_hello(line);
  if (!hello) return hello.error();
  hello_ = std::move(*hello);
  process_.emplace(std::move(*process));
  return core::Done{};
}

Measurement RunnerClient::lost(CaseStatus status, std::string message) {
  process_.reset();
  Measurement measurement;
  measurement.status = status;
  measurement.message = std::move(message);
  return measurement;
}

core::Result<Measurement> RunnerClient::run(const Request& request) {
  if (!process_) {
    if (auto launched = launch(); !launched) return launched.error();
  }
  const auto id = next_id_++;
  if (!process_->write_line(to_json(request, id))) {
    return lost(CaseStatus::kCrashed, fmt::format("the runner died: {}", process_->how_it_ended()));
  }
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  std::string line;
  for (;;) {
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    switch (process_->read_line(line, request.limit_seconds - elapsed)) {
      case Process::Wait::kInterrupted:
        process_.reset();
        return interrupted();
      case Process::Wait::kTimeout:
        return lost(CaseStatus::kTimeout, fmt::format("no answer within {:.0f} s; the runner was stopped", request.limit_seconds));
      case Process::Wait::kClosed: {
        auto message = fmt::format("the runner died: {}", process_->how_it_ended());
        if (const auto words = first_line(process_->stderr_tail()); !words.empty()) message += ": " + words;
        return lost(CaseStatus::kCrashed, std::move(message));
      }
      case Process::Wait::kLine:
        break;
    }
    auto reply = parse_reply(line, id);
    if (!reply) return lost(CaseStatus::kError, reply.error().front().message);
    if (*reply) return **reply;
  }
}

}  // namespace spanwise::measure

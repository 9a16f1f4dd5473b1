// SPDX-License-Identifier: Apache-2.0
#include "kernels/runner/session.h"

#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <exception>
#include <istream>
#include <mutex>
#include <new>
#include <ostream>
#include <string>
#include <thread>

namespace spanwise::kernels {
namespace {

using Clock = std::chrono::steady_clock;

// Writes whole lines from two threads: the session and its heartbeat.
class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  void write(const std::string& line) {
    const std::lock_guard lock(mutex_);
    out_ << line << '\n' << std::flush;
  }

 private:
  std::mutex mutex_;
  std::ostream& out_;
};

// Beats from construction to destruction.
class Heartbeat {
 public:
  Heartbeat(Writer& writer, std::int64_t id, std::chrono::milliseconds period)
      : thread_([this, &writer, id, period] { beat(writer, id, period); }) {}

  ~Heartbeat() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  void beat(Writer& writer, std::int64_t id, std::chrono::milliseconds period) {
    const auto start = Clock::now();
    std::unique_lock lock(mutex_);
    for (auto next = start + period; !wake_.wait_until(lock, next, [&] { return stop_; }); next += period) {
      writer.write(heartbeat_json(id, std::chrono::duration<double>(Clock::now() - start).count()));
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

std::string one_line(const core::Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) {
    if (!text.empty()) text += "; ";
    if (diagnostic.place.line > 0) text += fmt::format("column {}: ", diagnostic.place.column);
    text += diagnostic.message;
    if (!diagnostic.hint.empty()) text += fmt::format(" ({})", diagnostic.hint);
  }
  return text;
}

Measurement measure(Backend& backend, const Request& request) {
  try {
    return backend.measure(request);
  } catch (const std::bad_alloc&) {
    return refusal(MeasurementStatus::kOutOfMemory, "an allocation failed");
  } catch (const std::exception& error) {
    return refusal(MeasurementStatus::kError, error.what());
  }
}

void crash() {
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would turn the signal into an ordinary exit
  std::raise(SIGSEGV);
}

class Session {
 public:
  Session(Backend& backend, std::ostream& replies, const SessionOptions& options)
      : backend_(backend), writer_(replies), options_(options) {
    writer_.write(to_json(backend.hello()));
  }

  void answer(const std::string& line) {
    auto parsed = parse_request(line);
    if (!parsed.request) {
      auto reply = refusal(MeasurementStatus::kError, one_line(parsed.request.error()));
      reply.id = parsed.id;
      return writer_.write(to_json(reply));
    }
    ++requests_;
    reply(*parsed.request);
  }

 private:
  bool faulty(InjectedFault::Kind kind) const {
    return options_.fault && options_.fault->kind == kind && options_.fault->request == requests_;
  }

  void reply(Request& request) {
    request.damage_output = faulty(InjectedFault::Kind::kWrong);
    Measurement measurement;
    {
      const Heartbeat heartbeat(writer_, request.id, options_.heartbeat);
      if (faulty(InjectedFault::Kind::kCrash)) crash();
      while (faulty(InjectedFault::Kind::kHang)) std::this_thread::sleep_for(std::chrono::hours(1));
      measurement = measure(backend_, request);
    }
    measurement.id = request.id;
    writer_.write(faulty(InjectedFault::Kind::kGarbage) ? "{\"type\":\"measurem" : to_json(measurement));
  }

  Backend& backend_;
  Writer writer_;
  const SessionOptions& options_;
  std::int64_t requests_ = 0;
};

}  // namespace

void run_session(Backend& backend, std::istream& requests, std::ostream& replies,
                 const SessionOptions& options) {
  Session session(backend, replies, options);
  for (std::string line; !backend.broken() && std::getline(requests, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) session.answer(line);
  }
}

}  // namespace spanwise::kernels

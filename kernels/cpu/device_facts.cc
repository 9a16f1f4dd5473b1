// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/device_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/file.h"
#include "core/random.h"
#include "core/thread_pool.h"

namespace spanwise::kernels {
namespace {

constexpr std::uint64_t kMaxText = 16u << 20;
constexpr std::uint64_t kMaxProgram = 1u << 30;

std::string text_of(const std::filesystem::path& path) {
  auto text = core::read_file(path, kMaxText);
  return text ? std::move(*text) : std::string{};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == ':'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

// The value of the first "key : value" line.
std::string_view field(std::string_view text, std::string_view key) {
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    const auto line = text.substr(start, end - start);
    if (line.starts_with(key)) {
      const auto rest = line.substr(key.size());
      if (rest.starts_with(':') || rest.starts_with('\t')) return trimmed(rest);
    }
    start = end + 1;
  }
  return {};
}

// "32K", "36608K", "16384 kB" in bytes; 0 when it is something else.
std::int64_t bytes_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return 0;
  const auto unit =
      trimmed(std::string_view(rest, static_cast<std::size_t>(text.data() + text.size() - rest)));
  if (unit == "K" || unit == "kB") return value << 10;
  if (unit == "M") return value << 20;
  return unit.empty() ? value : 0;
}

std::map<std::string, std::int64_t> cache_sizes() {
  std::map<std::string, std::int64_t> sizes;
  for (int index = 0; index < 8; ++index) {
    const auto folder =
        std::filesystem::path(fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}", index));
    const auto type = text_of(folder / "type");
    const auto size = bytes_of(trimmed(text_of(folder / "size")));
    if (size == 0 || type.starts_with("Instruction")) continue;
    const auto level = text_of(folder / "level");
    sizes[fmt::format("l{}{}", trimmed(level), type.starts_with("Data") ? "d" : "")] = size;
  }
  return sizes;
}

std::string hex(const std::string& text) {
  return fmt::format("{:016x}", core::fingerprint(text.data(), text.size()));
}

}  // namespace

DeviceFacts read_cpu_facts(std::string_view isa) {
  const auto cpuinfo = text_of("/proc/cpuinfo");
  DeviceFacts facts;
  facts.name = field(cpuinfo, "model name");
  if (facts.name.empty()) facts.name = "unknown processor";
  facts.kind = "cpu";
  facts.isa = isa;
  facts.processors = core::available_processors();
  facts.memory_bytes = bytes_of(field(text_of("/proc/meminfo"), "MemTotal"));
  facts.caches = cache_sizes();
  auto identity = fmt::format("{}\n{}\n{}\n{}\n", facts.name, field(cpuinfo, "stepping"),
                              field(cpuinfo, "flags"), facts.processors);
  for (const auto& [level, bytes] : facts.caches) identity += fmt::format("{} {}\n", level, bytes);
  facts.identity = hex(identity);
  return facts;
}

std::int64_t available_memory() {
  return bytes_of(field(text_of("/proc/meminfo"), "MemAvailable"));
}

std::string own_fingerprint() {
  const auto program = core::read_file("/proc/self/exe", kMaxProgram);
  return program ? hex(*program) : std::string{};
}

}  // namespace spanwise::kernels

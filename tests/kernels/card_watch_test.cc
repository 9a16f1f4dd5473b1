// SPDX-License-Identifier: Apache-2.0
// What a runner reads of a card beside its kernels, with a library in the driver's place; no card is needed.
#include "kernels/cuda/card_watch.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kernels/cuda/kernel_spans.h"
#include "kernels/cuda/shared_library.h"

using namespace spanwise::kernels;
namespace fs = std::filesystem;

namespace {

const std::string kCard = "0000:0f:00.0";

std::optional<Nvml> fake() { return Nvml::open(kCard, {"/nowhere/libnvidia-ml.so.1", SPANWISE_FAKE_NVML}); }

void wait_a_while() { std::this_thread::sleep_for(std::chrono::milliseconds(60)); }

}  // namespace

TEST_CASE("no library, no card: nothing, quietly") {
  CHECK(fake()->driver() == "580.00.01");
  CHECK_FALSE(Nvml::open(kCard, {"/nowhere/libnvidia-ml.so.1"}));
  CHECK_FALSE(Nvml::open("0000:10:00.0", {SPANWISE_FAKE_NVML}));
  CHECK_FALSE(SharedLibrary::open({}));
  CardWatch watch(nullptr);
  watch.set_working(true);
  const auto conditions = watch.finish();
  CHECK_FALSE(conditions.power_w);
  CHECK_FALSE(conditions.temperature_c);
  CHECK_FALSE(conditions.throttled);
}

TEST_CASE("the power of now is read, or that of the last second where the card has no such sensor") {
  const auto nvml = fake();
  REQUIRE(nvml);
  const auto reading = nvml->read();
  CHECK(reading.power_w == 512.5);
  CHECK(reading.temperature_c == 61);
  CHECK(reading.throttle_reasons == 5);
  ::setenv("FAKE_NVML_OLD", "1", 1);
  const auto old = nvml->read();
  ::unsetenv("FAKE_NVML_OLD");
  CHECK(old.power_w == 400);
  CHECK_FALSE(old.temperature_c);
}

TEST_CASE("what holds the clock down has names; being idle is none") {
  CHECK(throttle_text(0) == "none");
  CHECK(throttle_text(0x1 | 0x2) == "none");
  CHECK(throttle_text(0x4) == "power_cap");
  CHECK(throttle_text(0x1 | 0x4 | 0x20) == "power_cap,thermal");
}

TEST_CASE("readings count while the card works") {
  const auto nvml = fake();
  REQUIRE(nvml);
  CardWatch idle(&*nvml);
  wait_a_while();
  CHECK_FALSE(idle.finish().power_w);

  CardWatch busy(&*nvml);
  busy.set_working(true);
  wait_a_while();
  busy.set_working(false);
  const auto conditions = busy.finish();
  CHECK(conditions.power_w == 512.5);
  CHECK(conditions.temperature_c == 61);
  CHECK(conditions.throttled == "power_cap");
}

TEST_CASE("libraries of the toolkit: the named one, then the newest, then wherever the loader looks") {
  const fs::path root = fs::temp_directory_path() / ("spanwise_toolkits_" + std::to_string(::getpid()));
  const auto touch = [&](const fs::path& path) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << "x";
    return (root / path).string();
  };
  const auto older = touch("cuda-12.4/extras/CUPTI/lib64/libcupti.so.12");
  const auto newer = touch("cuda-13.0/lib64/libcupti.so");
  const auto named = touch("elsewhere/lib/libcupti.so.13");
  touch("cuda-13.0/lib64/libother.so");
  CHECK(toolkit_libraries("libcupti.so", (root / "elsewhere").string(), root) ==
        std::vector<std::string>{named, newer, older, "libcupti.so", "libcupti.so.13", "libcupti.so.12"});
  CHECK(toolkit_libraries("libcupti.so", "", root / "none").size() == 3);
  fs::remove_all(root);
}

TEST_CASE("milliseconds of a launch are from its first kernel's begin to its last one's end") {
  const std::vector<std::string> others = {"delay"};
  // Two launches of two kernels, which overlap; records in any order.
  const std::vector<KernelSpan> spans = {{5'000, 7'000, "combine"}, {900, 1'000, "_Z5delayx"}, {1'000, 4'000, "forward"},
                                         {2'000, 3'000, "combine"}, {4'500, 6'500, "forward"}};
  CHECK(launch_milliseconds(spans, 2, others) == doctest::Approx((3'000 + 2'500) / 2 * 1e-6));
  CHECK(launch_milliseconds(spans, 4, others) == doctest::Approx((3'000 + 1'000 + 2'000 + 2'000) / 4 * 1e-6));
  CHECK(named_milliseconds(spans, "combine") == doctest::Approx(3'000e-6));
  CHECK_FALSE(launch_milliseconds(spans, 3, others));  // one was lost
  CHECK_FALSE(launch_milliseconds({}, 1, others));
  CHECK_FALSE(launch_milliseconds({{0, 0, "forward"}}, 1, others));  // without a time
  CHECK_FALSE(launch_milliseconds({{2'000, 1'000, "forward"}}, 1, others));
}

// SPDX-License-Identifier: Apache-2.0
#include "sim/model.h"

#include <doctest/doctest.h>

#include "tests/support/sample_files.h"

using namespace spanwise;

TEST_CASE("the bundled models are what their sources say") {
  const auto read = [](const std::string& name) { return sim::read_model(testing::source_path("configs/models/" + name + ".yaml")); };
  const auto small = read("llama-3.1-8b");
  REQUIRE(small);
  CHECK(small->layers.size() == 32);
  // 8.03 billion parameters: two embeddings, attention with 8 KV heads, a gated FFN; norms left out.
  const auto parameters = [](const sim::Model& m) {
    double total = 2.0 * static_cast<double>(m.vocab_size * m.hidden_size);
    for (const auto& layer : m.layers) {
      const auto& a = layer.attention;
      total += static_cast<double>(m.hidden_size * (2 * a.q_heads + 2 * a.kv_heads) * a.head_dim);
      total += (layer.ffn.gated ? 3.0 : 2.0) * static_cast<double>(m.hidden_size * layer.ffn.intermediate_size);
    }
    return total;
  };
  CHECK(parameters(*small) == doctest::Approx(8.03e9).epsilon(0.001));
  const auto large = read("llama-3.1-70b");
  REQUIRE(large);
  CHECK(parameters(*large) == doctest::Approx(70.55e9).epsilon(0.001));
  const auto video = read("hunyuan-video");
  REQUIRE(video);
  CHECK(video->workloads[0].kv_len == 30 * 48 * 80 + 256);
  CHECK(video->workloads[0].tokens == patterns::Lengths{30, 48, 80});
  CHECK(video->workloads[0].label() == "30x48x80+256, b1, 50 steps");
  CHECK(small->workloads[1].label() == "decode 128k, b8");
  CHECK(small->workloads[1].q_len == 1);
}

TEST_CASE("mistakes in a model are reported where they are") {
  const testing::TemporaryFolder folder;
  const std::string good = testing::read_text(testing::source_path("configs/models/llama-3.1-8b.yaml"));
  const auto error_of = [&](const std::string& from, const std::string& to) {
    auto text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    const auto model = sim::read_model(folder.write("m.yaml", text.replace(at, from.size(), to)));
    REQUIRE_FALSE(model);
    return model.error().front();
  };
  struct Mistake {
    const char *from, *to;
    std::uint32_t line, column;
    const char* says;
  };
  for (const auto& m : {Mistake{"kv_heads: 8", "kv_heads: 5", 12, 52, "must divide q_heads"},
                        Mistake{"kv_heads: 8", "kv_head: 8", 12, 42, "unknown key 'kv_head'"},
                        Mistake{"hidden_size: 4096", "hidden_size: 4096.5", 5, 14, "decimal integer"},
                        Mistake{"phase: prefill", "phase: prefil", 15, 32, "cannot be 'prefil'"},
                        Mistake{"tokens: 32768", "tokens: 0", 15, 49, "out of range"},
                        Mistake{"decode_128k", "prefill_32k", 16, 12, "given twice"},
                        Mistake{"kind: full", "kind: fully", 12, 23, "cannot be 'fully'"},
                        Mistake{"version: 1", "version: 2", 2, 10, "out of range"}}) {
    CAPTURE(m.to);
    const auto error = error_of(m.from, m.to);
    CHECK(error.message.find(m.says) != std::string::npos);
    CHECK(error.place.line == m.line);
    CHECK(error.place.column == m.column);
  }
}

TEST_CASE("token counts for people") {
  CHECK(sim::print_tokens(32768) == "32k");
  CHECK(sim::print_tokens(1 << 20) == "1M");
  CHECK(sim::print_tokens(4160) == "4160");
}

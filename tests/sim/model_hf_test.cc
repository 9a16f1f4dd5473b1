// SPDX-License-Identifier: Apache-2.0
#include "sim/model_hf.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/sample_files.h"

using namespace spanwise;

namespace {

core::Result<sim::Model> read(const std::string& text) {
  const testing::TemporaryFolder folder;
  return sim::read_model(folder.write("config.json", text));
}

bool noted(const sim::Model& model, const std::string& words) {
  return std::any_of(model.notes.begin(), model.notes.end(), [&](const auto& note) { return note.find(words) != std::string::npos; });
}

// A model that nobody bundled, with `more` fields.
std::string custom(const std::string& more) {
  return R"({"model_type": "newcomer", "hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8,
 "num_key_value_heads": 2, "intermediate_size": 1024, "vocab_size": 1000, "max_position_embeddings": 4096, "dtype": "float16")" +
         more + "}";
}

}  // namespace

TEST_CASE("a config.json and the YAML file of the same model give equal models") {
  for (const std::string name : {"llama-3.1-8b", "llama-3.1-70b", "llama-3.2-1b", "qwen3-8b", "qwen3-30b-a3b", "mistral-7b-v0.3", "gemma-3-12b",
                                 "phi-3-mini-128k", "gpt-oss-20b", "deepseek-v3.2", "smallthinker-4b", "nemotron-h-8b", "bert-base", "minilm-l6",
                                 "vit-l-16", "swin-l"}) {
    CAPTURE(name);
    const auto yaml = sim::read_model(testing::source_path("configs/models/" + name + ".yaml"));
    const auto json = sim::read_model(testing::source_path("tests/fixtures/hf/" + name));  // a folder with a config.json
    REQUIRE(yaml);
    REQUIRE(json);
    CHECK(json->name == yaml->name);  // from the folder
    CHECK(json->hidden_size == yaml->hidden_size);
    CHECK(json->vocab_size == yaml->vocab_size);
    CHECK(json->tied_embeddings == (yaml->vocab_size > 0 && yaml->tied_embeddings));
    CHECK(json->max_tokens == yaml->max_tokens);
    CHECK(json->dtype == yaml->dtype);
    CHECK(json->workloads == yaml->workloads);
    REQUIRE(json->layers.size() == yaml->layers.size());
    for (std::size_t i = 0; i < json->layers.size(); ++i) {
      CAPTURE(i);
      CHECK(json->layers[i].mixing == yaml->layers[i].mixing);
      CHECK(json->layers[i].attention == yaml->layers[i].attention);
      CHECK(json->layers[i].ffn == yaml->layers[i].ffn);
      CHECK(json->layers[i] == yaml->layers[i]);
    }
  }
}

TEST_CASE("what a config leaves open is said") {
  const auto bare = read(R"({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128})");
  REQUIRE(bare);
  CHECK(bare->attention().kv_heads == 4);
  CHECK(bare->attention().head_dim == 16);
  CHECK(noted(*bare, "no dtype"));
  CHECK(noted(*bare, "no num_key_value_heads"));
  CHECK(noted(*bare, "no max_position_embeddings"));
  const auto gemma = sim::read_model(testing::source_path("tests/fixtures/hf/gemma-3-12b"));
  REQUIRE(gemma);
  CHECK(noted(*gemma, "head_dim 256, the default of its type"));
  const auto quantized = sim::read_model(testing::source_path("tests/fixtures/hf/deepseek-v3.2/config.json"));
  REQUIRE(quantized);
  CHECK(noted(*quantized, "quantization_config is not read"));
}

TEST_CASE("layers of many kinds, by the names that families gave them") {
  const auto mixed = read(custom(R"(, "sliding_window": 256, "layer_types": ["sliding_attention", "full_attention", "chunked_attention", "linear_attention"],
 "attention_chunk_size": 1024, "linear_num_value_heads": 8, "linear_value_head_dim": 64, "linear_key_head_dim": 32, "linear_num_key_heads": 4)"));
  REQUIRE(mixed);
  CHECK(mixed->layers[0].window == 256);
  CHECK(mixed->planned_layers() == std::vector<std::size_t>{1});
  CHECK(mixed->layers[2].block == patterns::Lengths{1024});
  CHECK(mixed->layers[3].state.state_size == 32);
  CHECK(mixed->dtype == core::DType::kFp16);

  const auto qwen2 = read(custom(R"(, "sliding_window": 256, "use_sliding_window": true, "max_window_layers": 3)"));
  REQUIRE(qwen2);
  CHECK(qwen2->planned_layers() == std::vector<std::size_t>{0, 1, 2});
  const auto off = read(custom(R"(, "sliding_window": 256, "use_sliding_window": false)"));
  REQUIRE(off);
  CHECK(off->planned_layers().size() == 4);

  const auto mixtral = read(custom(R"(, "num_local_experts": 8, "num_experts_per_tok": 2)"));
  REQUIRE(mixtral);
  CHECK(mixtral->layers[0].ffn.experts == 8);
  CHECK(mixtral->layers[0].ffn.intermediate_size == 1024);

  const auto modern = read(R"({"model_type": "modernbert", "hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12,
 "intermediate_size": 1152, "vocab_size": 50368, "dtype": "bfloat16"})");
  REQUIRE(modern);
  CHECK(modern->planned_layers() == std::vector<std::size_t>{0, 3});
  CHECK_FALSE(modern->attention().causal);
}

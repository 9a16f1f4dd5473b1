// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "cli/schema_keys.h"
#include "core/documents/document.h"
#include "patterns/kinds.h"
#include "sim/model_size.h"
#include "tests/support/sample_files.h"
#include "tests/support/schema_check.h"
#include "tuner/problem.h"

using namespace spanwise;

namespace {

std::string schema(const std::string& kind) { return testing::read_text(testing::source_path("configs/schema/" + kind + ".schema.json")); }

}  // namespace

TEST_CASE("every bundled file obeys its schema and names it") {
  int files = 0;
  for (const auto& [folder, kind] : {std::pair{"configs/models", "model"}, {"hwmodels/machines", "machine"}, {"hwmodels/kernels", "kernel"},
                                    {"configs/suites", "suite"}, {"configs/tiles", "tiles"}}) {
    for (const auto& entry : std::filesystem::directory_iterator(testing::source_path(folder))) {
      INFO(entry.path().string());
      const auto document = documents::read_document(entry.path());
      REQUIRE(document);
      CHECK(testing::schema_complaint(document->root, schema(kind)) == "");
      const auto first = document->source.substr(0, document->source.find('\n'));
      const std::string key = "# yaml-language-server: $schema=";
      REQUIRE(first.rfind(key, 0) == 0);
      CHECK(std::filesystem::equivalent(entry.path().parent_path() / first.substr(key.size()),
                                        testing::source_path(std::string("configs/schema/") + kind + ".schema.json")));
      ++files;
    }
  }
  CHECK(files >= 21 + 13 + 8 + 4 + 5);
}

TEST_CASE("the schemas know the parameters of every pattern kind, as the catalogue has them") {
  for (const auto* file : {"model", "profile", "plan", "suite"}) {
    const auto parsed = nlohmann::json::parse(schema(file));
    std::size_t found = 0;
    for (const auto& form : parsed["definitions"]["pattern"]["anyOf"]) {
      if (!form.contains("properties")) continue;
      const auto only = form["properties"].begin();
      const auto& name = only.key();
      const auto& inside = only.value();
      const auto* kind = patterns::find_kind(name);
      REQUIRE(kind != nullptr);
      ++found;
      const auto& parameters = inside.contains("properties") || !inside.contains("anyOf") ? inside : inside["anyOf"].back();
      std::set<std::string> keys, required, known, needed;
      if (parameters.contains("properties")) {
        for (const auto& [key, value] : parameters["properties"].items()) keys.insert(key);
        for (const auto& key : parameters["required"]) required.insert(key.get<std::string>());
      }
      for (const auto& parameter : kind->parameters) {
        known.insert(std::string(parameter.name));
        if (parameter.fallback == "required") needed.insert(std::string(parameter.name));
      }
      INFO(file, ": ", name);
      CHECK(keys == known);
      CHECK(required == needed);
    }
    CHECK(found == patterns::kinds().size());
  }
}

TEST_CASE("every example of the catalogue obeys the schema of patterns") {
  auto parsed = nlohmann::json::parse(schema("model"));
  const nlohmann::json whole = {{"$ref", "#/definitions/pattern"}, {"definitions", parsed["definitions"]}};
  for (const auto& kind : patterns::kinds()) {
    INFO(kind.name);
    const auto document = documents::parse_json(kind.example, "example.json");
    REQUIRE(document);
    CHECK(testing::schema_complaint(document->root, whole.dump()) == "");
  }
}

TEST_CASE("problems that are written obey their schema") {
  for (const auto* file : {"tests/corpus/problem.yaml", "tests/mistakes/good/problem.json"}) {
    INFO(file);
    const auto document = documents::read_document(testing::source_path(file));
    REQUIRE(document);
    CHECK(testing::schema_complaint(document->root, schema("problem")) == "");
    const auto problem = tuner::read_problem(*document);
    REQUIRE(problem);
    const auto written = documents::parse_json(tuner::to_json(*problem), "problem.json");
    REQUIRE(written);
    CHECK(testing::schema_complaint(written->root, schema("problem")) == "");
  }
}

TEST_CASE("docs/keys.md is what the schemas say") {
  std::string tables;
  for (const auto& kind : cli::schema_kinds()) {
    const auto section = cli::schema_keys(schema(kind));
    REQUIRE(section);
    tables += *section;
  }
  tables += cli::pattern_keys();
  const auto page = testing::read_text(testing::source_path("docs/keys.md"));
  const auto start = page.find("\n## ");
  REQUIRE(start != std::string::npos);
  const bool current = page.substr(start) == tables;
  CHECK_MESSAGE(current, "make it again: the head of docs/keys.md says how");
}

TEST_CASE("parameter counts of the bundled models are the published ones") {
  struct Published {
    const char* name;
    double billions;
    double tolerance;
  };
  // Model cards and papers; norms, biases, position and patch embeddings are not counted here.
  for (const auto& p : {Published{"llama-3.1-8b", 8.03, 0.001}, {"llama-3.1-70b", 70.55, 0.001}, {"llama-3.2-1b", 1.236, 0.001}, {"qwen3-8b", 8.19, 0.001},
                        {"qwen3-30b-a3b", 30.53, 0.001}, {"mistral-7b-v0.3", 7.248, 0.001}, {"gemma-3-12b", 11.77, 0.005}, {"phi-3-mini-128k", 3.82, 0.002},
                        {"gpt-oss-20b", 20.91, 0.005}, {"deepseek-v3.2", 671, 0.005}, {"smallthinker-4b", 4.27, 0.06}, {"nemotron-h-8b", 8.1, 0.01},
                        {"wan-2.1-14b", 14.0, 0.03}}) {
    const auto model = sim::read_model(testing::source_path(std::string("configs/models/") + p.name + ".yaml"));
    REQUIRE(model);
    INFO(p.name, ": ", sim::parameter_count(*model) * 1e-9);
    CHECK(sim::parameter_count(*model) * 1e-9 == doctest::Approx(p.billions).epsilon(p.tolerance));
  }
}

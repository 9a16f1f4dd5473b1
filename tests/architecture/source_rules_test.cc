// SPDX-License-Identifier: Apache-2.0
// The rules themselves: a file that breaks one is caught at its line, and what only looks like a breach is
// not.
#include "tests/architecture/source_rules.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace spanwise::architecture {
namespace {

constexpr const char* kLicence = "// SPDX-License-Identifier: Apache-2.0\n";

// Findings for a file of the licence line, then `code` from line 2 on.
std::vector<std::string> check(const std::string& path, const std::string& code) {
  return check_source({path, kLicence + code, false});
}

struct Case {
  const char* path;
  const char* code;
};

void expect_one(const Case& file, const std::string& part) {
  const std::vector<std::string> findings = check(file.path, file.code);
  CAPTURE(file.path);
  CAPTURE(file.code);
  CAPTURE(fmt::format("{}", fmt::join(findings, "\n")));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].find(part) != std::string::npos);
}

void expect_none(const Case& file) {
  CAPTURE(file.path);
  CAPTURE(file.code);
  CHECK(fmt::format("{}", fmt::join(check(file.path, file.code), "\n")) == "");
}

TEST_CASE("an arrow against the table is caught, at its line") {
  const std::vector<Case> wrong = {
      {"core/units.cc", "#include \"patterns/case.h\"\n"},
      {"core/units.cc", "#include \"core/documents/document.h\"\n"},
      {"core/documents/document.cc", "#include \"patterns/case.h\"\n"},
      {"patterns/case.cc", "#include \"hwmodels/machine.h\"\n"},
      {"hwmodels/machine.cc", "#include \"sim/estimate.h\"\n"},
      {"kernels/cpu/reference.cc", "#include \"sim/estimate.h\"\n"},
      {"kernels/cuda/dense.cu", "#include \"hwmodels/machine.h\"\n"},
      {"kernels/cpu/main.cc", "#include \"tuner/plan.h\"\n"},
      {"sim/estimate.cc", "#include \"tuner/plan.h\"\n"},
      {"sim/estimate.cc", "#include \"measure/client.h\"\n"},
      {"tuner/search.cc", "#include \"measure/client.h\"\n"},
      {"tuner/search.cc", "#include \"kernels/cpu/reference.h\"\n"},
      {"measure/client.cc", "#include \"tuner/plan.h\"\n"},
      {"reports/html.cc", "#include \"kernels/cpu/reference.h\"\n"},
      {"reports/html.cc", "#include \"cli/main.h\"\n"},
  };
  for (const Case& file : wrong) expect_one(file, ":2: " + room_of(file.path) + " must not include");
  expect_one({"sim/estimate.cc", "#include \"core/units.h\"\n\n  #  include \"tuner/plan.h\"\n"},
             "sim/estimate.cc:4: ");
}

TEST_CASE("every room may use what the table gives it") {
  expect_none({"kernels/cpu/reference.cc", "#include \"core/units.h\"\n#include \"patterns/case.h\"\n"});
  expect_none(
      {"sim/estimate.cc", "#include \"core/documents/document.h\"\n#include \"hwmodels/machine.h\"\n"});
  expect_none({"tuner/search.cc", "#include \"sim/estimate.h\"\n"});
  expect_none({"measure/client.cc", "#include \"sim/estimate.h\"\n"});
  expect_none({"reports/html.cc", "#include \"measure/client.h\"\n#include \"tuner/plan.h\"\n"});
  expect_none({"cli/plan.cc", "#include \"kernels/cpu/reference.h\"\n#include \"reports/html.h\"\n"});
}

TEST_CASE("includes go from the root and in quotes") {
  expect_one({"sim/estimate.cc", "#include \"estimate.h\"\n"}, "from the root");
  expect_one({"sim/estimate.cc", "#include \"../tuner/plan.h\"\n"}, "from the root");
  expect_one({"sim/estimate.cc", "#include \"core/../tuner/plan.h\"\n"}, "from the root");
  expect_one({"sim/estimate.cc", "#include <core/units.h>\n"}, "in quotes");
}

TEST_CASE("a .cc includes its own header first") {
  const std::string header_first = "#include \"sim/estimate.h\"\n\n#include <vector>\n";
  const std::string header_later = "#include <vector>\n\n#include \"sim/estimate.h\"\n";
  CHECK(check_source({"sim/estimate.cc", kLicence + header_first, true}).empty());
  CHECK(check_source({"sim/estimate.cc", kLicence + header_later, true}).size() == 1);
  CHECK(check_source({"sim/estimate.cc", std::string(kLicence) + "int x;\n", true}).size() == 1);
  CHECK(check_source({"sim/estimate.cc", kLicence + header_later, false}).empty());
}

TEST_CASE("a library stays in its room") {
  expect_one({"patterns/case.cc", "#include <yaml-cpp/yaml.h>\n"},
             "yaml-cpp is used in core/documents/ alone");
  expect_one({"core/units.cc", "#include <yaml-cpp/parser.h>\n"}, "yaml-cpp");
  expect_one({"reports/terminal.cc", "#include <CLI/CLI.hpp>\n"}, "CLI11 is used in cli/ alone");
  expect_one({"tuner/search.cc", "#include <boost/graph/adjacency_list.hpp>\n"},
             "Boost.Graph is used in sim/ alone");
  expect_one({"measure/client.cc", "#include <cuda_runtime.h>\n"}, "CUDA is used in kernels/cuda/ alone");
  expect_one({"kernels/cpu/dense.cc", "#include <cupti.h>\n"}, "CUDA");
  expect_one({"sim/dense.cu", ""}, "CUDA sources belong in kernels/cuda");
  expect_one({"patterns/case.h", "#pragma once\n#include <nlohmann/json.hpp>\n"}, "json_fwd.hpp");
  expect_none({"core/documents/yaml_source.cc", "#include <yaml-cpp/parser.h>\n"});
  expect_none({"cli/main.cc", "#include <CLI/CLI.hpp>\n"});
  expect_none({"sim/layer_graph.cc", "#include <boost/graph/adjacency_list.hpp>\n"});
  expect_none({"kernels/cuda/dense.cu", "#include <cuda_runtime.h>\n"});
  expect_none({"patterns/case.h", "#pragma once\n#include <nlohmann/json_fwd.hpp>\n"});
  expect_none({"patterns/case.cc", "#include <nlohmann/json.hpp>\n"});
}

TEST_CASE("a library that prints or ends the process is caught") {
  for (const char* code :
       {"std::cout << 1;\n", "std :: cerr << 1;\n", "using std::clog;\n", "printf(\"x\");\n",
        "std::puts(\"x\");\n", "fmt::print(\"x\");\n", "fwrite(p, 1, n, stderr);\n", "perror (\"x\");\n"}) {
    expect_one({"sim/estimate.cc", code}, ":2: '");
    expect_one({"sim/estimate.cc", code}, "must not print");
  }
  for (const char* code : {"exit(1);\n", "std::exit(1);\n", "::abort();\n", "std::quick_exit (1);\n",
                           "assert(x);\n", "std::terminate();\n"}) {
    expect_one({"kernels/cpu/dense.cc", code}, "must not end the process");
  }
  expect_none({"cli/main.cc", "std::cout << 1; std::exit(3);\n"});
  expect_none({"kernels/cpu/runner_main.cc", "std::cout << 1;\n"});
  expect_none({"kernels/cpu/main.cc", "fmt::print(stderr, \"x\");\n"});
}

TEST_CASE("what only looks like a breach is let through") {
  expect_none(
      {"sim/estimate.cc", "// #include \"tuner/plan.h\"\n/* std::cout\n #include \"cli/main.h\" */\n"});
  expect_none({"sim/estimate.cc",
               "auto s = \"std::cout << \\\" exit(1)\"; auto r = R\"x(abort() )\" printf(1))x\";\n"});
  expect_none({"sim/estimate.cc", "int n = 1'000; char c = '\"'; // exit(1) \"\n"});
  expect_none(
      {"sim/estimate.cc",
       "static_assert(true); _exit(127); snprintf(b, n, f); q.exit(); p->abort(); fmt::format(f);\n"});
  expect_none(
      {"sim/estimate.cc", "void print(int); bool exit = door.exit; Door::exit(); terminate(child);\n"});
  // A quote inside a number must not hide what follows it.
  expect_one({"sim/estimate.cc", "int n = 1'000; exit(1); char c = 'x';\n"}, "must not end");
  expect_one({"sim/estimate.cc", "auto r = R\"(\\)\"; exit(1);\n"}, "must not end");
}

TEST_CASE("form: licence line, pragma once, length") {
  CHECK(check_source({"sim/a.cc", "int x;\n", false}).size() == 1);
  CHECK(check_source({"tests/sim/a.cc", std::string("\n") + kLicence, false}).size() == 1);
  expect_one({"sim/a.h", "int x;\n"}, "#pragma once");
  expect_none({"sim/a.h", "#pragma once\n"});
  expect_none({"sim/a.cc", std::string(349, '\n').c_str()});
  expect_one({"sim/a.cc", std::string(350, '\n').c_str()}, "351 lines, at most 350");
}

TEST_CASE("tests may include every room and print") {
  expect_none({"tests/sim/a.cc",
               "#include \"tuner/plan.h\"\n#include <boost/graph/x.hpp>\nint f() { std::exit(1); }\n"});
}

TEST_CASE("a path of somebody's machine is caught in text") {
  const std::string slash = "/";  // put together here, so that this file itself holds no such path
  CHECK(find_machine_paths("docs/a.md", "one\nsee " + slash + "home/ann/x\n") ==
        std::vector<std::string>{"docs/a.md:2: names a folder of one machine: " + slash + "home/ann/x"});
  CHECK(find_machine_paths("docs/a.md", "`" + slash + "work/x`, (" + slash + "tmp/y) " + slash + "root/z")
            .size() == 3);
  CHECK(
      find_machine_paths("docs/a.md", "out" + slash + "work/x, a" + slash + "tmp/y, " + slash + "workshop/z")
          .empty());
}

}  // namespace
}  // namespace spanwise::architecture

// SPDX-License-Identifier: Apache-2.0
// From a model and losses to a plan and back through its file.
#include "tuner/plan.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "tests/support/sample_files.h"
#include "tests/support/sample_layer.h"
#include "tests/support/sample_machine.h"
#include "tuner/make_plan.h"

using namespace spanwise;

namespace {

sim::Model sample_model() {
  sim::Model model;
  model.name = "sample";
  model.source = "a test";
  model.hidden_size = 256;
  model.layers.assign(4, testing::sample_layer({8, 2, 64, 64, true, {}}, 256, 512));
  sim::Workload prefill;
  prefill.name = "prefill_4k";
  prefill.q_len = prefill.kv_len = 4096;
  sim::Workload decode = prefill;
  decode.name = "decode_4k";
  decode.phase = patterns::Phase::kDecode;
  decode.q_len = 1;
  decode.batch = 4;
  model.workloads = {prefill, decode};
  return model;
}

// Losses that differ over layers, heads and rules.
tuner::Profile uneven_profile(const sim::Model& model) {
  tuner::Profile profile;
  profile.name = "uneven";
  profile.from = {core::Basis::kMeasured, "a test"};
  profile.rules = tuner::default_rules(model);
  for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
    for (int head = 0; head < 8; ++head) {
      for (std::size_t rule = 0; rule < profile.rules.size(); ++rule) {
        profile.losses.push_back(
            rule == 0 ? 0
                      : (1.0 + static_cast<double>((layer * 7 + static_cast<std::size_t>(head) * 3) % 5)) /
                            static_cast<double>(rule));
      }
    }
  }
  return profile;
}

struct Made {
  sim::Model model = sample_model();
  hwmodels::Machine machine = testing::sample_machine();
  std::map<std::string, hwmodels::KernelModel> kernels = testing::sample_kernels();
  sim::CountCache counts;
  core::ThreadPool pool{2};
  tuner::Profile profile;
  std::optional<tuner::RulePrices> prices;

  explicit Made(bool uneven) {
    kernels.at("sparse-kernel").phases = kernels.at("dense-kernel").phases;
    profile = uneven ? uneven_profile(model) : *tuner::assumed_profile(model);
    prices.emplace(tuner::attention_task(model), profile.rules, sim::Pricing{&machine, &kernels, &counts});
    REQUIRE(prices->prepare(pool));
  }
  core::Result<tuner::MadePlan> make(const std::string& limit, const std::string& minimize = {}) {
    return make_with(limit.empty() ? std::vector<std::string>{} : std::vector<std::string>{limit}, minimize);
  }
  core::Result<tuner::MadePlan> make_with(const std::vector<std::string>& limits, const std::string& minimize = {}) {
    return tuner::make_plan({&model, &profile, &*prices, limits, minimize, {1.0, 0.5, 0.01}});
  }
};

}  // namespace

TEST_CASE("a plan keeps its limit, is proved and survives its file") {
  for (const bool uneven : {false, true}) {
    CAPTURE(uneven);
    Made made(uneven);
    const auto plan = made.make("");
    REQUIRE(plan);
    REQUIRE(plan->plan);
    CHECK(plan->solution.status == tuner::Status::kOptimal);
    CHECK(plan->target.defaulted);
    double share = 0;
    for (const auto& time : plan->plan->times) share += time.searched / time.dense / 2;
    CHECK(share <= 0.5 * (1 + 1e-12));
    CHECK(plan->worst_mismatch <= 0.02);
    CHECK(plan->at[0]->loss == 0.0);       // everything dense
    CHECK_FALSE(plan->at[2].has_value());  // nothing reaches 1 %
    for (const auto& point : plan->uniform) {
      if (point.share <= 0.5) CHECK(point.loss >= plan->plan->loss * (1 - 1e-12));
    }
    const testing::TemporaryFolder folder;
    const auto text = tuner::to_yaml(*plan->plan);
    const auto back = tuner::read_plan(folder.write("plan.yaml", text));
    REQUIRE(back);
    CHECK(tuner::to_yaml(*back) == text);
    CHECK(back->map == plan->plan->map);
    CHECK(back->certificate == plan->plan->certificate);
  }
}

TEST_CASE("assumed losses allow one rule a layer and keep the first layers dense longest") {
  Made made(false);
  const auto plan = made.make("attention=70%");
  REQUIRE(plan);
  const auto& p = *plan->plan;
  for (std::int64_t layer = 0; layer < p.task.layers; ++layer)
    CHECK(p.rule_of(layer, 0) == p.rule_of(layer, 1));
  const auto loss_of = [&](std::int64_t layer) { return made.profile.loss(layer, 0, 8, 1); };
  CHECK(loss_of(0) == doctest::Approx(4 * loss_of(3)));
  CHECK(made.profile.loss(0, 0, 8, 0) == 0.0);  // dense
  // Wider windows never lose more.
  for (std::size_t rule = 2; rule < made.profile.rules.size(); ++rule) {
    CHECK(made.profile.loss(3, 0, 8, rule) <= made.profile.loss(3, 0, 8, rule - 1));
  }
}

TEST_CASE("limits and objectives by name") {
  Made made(true);
  const auto by_time = made.make("loss=5", "attention");
  REQUIRE(by_time);
  CHECK(by_time->plan->loss <= 5);
  const auto one = made.make("prefill_4k=60%");
  REQUIRE(one);
  CHECK(one->plan->times[0].searched / one->plan->times[0].dense <= 0.6 * (1 + 1e-12));
  const auto absolute = made.make(fmt::format("prefill_4k={} us", one->plan->times[0].dense.value * 0.6e6));
  REQUIRE(absolute);
  CHECK(absolute->plan->loss == doctest::Approx(one->plan->loss));

  const auto impossible = made.make("attention=1%");
  REQUIRE(impossible);
  CHECK(impossible->solution.status == tuner::Status::kInfeasible);
  CHECK_FALSE(impossible->plan);
  REQUIRE(impossible->solution.nearest_feasible);
  CHECK(*impossible->solution.nearest_feasible > 0.01);

  const auto hint_of = [&](const std::string& limit, const std::string& minimize = {}) {
    return made.make(limit, minimize).error().front();
  };
  CHECK(hint_of("atention=50%").hint.find("did you mean 'attention'?") != std::string::npos);
  CHECK(hint_of("attention").message.find("NAME=VALUE") != std::string::npos);
  CHECK(hint_of("attention=lots").message.find("'lots'") != std::string::npos);
  CHECK(hint_of("attention=2 ms").message.find("'2 ms'") != std::string::npos);
  CHECK(hint_of("", "attention").hint.find("--limit loss=") != std::string::npos);
}

TEST_CASE("several limits at once") {
  Made made(true);
  const auto shares = [](const tuner::Plan& plan, std::size_t w) { return plan.times[w].searched / plan.times[w].dense; };
  const auto prefill = made.make("prefill_4k=60%"), both = made.make_with({"prefill_4k=60%", "decode_4k=70%"});
  REQUIRE(prefill);
  REQUIRE(both);
  REQUIRE(both->plan);
  CHECK(both->target.words() == "prefill_4k at most 60 % of its dense time, decode_4k at most 70 % of its dense time");
  CHECK(both->plan->limit == both->target.words());
  CHECK(shares(*both->plan, 0) <= 0.6 * (1 + 1e-12));
  CHECK(shares(*both->plan, 1) <= 0.7 * (1 + 1e-12));
  CHECK(both->plan->loss >= prefill->plan->loss);
  CHECK(both->solution.status == tuner::Status::kOptimal);
  CHECK(both->proved_again);
  const auto faster = made.make_with({fmt::format("loss={}", both->plan->loss + 1), "decode_4k=70%"}, "prefill_4k");
  REQUIRE(faster);
  REQUIRE(faster->plan);
  CHECK(faster->plan->loss <= both->plan->loss + 1);
  CHECK(shares(*faster->plan, 0) <= shares(*both->plan, 0) * (1 + 1e-12));

  // The limit that is to blame is named.
  const auto impossible = made.make_with({"prefill_4k=90%", "decode_4k=1%"});
  REQUIRE(impossible);
  CHECK_FALSE(impossible->plan);
  REQUIRE(impossible->tightest() != nullptr);
  CHECK(impossible->tightest()->name == "decode_4k");
  CHECK(*impossible->solution.nearest_feasible > 0.01);
  CHECK(made.make_with({"attention=50%", "attention=40%"}).error()[0].message.find("'attention' is limited twice") == 0);
}

TEST_CASE("a profile must have the model's shape") {
  const auto model = sample_model();
  const testing::TemporaryFolder folder;
  std::string text =
      "version: 1\nname: p\nmodel: sample\nbasis: measured\nsource: s\nrules: [dense, {sliding_window: "
      "{window: 512}}]\nloss:\n";
  for (int layer = 0; layer < 4; ++layer)
    text += "  - [[0, 1], [0, 1], [0, 1], [0, null], [0, 1], [0, 1], [0, 1], [0, 1]]\n";
  const auto good = tuner::read_profile(folder.write("p.yaml", text), model);
  REQUIRE(good);
  CHECK(std::isnan(good->loss(0, 3, 8, 1)));
  const auto error_of = [&](const std::string& from, const std::string& to) {
    auto bad = text;
    bad.replace(bad.find(from), from.size(), to);
    const auto profile = tuner::read_profile(folder.write("q.yaml", bad), model);
    REQUIRE_FALSE(profile);
    return profile.error().front();
  };
  CHECK(error_of("[0, null]", "[0, 1, 2]").place.line == 8);
  CHECK(error_of("[0, null]", "[0, 1, 2]").message.find("list of 2 losses") != std::string::npos);
  CHECK(error_of("model: sample", "model: other").place.column == 8);
  CHECK(error_of("window: 512", "window: 0").message.find("window") != std::string::npos);
  CHECK(error_of("[dense, ", "[").message.find("must contain dense") != std::string::npos);
}

TEST_CASE("mistakes in a plan are reported where they are") {
  Made made(true);
  const auto text = tuner::to_yaml(*made.make("")->plan);
  const testing::TemporaryFolder folder;
  const auto error_of = [&](const std::string& from, const std::string& to) {
    auto bad = text;
    const auto at = bad.find(from);
    REQUIRE(at != std::string::npos);
    const auto plan = tuner::read_plan(folder.write("bad.yaml", bad.replace(at, from.size(), to)));
    REQUIRE_FALSE(plan);
    return plan.error().front();
  };
  CHECK(error_of("layers: 4,", "layers: 5,").message.find("has no rule") != std::string::npos);
  CHECK(error_of("{layers: 0", "{layers: 9").message.find("cannot be '9") != std::string::npos);
  CHECK(error_of("  dense: {", "  dens: {").hint.find("'dense'") != std::string::npos);
  CHECK(error_of("minimize: loss", "minimise: loss").hint.find("did you mean 'minimize'?") !=
        std::string::npos);
}

TEST_CASE("assumed losses: a dilated window costs more than the dense window of the same span") {
  const auto model = sim::read_model(testing::source_path("configs/models/cosmos-predict2-2b.yaml"));
  REQUIRE(model);
  const auto profile = *tuner::assumed_profile(*model);
  // The rules in the order of the file: dense, three without dilation, then dilations of 5 and of 11x5.
  REQUIRE(profile.rules.size() == 6);
  CHECK(profile.loss(5, 0, 16, 0) == 0);
  for (std::size_t rule = 1; rule < 6; ++rule) CHECK(profile.loss(5, 0, 16, rule) > profile.loss(5, 0, 16, rule - 1));
}

TEST_CASE("assumed losses: a kind that the model of mass does not know is refused, not free") {
  Made made(false);
  made.model.rules = {patterns::Dense{true}, patterns::Strided{64, 16, 16}};
  const auto profile = tuner::assumed_profile(made.model);
  REQUIRE_FALSE(profile);
  CHECK(profile.error().front().message.find("strided") != std::string::npos);
  CHECK(profile.error().front().hint.find("--profile") != std::string::npos);
}

TEST_CASE("a plan of a model with layers of other kinds knows where its layers stand") {
  Made made(false);
  auto& layers = made.model.layers;
  auto sliding = layers.front();
  sliding.mixing = sim::Mixing::kSliding;
  sliding.window = 256;
  layers = {sliding, layers[0], sliding, layers[1]};
  made.profile = *tuner::assumed_profile(made.model);
  tuner::RulePrices prices(tuner::attention_task(made.model), made.profile.rules, {&made.machine, &made.kernels, &made.counts});
  REQUIRE(prices.prepare(made.pool));
  const auto planned = tuner::make_plan({&made.model, &made.profile, &prices, {}, "", {1.0}});
  REQUIRE(planned);
  REQUIRE(planned->plan);
  CHECK(planned->plan->task.layers == 2);
  CHECK(planned->plan->layer_numbers == std::vector<std::int64_t>{1, 3});
  const testing::TemporaryFolder folder;
  const auto text = tuner::to_yaml(*planned->plan);
  const auto read = tuner::read_plan(folder.write("plan.yaml", text));
  REQUIRE(read);
  CHECK(tuner::to_yaml(*read) == text);
  // Windows of the model's own count in its time, whatever the plan does.
  const auto own = sim::unplanned_attention(made.model, made.model.workloads[0], prices.pricing());
  REQUIRE(own);
  const auto attention = planned->dense_pass[0].parts.at(sim::OperatorKind::kAttention).value;
  CHECK(attention == doctest::Approx(prices.dense_total(0).value + (*own)[0].value + (*own)[2].value));
}

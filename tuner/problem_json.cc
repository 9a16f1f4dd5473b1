// SPDX-License-Identifier: Apache-2.0
// Writing a problem. Numbers are the shortest text that reads back as the same double.
#include <fmt/format.h>

#include "core/documents/json_text.h"
#include "tuner/problem.h"

namespace spanwise::tuner {
namespace {

using documents::quote_json;

// JSON readers turn -0 into the integer 0, so it is written as that.
double plain(double x) {
  return x == 0.0 ? 0.0 : x;
}

class Writer {
 public:
  explicit Writer(const Problem& problem) : problem_(problem) {
    for (const auto& name : problem.losses) losses_.push_back(quote_json(name));
    for (const auto& resource : problem.resources) resources_.push_back(quote_json(resource.name));
    for (const auto& rule : problem.rules) rules_.push_back(quote_json(rule.name));
    plain_loss_ = problem.losses.size() == 1 && problem.losses[0] == "loss";
  }

  std::string run() {
    add("{{\"schema\": \"spanwise/problem\", \"schema_version\": 1,\n\"resources\": [");
    lines(problem_.resources, [&](const Resource& resource) { write(resource); });
    add("],\n\"limits\": [");
    lines(problem_.limits, [&](const Limit& limit) { write(limit); });
    add("],\n\"minimize\": [");
    lines(problem_.minimize, [&](const Objective& objective) { write(objective); });
    add("]");
    write_rules();
    add(",\n\"heads\": [");
    lines(problem_.heads, [&](const Head& head) { write(head); });
    add("],\n\"layers\": [");
    lines(problem_.layers, [&](const Layer& layer) { write(layer); });
    add("]");
    if (problem_.front) write(*problem_.front);
    add("}}\n");
    return fmt::to_string(out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  template <class List, class Body>
  void lines(const List& list, Body&& body) {
    const char* before = "\n ";
    for (const auto& item : list) {
      add("{}", before);
      body(item);
      before = ",\n ";
    }
  }

  void write(const std::map<std::string, double>& numbers) {
    add("{{");
    const char* before = "";
    for (const auto& [name, value] : numbers) {
      add("{}{}: {}", before, quote_json(name), plain(value));
      before = ", ";
    }
    add("}}");
  }

  void write(const Resource& resource) {
    constexpr const char* kCombine[] = {"sum", "max_in_kv_group", "makespan"};
    add("{{\"name\": {}, \"combine\": \"{}\"}}", quote_json(resource.name),
        kCombine[static_cast<int>(resource.combine)]);
  }

  void write(const Limit& limit) {
    add("{{\"of\": ");
    write(limit.of);
    if (limit.max) add(", \"max\": {}", plain(*limit.max));
    if (limit.min) add(", \"min\": {}", plain(*limit.min));
    add("}}");
  }

  void write(const Objective& objective) {
    if (!objective.bottleneck) return write(objective.of);
    core::ensure(objective.of.size() == 1, "a bottleneck is of one loss or resource");
    add("{{\"max\": {}}}", quote_json(objective.of.begin()->first));
  }

  // `number(i)` of every name, as {"a": 1, "b": 2}.
  template <class Number>
  void write_named(const std::vector<std::string>& names, Number&& number) {
    add("{{");
    for (std::size_t i = 0; i < names.size(); ++i)
      add("{}{}: {}", i == 0 ? "" : ", ", names[i], plain(number(i)));
    add("}}");
  }

  void write_loss(const Head& head, std::size_t candidate) {
    if (plain_loss_) return add("{}", plain(problem_.loss(head, candidate, 0)));
    write_named(losses_, [&](std::size_t i) { return problem_.loss(head, candidate, i); });
  }

  void write_rules() {
    if (problem_.rules.empty()) return;
    add(",\n\"rules\": [");
    std::size_t r = 0;
    lines(problem_.rules, [&](const RuleEntry& rule) {
      add("{{\"rule\": {}", rules_[r++]);
      if (rule.cost) {
        add(", \"cost\": ");
        write_named(resources_, [&](std::size_t i) { return (*rule.cost)[i]; });
      }
      add("}}");
    });
    add("]");
  }

  void write(const Head& head) {
    add("{{\"layer\": {}, \"head\": {}", head.layer, head.head);
    if (head.kv_group) add(", \"kv_group\": {}", *head.kv_group);
    if (head.cost.empty()) {
      write_compact(head);
    } else {
      write_candidates(head);
    }
    add("}}");
  }

  // One loss for each rule of the table, null where the rule is forbidden.
  void write_compact(const Head& head) {
    constexpr auto kNone = static_cast<std::size_t>(-1);
    candidate_of_rule_.assign(problem_.rules.size(), kNone);
    for (std::size_t k = 0; k < head.rule.size(); ++k) candidate_of_rule_[head.rule[k]] = k;
    add(", \"loss\": [");
    for (std::size_t r = 0; r < candidate_of_rule_.size(); ++r) {
      if (r > 0) add(", ");
      if (candidate_of_rule_[r] == kNone) {
        add("null");
      } else {
        write_loss(head, candidate_of_rule_[r]);
      }
    }
    add("]");
  }

  void write_candidates(const Head& head) {
    add(", \"candidates\": [");
    for (std::size_t k = 0; k < head.rule.size(); ++k) {
      add("{}{{\"rule\": {}, \"loss\": ", k == 0 ? "" : ", ", rules_[head.rule[k]]);
      write_loss(head, k);
      add(", \"cost\": ");
      write_named(resources_, [&](std::size_t i) { return problem_.cost(head, k, i); });
      add("}}");
    }
    add("]");
  }

  void write(const Layer& layer) {
    add("{{\"layer\": {}", layer.layer);
    if (layer.max_rules) add(", \"max_rules\": {}", *layer.max_rules);
    if (!layer.launch.empty()) {
      add(", \"launch\": ");
      write(layer.launch);
    }
    add("}}");
  }

  void write(const FrontRequest& front) {
    constexpr const char* kMode[] = {"supported", "all", "at"};
    add(",\n\"front\": {{\"mode\": \"{}\"", kMode[static_cast<int>(front.mode)]);
    if (front.limited && front.minimized) {
      add(", \"of\": [");
      write(*front.limited);
      add(", ");
      write(*front.minimized);
      add("]");
    }
    if (!front.at.empty()) add(", \"at\": [{}]", fmt::join(front.at, ", "));
    add("}}");
  }

  const Problem& problem_;
  std::vector<std::string> losses_, resources_, rules_;  // quoted
  bool plain_loss_ = false;
  std::vector<std::size_t> candidate_of_rule_;
  fmt::memory_buffer out_;
};

}  // namespace

std::string to_json(const Problem& problem) {
  return Writer(problem).run();
}

}  // namespace spanwise::tuner

#include "storage/model/label_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

namespace varve::storage {

TEST_SUITE("storage/model/label_set") {
  TEST_CASE("labels come back sorted by name, each once, without empty values") {
    const LabelSet labels = LabelSet::FromPairs(
        {{"job", "node"}, {"__name__", "up"}, {"zone", ""}, {"job", "go"}, {"a", "1"}});
    std::vector<std::pair<std::string, std::string>> seen;
    for (const LabelView& label : labels) seen.emplace_back(label.name, label.value);
    CHECK(seen == std::vector<std::pair<std::string, std::string>>{
                      {"__name__", "up"}, {"a", "1"}, {"job", "go"}});
    CHECK(labels.size() == 3);
    CHECK(labels.metric_name() == "up");
    CHECK(labels.Get("zone").empty());
  }

  TEST_CASE("values longer than 254 bytes survive packing") {
    const std::string value(70'000, 'x');
    const LabelSet labels{{"a", value}, {"b", "short"}};
    CHECK(labels.Get("a") == value);
    CHECK(labels.Get("b") == "short");
    CHECK(LabelSetView::IsValidPacked(labels.packed()));
  }

  TEST_CASE("With, Without and Only keep the order and drop empty values") {
    const LabelSet labels{{"b", "2"}, {"d", "4"}};
    CHECK(labels.With("a", "1") == LabelSet{{"a", "1"}, {"b", "2"}, {"d", "4"}});
    CHECK(labels.With("c", "3") == LabelSet{{"b", "2"}, {"c", "3"}, {"d", "4"}});
    CHECK(labels.With("e", "5") == LabelSet{{"b", "2"}, {"d", "4"}, {"e", "5"}});
    CHECK(labels.With("b", "") == LabelSet{{"d", "4"}});
    CHECK(labels.With("b", "9") == LabelSet{{"b", "9"}, {"d", "4"}});
    CHECK(labels.Without("b") == LabelSet{{"d", "4"}});
    CHECK(labels.Only({"d", "x"}) == LabelSet{{"d", "4"}});
    CHECK(labels.Without(std::vector<std::string>{"b", "d"}).empty());
  }

  TEST_CASE("the order is by name, then value, then length, as Prometheus sorts") {
    CHECK(LabelSet{{"a", "1"}} < LabelSet{{"a", "2"}});
    CHECK(LabelSet{{"a", "2"}} < LabelSet{{"b", "1"}});
    CHECK(LabelSet{{"a", "1"}} < LabelSet{{"a", "1"}, {"b", "1"}});
    CHECK(LabelSet{} < LabelSet{{"a", "1"}});
    CHECK(LabelSet{{"a", "1"}}.Compare(LabelSet{{"a", "1"}}) == 0);
  }

  TEST_CASE("a random label set answers what a map of the same pairs answers") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
      std::map<std::string, std::string> model;
      std::vector<std::pair<std::string_view, std::string_view>> pairs;
      const int count = static_cast<int>(random() % 12);
      for (int i = 0; i < count; ++i) {
        model[std::string(1 + random() % 3, static_cast<char>('a' + random() % 26))] =
            std::string(random() % 300 + 1, static_cast<char>(random()));
      }
      for (const auto& [name, value] : model) pairs.emplace_back(name, value);
      std::shuffle(pairs.begin(), pairs.end(), random);
      const LabelSet labels = LabelSet::FromPairs(pairs);
      CHECK(labels.size() == model.size());
      for (const auto& [name, value] : model) CHECK(labels.Get(name) == value);
      CHECK(LabelSetView::IsValidPacked(labels.packed()));
    }
  }

  TEST_CASE("packed bytes that are cut short, out of order or hold an empty value are not valid") {
    const LabelSet labels{{"a", "1"}, {"b", "2"}};
    for (size_t length = 1; length < labels.packed().size(); ++length) {
      const bool whole_label = length == 4;
      CHECK(LabelSetView::IsValidPacked(std::string_view(labels.packed()).substr(0, length)) ==
            whole_label);
    }
    CHECK_FALSE(LabelSetView::IsValidPacked(std::string("\1b\1x\1a\1y", 8)));
    CHECK_FALSE(LabelSetView::IsValidPacked(std::string("\1b\0", 3)));
  }

  TEST_CASE("ToString writes the metric name in front and quotes values") {
    CHECK(LabelSet{{"__name__", "up"}, {"job", "a\"b"}}.ToString() == "up{job=\"a\\\"b\"}");
    CHECK(LabelSet{}.ToString() == "{}");
  }
}

}  // namespace varve::storage

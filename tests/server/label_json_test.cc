#include "server/label_json.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "server/json_writer.h"

namespace varve::server {
namespace {

using storage::LabelSet;

TEST_SUITE("server/label_json") {
  TEST_CASE("label sets one after the other are those that the writer makes of each") {
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    const char* const values[] = {"a",
                                  "<b>",
                                  "node-0042:9100",
                                  "\"quoted\"",
                                  "é",
                                  "\xff",
                                  "a value of more than sixteen bytes",
                                  "C:\\Windows\\System32"};
    LabelJson html(LabelJson::Escape::kHtml);
    LabelJson plain(LabelJson::Escape::kPlain);
    std::vector<LabelSet> sets;
    sets.reserve(2000);
    for (int i = 0; i < 2000; ++i) {
      std::vector<std::pair<std::string_view, std::string_view>> pairs;
      for (const char* name : {"__name__", "a<b", "instance", "job", "pod"}) {
        if (random() % 4 > 0) pairs.emplace_back(name, values[random() % std::size(values)]);
      }
      const LabelSet& labels = sets.emplace_back(LabelSet::FromPairs(pairs));
      std::string wanted_html;
      JsonWriter(&wanted_html).Labels(labels);
      std::string found_html;
      html.Append(labels, &found_html);
      REQUIRE(found_html == wanted_html);
      std::string wanted_plain;
      JsonWriter(&wanted_plain).PlainLabels(labels);
      std::string found_plain;
      plain.Append(labels, &found_plain);
      REQUIRE(found_plain == wanted_plain);
    }
  }
}

}  // namespace
}  // namespace varve::server

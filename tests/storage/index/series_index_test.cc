#include "storage/index/series_index.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>
#include "storage/index/series_index_writer.h"

namespace varve::storage {
namespace {

struct Built {
  std::vector<LabelSet> series;  // by id
  SeriesIndexBytes bytes;
  std::unique_ptr<SeriesIndex> index;
};

Built Build(std::vector<LabelSet> series) {
  std::sort(series.begin(), series.end());
  series.erase(std::unique(series.begin(), series.end()), series.end());
  Built built;
  built.series = std::move(series);
  SeriesIndexWriter writer;
  for (uint32_t id = 0; id < built.series.size(); ++id) {
    REQUIRE(writer.Add(built.series[id]).value() == id);
  }
  built.bytes = writer.Finish().value();
  built.index =
      SeriesIndex::Open({built.bytes.labels, built.bytes.series, built.bytes.postings}).value();
  return built;
}

std::string Pick(std::mt19937_64* random, std::initializer_list<const char*> choices) {
  return *(choices.begin() + (*random)() % choices.size());
}

LabelSet RandomLabels(std::mt19937_64* random) {
  std::vector<std::pair<std::string, std::string>> labels;
  const auto add = [&](const char* name, std::string value) { labels.emplace_back(name, value); };
  if ((*random)() % 10 != 0) add("__name__", Pick(random, {"up", "rate", "go_gc", "go_threads"}));
  add("instance", "host-" + std::to_string((*random)() % 90));
  if ((*random)() % 2 == 0) add("job", Pick(random, {"a", "b", "ab", "abc", "a|b", "x\ny"}));
  if ((*random)() % 3 == 0) add("Zone", Pick(random, {"eu-1", "eu-2", "us-1"}));
  if ((*random)() % 5 == 0) add("le", std::to_string((*random)() % 100));
  std::vector<std::pair<std::string_view, std::string_view>> views(labels.begin(), labels.end());
  return LabelSet::FromPairs(views);
}

std::vector<Matcher> RandomMatchers(std::mt19937_64* random) {
  static const MatchType kTypes[] = {MatchType::kEqual, MatchType::kNotEqual, MatchType::kRegex,
                                     MatchType::kNotRegex};
  std::vector<Matcher> matchers;
  for (size_t i = 0, count = (*random)() % 4; i < count; ++i) {
    const std::string name = Pick(random, {"__name__", "instance", "job", "Zone", "le", "absent"});
    const std::string value = Pick(random, {"",
                                            "up",
                                            "a",
                                            "b",
                                            ".*",
                                            ".+",
                                            "a|b",
                                            "a|",
                                            "(?:host-1|host-2)",
                                            "host-1.*",
                                            "host-[0-9]",
                                            "go_.*",
                                            "eu-.",
                                            "x.y",
                                            "a\\|b",
                                            "[0-9]?",
                                            "(up|rate)?",
                                            "1.?",
                                            "hos(t-1|t-2)",
                                            "nothing"});
    matchers.push_back(Matcher::Create(kTypes[(*random)() % 4], name, value).value());
  }
  return matchers;
}

std::string Describe(const std::vector<Matcher>& matchers) {
  std::string text;
  for (const Matcher& matcher : matchers) StrAppend(&text, matcher.ToString(), " ");
  return text;
}

double MicrosecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
      .count();
}

TEST_SUITE("storage/index/series_index") {
  TEST_CASE("labels and matches equal those of a scan over all label sets") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (const size_t count : {0u, 1u, 31u, 33u, 1500u}) {
      std::vector<LabelSet> series;
      for (size_t i = 0; i < count; ++i) series.push_back(RandomLabels(&random));
      if (count > 1) series.push_back(LabelSet());
      const Built built = Build(std::move(series));
      REQUIRE(built.index->series_count() == built.series.size());
      CHECK(built.index->Verify().ToString() == "OK");

      for (int i = 0; i < 400; ++i) {
        const std::vector<Matcher> matchers = RandomMatchers(&random);
        INFO("matchers ", Describe(matchers));
        IdList expected;
        std::set<std::string> names;
        // Of names with few values, with many, and of one that no series has.
        std::map<std::string, std::set<std::string>> values = {
            {"job", {}}, {"instance", {}}, {"le", {}}, {"absent", {}}};
        for (uint32_t id = 0; id < built.series.size(); ++id) {
          if (!MatchesAll(matchers, built.series[id])) continue;
          expected.push_back(id);
          for (const LabelView& label : built.series[id]) {
            names.emplace(label.name);
            const auto of_name = values.find(std::string(label.name));
            if (of_name != values.end()) of_name->second.emplace(label.value);
          }
        }
        const IdList ids = built.index->Match(matchers).value();
        REQUIRE(ids == expected);
        const std::vector<std::string> all_names(names.begin(), names.end());
        CHECK(built.index->LabelNames(ids).value() == all_names);
        CHECK(built.index->LabelNames(matchers).value() == all_names);
        for (const auto& [name, texts] : values) {
          const std::vector<std::string> all_values(texts.begin(), texts.end());
          CHECK(built.index->LabelValues(name, ids).value() == all_values);
          CHECK(built.index->LabelValues(name, matchers).value() == all_values);
        }
        if (built.series.empty()) continue;
        const uint32_t id = static_cast<uint32_t>(random() % built.series.size());
        CHECK(built.index->Labels(id).value() == built.series[id]);
      }
      SeriesCursor cursor(built.index.get());
      for (uint32_t id = 0; id < built.series.size(); id += 1 + random() % 3) {
        REQUIRE(cursor.Seek(id).ok());
        LabelSetBuilder builder;
        REQUIRE(cursor.AppendLabels(&builder).ok());
        CHECK(builder.Build() == built.series[id]);
      }
      SeriesCursor packing(built.index.get());
      std::string packed;
      std::string wanted;
      for (uint32_t id = 0; id < built.series.size(); id += 1 + random() % 3) {
        REQUIRE(packing.Seek(id).ok());
        REQUIRE(packing.AppendPacked(&packed).ok());
        wanted += built.series[id].packed();
      }
      CHECK(packed == wanted);
    }
  }

  TEST_CASE("what many series have in common is told from few lists") {
    std::vector<LabelSet> series;
    for (int pod = 0; pod < 3000; ++pod) {
      const std::string name = "pod-" + std::to_string(pod);
      const std::string space = "ns-" + std::to_string(pod % 20);
      for (const char* const metric : {"cpu", "memory"}) {
        series.push_back({{"__name__", metric}, {"job", "a"}, {"pod", name}, {"space", space}});
      }
      if (pod % 100 == 0) series.push_back({{"__name__", "up"}, {"job", "b"}, {"pod", name}});
    }
    const Built built = Build(std::move(series));
    const auto values = [&](std::string_view name, const std::vector<Matcher>& matchers) {
      return built.index->LabelValues(name, matchers).value();
    };
    const auto regex = [](const char* name, const char* value) {
      return Matcher::Create(MatchType::kRegex, name, value).value();
    };
    using Texts = std::vector<std::string>;
    CHECK(values("__name__", {Matcher::Equal("job", "a")}) == Texts{"cpu", "memory"});
    CHECK(values("__name__", {Matcher::Equal("job", "b")}) == Texts{"up"});
    CHECK(values("__name__", {Matcher::NotEqual("space", "ns-3"), Matcher::Equal("job", "a")}) ==
          Texts{"cpu", "memory"});
    CHECK(values("__name__", {regex("pod", "pod-.*7")}) == Texts{"cpu", "memory"});
    CHECK(values("__name__", {regex("pod", ".*00")}) == Texts{"cpu", "memory", "up"});
    CHECK(values("pod", {Matcher::Equal("__name__", "cpu")}).size() == 3000);
    CHECK(values("pod", {Matcher::Equal("__name__", "up")}).size() == 30);
    CHECK(values("pod", {Matcher::Equal("space", "ns-7")}).size() == 150);
    CHECK(values("space", {regex("pod", "pod-1?")}) == Texts{"ns-1"});
    CHECK(values("job", {Matcher::Equal("space", "")}) == Texts{"b"});
    CHECK(values("space", {Matcher::Equal("job", "b")}).empty());
    CHECK(built.index->LabelNames(std::vector<Matcher>{Matcher::Equal("job", "a")}).value() ==
          Texts{"__name__", "job", "pod", "space"});
    CHECK(built.index->LabelNames(std::vector<Matcher>{Matcher::Equal("job", "b")}).value() ==
          Texts{"__name__", "job", "pod"});
  }

  TEST_CASE("an expression is answered within each set of bounds, and again from memory") {
    std::vector<LabelSet> series;
    for (int host = 0; host < 400; ++host) {
      const std::string name = "host-" + std::to_string(host);
      for (const char* const metric : {"a", "b", "c"}) {
        series.push_back({{"__name__", metric}, {"host", name}});
      }
    }
    const Built built = Build(std::move(series));
    for (const MatchType type : {MatchType::kRegex, MatchType::kNotRegex}) {
      for (const char* const expression : {"host-1?[0-9]", ".*[0-8]", ".*(3|7).*", "x.+"}) {
        for (int again = 0; again < 2; ++again) {
          for (const char* const metric : {"a", "b", "c", ""}) {
            std::vector<Matcher> matchers = {Matcher::Create(type, "host", expression).value()};
            if (*metric != 0) matchers.push_back(Matcher::Equal("__name__", metric));
            INFO("matchers ", Describe(matchers));
            IdList expected;
            for (uint32_t id = 0; id < built.series.size(); ++id) {
              if (MatchesAll(matchers, built.series[id])) expected.push_back(id);
            }
            CHECK(built.index->Match(matchers).value() == expected);
          }
        }
      }
    }
  }

  TEST_CASE("a series may have more labels than the bit mask of changed values holds") {
    std::vector<LabelSet> series;
    for (int i = 0; i < 50; ++i) {
      std::vector<std::pair<std::string, std::string>> labels;
      for (int k = 0; k < 60 + i % 6; ++k) {
        labels.emplace_back("label_" + std::to_string(k), std::to_string(i * k % 7));
      }
      labels.emplace_back("id", std::to_string(i));
      std::vector<std::pair<std::string_view, std::string_view>> views(labels.begin(),
                                                                       labels.end());
      series.push_back(LabelSet::FromPairs(views));
    }
    const Built built = Build(std::move(series));
    CHECK(built.index->Verify().ok());
    for (uint32_t id = 0; id < built.series.size(); ++id) {
      CHECK(built.index->Labels(id).value() == built.series[id]);
    }
  }

  TEST_CASE("label sets out of order are refused") {
    SeriesIndexWriter writer;
    REQUIRE(writer.Add(LabelSet{{"a", "2"}}).ok());
    CHECK(absl::IsInvalidArgument(writer.Add(LabelSet{{"a", "2"}}).status()));
    CHECK(absl::IsInvalidArgument(writer.Add(LabelSet{{"a", "1"}}).status()));
  }

  TEST_CASE("a flipped bit anywhere gives an error or an answer, and never a crash") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    std::vector<LabelSet> series;
    for (int i = 0; i < 70; ++i) series.push_back(RandomLabels(&random));
    const Built built = Build(std::move(series));
    const std::vector<Matcher> matchers = {
        Matcher::Create(MatchType::kRegex, "instance", "host-.*").value(),
        Matcher::Create(MatchType::kNotRegex, "job", "a.+").value()};
    for (int which = 0; which < 3; ++which) {
      SeriesIndexBytes bytes = built.bytes;
      std::string& section = which == 0 ? bytes.labels : which == 1 ? bytes.series : bytes.postings;
      for (size_t byte = 0; byte < section.size(); ++byte) {
        const char old = section[byte];
        section[byte] = static_cast<char>(old ^ (1 << random() % 8));
        const auto index = SeriesIndex::Open({bytes.labels, bytes.series, bytes.postings});
        if (index.ok()) {
          const auto ids = (*index)->Match(matchers);
          if (ids.ok()) {
            for (const uint32_t id : *ids) {
              CHECK(id < (*index)->series_count());
              (*index)->Labels(id).IgnoreError();
            }
          }
          (*index)->LabelNames(matchers).IgnoreError();
          (*index)->LabelValues("instance", matchers).IgnoreError();
          (*index)->Verify().IgnoreError();
        }
        section[byte] = old;
      }
    }
  }

  TEST_CASE("an index of 100,000 series is small and answers fast") {
    std::vector<LabelSet> series;
    for (int metric = 0; metric < 300; ++metric) {
      for (int host = 0; host < 334; ++host) {
        const std::string name = "node_metric_" + std::to_string(metric) + "_total";
        const std::string instance =
            "10.0." + std::to_string(host / 100) + "." + std::to_string(host % 100) + ":9100";
        series.push_back(LabelSet{{"__name__", name},
                                  {"cluster", host % 2 == 0 ? "eu" : "us"},
                                  {"device", metric % 3 == 0 ? "sda" : "eth0"},
                                  {"instance", instance},
                                  {"job", "node"},
                                  {"mode", metric % 7 == 0 ? "idle" : "user"}});
      }
    }
    auto start = std::chrono::steady_clock::now();
    const Built built = Build(std::move(series));
    const double build_us = MicrosecondsSince(start);
    const double count = static_cast<double>(built.series.size());
    MESSAGE("build ", build_us / count, " us per series; bytes per series: labels ",
            static_cast<double>(built.bytes.labels.size()) / count, ", series ",
            static_cast<double>(built.bytes.series.size()) / count, ", postings ",
            static_cast<double>(built.bytes.postings.size()) / count);

    start = std::chrono::steady_clock::now();
    const auto opened =
        SeriesIndex::Open({built.bytes.labels, built.bytes.series, built.bytes.postings}).value();
    MESSAGE("open ", MicrosecondsSince(start), " us");
    const auto timed = [&](const std::vector<Matcher>& matchers) {
      start = std::chrono::steady_clock::now();
      const size_t found = opened->Match(matchers).value().size();
      MESSAGE(Describe(matchers), "-> ", found, " in ", MicrosecondsSince(start), " us");
      return found;
    };
    CHECK(timed({Matcher::Equal("__name__", "node_metric_7_total")}) == 334);
    CHECK(timed({Matcher::Equal("instance", "10.0.1.5:9100"),
                 Matcher::Equal("__name__", "node_metric_7_total")}) == 1);
    CHECK(timed({Matcher::NotEqual("job", "")}) == built.series.size());
    CHECK(timed({Matcher::Create(MatchType::kRegex, "instance", ".*5:9100").value()}) > 0);
    CHECK(timed({Matcher::Create(MatchType::kRegex, "instance", ".*5:9100").value()}) > 0);
    start = std::chrono::steady_clock::now();
    SeriesCursor cursor(opened.get());
    size_t bytes = 0;
    for (uint32_t id = 0; id < built.series.size(); ++id) {
      REQUIRE(cursor.Seek(id).ok());
      LabelSetBuilder builder;
      REQUIRE(cursor.AppendLabels(&builder).ok());
      bytes += builder.Build().packed().size();
    }
    MESSAGE("all labels ", MicrosecondsSince(start) / count, " us per series");
    CHECK(bytes > 0);
  }
}
}  // namespace
}  // namespace varve::storage

#include "storage/metrics/metric_part.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <map>
#include <random>
#include <thread>

#include <doctest/doctest.h>
#include "storage/io/simulated_file_system.h"
#include "storage/metrics/metric_part_inspect.h"
#include "storage/metrics/metric_part_reader.h"
#include "storage/metrics/metric_part_writer.h"

namespace varve::storage {
namespace {

constexpr char kPath[] = "parts/metrics.part";
constexpr int64_t kStartMs = 1'767'225'600'000;

struct Series {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};
using Model = std::map<LabelSet, Series>;

MetricPartInfo Write(FileSystem* files, const Model& model, const MetricPartOptions& options = {}) {
  REQUIRE(files->CreateDirectory("parts").ok());
  auto writer = MetricPartWriter::Open(files, kPath, options).value();
  for (const auto& [labels, series] : model) {
    REQUIRE(writer->AddSeries(labels, series.timestamps_ms, series.values).ToString() == "OK");
  }
  return writer->Finish().value();
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
  });
}

Series Clip(const Series& series, TimeRange range_ms) {
  Series clipped;
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (!range_ms.Contains(series.timestamps_ms[i])) continue;
    clipped.timestamps_ms.push_back(series.timestamps_ms[i]);
    clipped.values.push_back(series.values[i]);
  }
  return clipped;
}

std::vector<double> RandomValues(std::mt19937_64* random, size_t count) {
  std::vector<double> values;
  const uint64_t kind = (*random)() % 5;
  double value = static_cast<double>((*random)() % 1000);
  for (size_t i = 0; i < count; ++i) {
    switch (kind) {
      case 0:
        break;
      case 1:
        value += static_cast<double>((*random)() % 50);
        break;
      case 2:
        value = static_cast<double>((*random)() % 10000) / 100;
        break;
      case 3:
        value = std::bit_cast<double>((*random)());
        break;
      default:
        value = i % 97 == 0 ? std::bit_cast<double>(0x7ff0000000000002) : -0.0;
    }
    values.push_back(value);
  }
  return values;
}

// Series on shared grids, on parts of them, with gaps of their own, and on their own.
Model RandomModel(std::mt19937_64* random, size_t series_count, size_t samples_max) {
  std::vector<std::vector<int64_t>> grids(4);
  for (auto& grid : grids) {
    int64_t t = kStartMs + static_cast<int64_t>((*random)() % 15000);
    const size_t samples = 1 + (*random)() % samples_max;
    for (size_t i = 0; i < samples; ++i) {
      grid.push_back(t);
      t += 15000 + static_cast<int64_t>((*random)() % 4);
    }
  }
  Model model;
  for (size_t i = 0; i < series_count; ++i) {
    Series series;
    series.timestamps_ms = grids[(*random)() % grids.size()];
    auto& times = series.timestamps_ms;
    const size_t cut = (*random)() % times.size();
    switch ((*random)() % 6) {
      case 0:
        times.resize(cut + 1);
        break;
      case 1:
        times.erase(times.begin(), times.begin() + static_cast<ptrdiff_t>(cut));
        break;
      case 2:
        times.erase(times.begin() + static_cast<ptrdiff_t>(cut));
        if (times.empty()) times.push_back(-5);
        break;
      case 3:
        for (int64_t& t : times) t += static_cast<int64_t>(i);
        break;
      default:
        break;
    }
    series.values = RandomValues(random, times.size());
    const std::string metric = "metric_" + std::to_string(i % 13);
    const std::string instance = "host-" + std::to_string(i);
    model[LabelSet{{"__name__", metric}, {"instance", instance}, {"job", "node"}}] = series;
  }
  return model;
}

TEST_SUITE("storage/metrics/metric_part") {
  TEST_CASE("a reader gives what single reads give, in any order of series and ranges") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    SimulatedFileSystem files;
    const Model model = RandomModel(&random, 300, 500);
    // Small groups, so that a reader leaves them.
    MetricPartOptions options;
    Write(&files, model, options);
    const auto part = MetricPart::Open(&files, kPath).value();
    MetricPartReader reader(part.get());
    TimeRange range_ms = TimeRange::All();
    for (int i = 0; i < 3000; ++i) {
      if (random() % 50 == 0) {
        const int64_t begin_ms = kStartMs + static_cast<int64_t>(random() % 4'000'000);
        range_ms = {begin_ms, begin_ms + static_cast<int64_t>(random() % 4'000'000)};
      }
      const auto id = static_cast<uint32_t>(i % 3 == 0 ? random() % model.size()
                                                       : static_cast<size_t>(i) % model.size());
      TimestampColumn wanted_ms;
      std::vector<double> wanted;
      REQUIRE(part->Read(id, range_ms, &wanted_ms, &wanted).ok());
      TimestampColumn found_ms;
      std::vector<double> found = {1, 2, 3};
      REQUIRE(reader.Read(id, range_ms, &found_ms, &found).ok());
      REQUIRE(found_ms == wanted_ms);  // the same column, not only an equal one
      REQUIRE(SameBits(found, wanted));
    }
    TimestampColumn timestamps_ms;
    std::vector<double> values;
    CHECK(absl::IsDataLoss(reader.Read(part->series_count(), range_ms, &timestamps_ms, &values)));
    CHECK(reader.Read(0, TimeRange::All(), &timestamps_ms, &values).ok());
  }

  TEST_CASE("matches, labels and samples of any range equal those that were written") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (const uint32_t chunk_samples_max : {1u, 7u, 100u, kChunkSamplesMax}) {
      SimulatedFileSystem files;
      const Model model = RandomModel(&random, 120, chunk_samples_max == 1 ? 20 : 700);
      const MetricPartInfo info = Write(&files, model,
                                        {.part_id = 9,
                                         .level = 1,
                                         .partition_day = 20454,
                                         .chunk_samples_max = chunk_samples_max,
                                         .compress_high = random() % 2 == 0});
      CHECK(VerifyMetricPart(&files, kPath).ToString() == "OK");
      const auto part = MetricPart::Open(&files, kPath).value();
      CHECK(part->info() == info.metadata);
      CHECK(part->info().series_count == model.size());

      uint32_t id = 0;
      MetricPartScanner scanner(part);
      for (const auto& [labels, series] : model) {
        CHECK(part->Labels(id).value() == labels);
        REQUIRE(scanner.Next().value());
        CHECK(scanner.labels() == labels.view());
        CHECK(*scanner.timestamps_ms() == series.timestamps_ms);
        CHECK(SameBits(scanner.values(), series.values));
        for (int i = 0; i < 4; ++i) {
          const int64_t begin = kStartMs + static_cast<int64_t>(random() % 12'000'000) - 100'000;
          const TimeRange range_ms = {begin, begin + static_cast<int64_t>(random() % 6'000'000)};
          const Series expected = Clip(series, range_ms);
          TimestampColumn timestamps_ms;
          std::vector<double> values;
          REQUIRE(part->Read(id, range_ms, &timestamps_ms, &values).ok());
          CHECK(*timestamps_ms == expected.timestamps_ms);
          CHECK(SameBits(values, expected.values));
        }
        ++id;
      }
      CHECK_FALSE(scanner.Next().value());
      const IdList ids = part->Match({Matcher::Equal("__name__", "metric_3")}).value();
      CHECK(ids.size() == 9);
      for (const uint32_t match : ids) {
        CHECK(part->Labels(match).value().metric_name() == "metric_3");
      }
    }
  }

  TEST_CASE("series with the same timestamps are given the same pointer for the same range") {
    SimulatedFileSystem files;
    Model model;
    Series series;
    for (int i = 0; i < 500; ++i) {
      series.timestamps_ms.push_back(kStartMs + i * 15000 + i % 3);
      series.values.push_back(i);
    }
    for (const char* name : {"a", "b", "c"}) model[LabelSet{{"__name__", name}}] = series;
    Series later = series;
    later.timestamps_ms.erase(later.timestamps_ms.begin(), later.timestamps_ms.begin() + 100);
    later.values.resize(400);
    model[LabelSet{{"__name__", "d"}}] = later;
    const MetricPartInfo info = Write(&files, model);
    CHECK(info.column_count == 1);
    const auto part = MetricPart::Open(&files, kPath).value();

    const TimeRange middle = {kStartMs + 200 * 15000, kStartMs + 300 * 15000};
    std::vector<TimestampColumn> whole(4);
    std::vector<TimestampColumn> sub(4);
    std::vector<double> values;
    for (uint32_t id = 0; id < 4; ++id) {
      REQUIRE(part->Read(id, TimeRange::All(), &whole[id], &values).ok());
      REQUIRE(part->Read(id, middle, &sub[id], &values).ok());
      CHECK(values.size() == 100);
    }
    CHECK(whole[0] == whole[1]);
    CHECK(whole[0] == whole[2]);
    CHECK(whole[3]->size() == 400);
    for (uint32_t id = 1; id < 4; ++id) CHECK(sub[id] == sub[0]);
  }

  TEST_CASE("the first and the last instant of time come back") {
    SimulatedFileSystem files;
    const int64_t min = std::numeric_limits<int64_t>::min();
    const int64_t max = std::numeric_limits<int64_t>::max();
    const Model model = {{LabelSet{{"a", "1"}}, {{min, 0, max}, {1, 2, 3}}},
                         {LabelSet{{"a", "2"}}, {{max}, {4}}}};
    Write(&files, model);
    CHECK(VerifyMetricPart(&files, kPath).ToString() == "OK");
    MetricPartScanner scanner(MetricPart::Open(&files, kPath).value());
    for (const auto& [labels, series] : model) {
      REQUIRE(scanner.Next().value());
      CHECK(*scanner.timestamps_ms() == series.timestamps_ms);
      CHECK(scanner.values() == series.values);
    }
  }

  TEST_CASE("the chunks of all series are counted") {
    SimulatedFileSystem files;
    Model model;
    for (size_t samples : {1u, 10u, 11u, 35u}) {
      Series& series = model[LabelSet{{"n", std::to_string(samples)}}];
      for (size_t i = 0; i < samples; ++i) {
        series.timestamps_ms.push_back(kStartMs + static_cast<int64_t>(i));
        series.values.push_back(1);
      }
    }
    Write(&files, model, {.chunk_samples_max = 10});
    const auto part = MetricPart::Open(&files, kPath).value();
    CHECK(part->ChunkCount().value() == 1 + 1 + 2 + 4);
    CHECK(part->ChunkCount().value() == 8);
  }

  TEST_CASE("a part without series opens and matches nothing") {
    SimulatedFileSystem files;
    Write(&files, {});
    const auto part = MetricPart::Open(&files, kPath).value();
    CHECK(part->Match({}).value().empty());
    CHECK(VerifyMetricPart(&files, kPath).ToString() == "OK");
  }

  TEST_CASE("series that cannot be stored are refused") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("parts").ok());
    auto writer = MetricPartWriter::Open(&files, kPath, {}).value();
    const LabelSet labels{{"a", "b"}};
    const std::vector<int64_t> times = {1, 1};
    const std::vector<double> values = {1, 2};
    CHECK(absl::IsInvalidArgument(writer->AddSeries(labels, times, values)));
    CHECK(absl::IsInvalidArgument(writer->AddSeries(labels, {}, {})));
    CHECK(absl::IsInvalidArgument(writer->AddSeries(labels, {times.data(), 1}, values)));
    CHECK(absl::IsInvalidArgument(
        MetricPartWriter::Open(&files, "other", {.chunk_samples_max = 0}).status()));
  }

  TEST_CASE("threads may read one part together") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    SimulatedFileSystem files;
    const Model model = RandomModel(&random, 60, 500);
    Write(&files, model);
    const auto part = MetricPart::Open(&files, kPath).value();
    std::vector<std::thread> threads;
    std::vector<size_t> differences(4, 0);
    for (size_t worker = 0; worker < differences.size(); ++worker) {
      threads.emplace_back([&, worker] {
        uint32_t id = 0;
        for (const auto& [labels, series] : model) {
          TimestampColumn timestamps_ms;
          std::vector<double> values;
          if (!part->Read(id++, TimeRange::All(), &timestamps_ms, &values).ok() ||
              *timestamps_ms != series.timestamps_ms || !SameBits(values, series.values) ||
              part->Match({Matcher::Equal("job", "node")}).value().size() != model.size()) {
            ++differences[worker];
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(differences == std::vector<size_t>(4, 0));
  }

  TEST_CASE("the directory and the index of a scraped part take a few bytes per series") {
    // 96 targets with 100 metrics each, 3 h at 15 s: the shape of design, section 8, a third of its
    // size. Values are cheap, so that what is left is overhead.
    SimulatedFileSystem files;
    Model model;
    std::mt19937_64 random(1);
    std::vector<std::vector<int64_t>> grids(96);
    for (size_t host = 0; host < grids.size(); ++host) {
      for (int i = 0; i < 720; ++i) {
        grids[host].push_back(kStartMs + static_cast<int64_t>(host) * 150 + i * 15000 +
                              static_cast<int64_t>(random() % 3));
      }
    }
    for (size_t host = 0; host < grids.size(); ++host) {
      for (int metric = 0; metric < 100; ++metric) {
        const LabelSet labels{{"__name__", "node_metric_" + std::to_string(metric) + "_total"},
                              {"instance", "10.0.0." + std::to_string(host) + ":9100"},
                              {"job", "node"},
                              {"mode", metric % 3 == 0 ? "idle" : "user"}};
        Series& series = model[labels];
        series.timestamps_ms = grids[host];
        double value = metric;
        for (size_t i = 0; i < 720; ++i) {
          value += i % 10 == 0 ? static_cast<double>(random() % 100) : 0;
          series.values.push_back(value);
        }
      }
    }
    const auto start = std::chrono::steady_clock::now();
    Write(&files, model);
    const auto written = std::chrono::steady_clock::now();
    const MetricPartReport report = InspectMetricPart(&files, kPath).value();
    MESSAGE(FormatReport(report));
    CHECK(report.columns == 96);
    uint64_t overhead = 0;
    for (const SectionInfo& section : report.sections) {
      if (section.id != SectionId::kMetricData) overhead += section.length;
    }
    CHECK(overhead < 10 * model.size());

    const auto part = MetricPart::Open(&files, kPath).value();
    const auto opened = std::chrono::steady_clock::now();
    double sum = 0;
    for (uint32_t id = 0; id < part->series_count(); ++id) {
      TimestampColumn timestamps_ms;
      std::vector<double> values;
      REQUIRE(part->Read(id, {kStartMs + 3'600'000, kStartMs + 7'200'000}, &timestamps_ms, &values)
                  .ok());
      sum += values.back();
    }
    const auto read = std::chrono::steady_clock::now();
    const auto microseconds = [](auto from, auto to) {
      return std::chrono::duration<double, std::micro>(to - from).count();
    };
    const double count = static_cast<double>(model.size());
    MESSAGE("write ", microseconds(start, written) / count, " us, read of one hour ",
            microseconds(opened, read) / count, " us per series of 720");
    CHECK(sum > 0);
  }
}
}  // namespace
}  // namespace varve::storage

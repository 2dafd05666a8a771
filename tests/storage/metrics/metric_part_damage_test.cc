#include <bit>
#include <cmath>
#include <random>

#include <doctest/doctest.h>
#include "storage/io/simulated_file_system.h"
#include "storage/metrics/metric_part.h"
#include "storage/metrics/metric_part_inspect.h"
#include "storage/metrics/metric_part_writer.h"

namespace varve::storage {
namespace {

constexpr char kPath[] = "parts/metrics.part";

struct Series {
  LabelSet labels;
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};

std::vector<Series> WriteSmallPart(FileSystem* files, size_t samples) {
  std::vector<Series> all;
  for (int i = 0; i < 5; ++i) {
    Series series;
    series.labels = LabelSet{{"__name__", i < 3 ? "up" : "load"}, {"instance", std::to_string(i)}};
    for (size_t k = 0; k < samples; ++k) {
      series.timestamps_ms.push_back(1000 * static_cast<int64_t>(k) + (i % 2));
      series.values.push_back(std::sin(static_cast<double>(k * 7 + static_cast<size_t>(i))));
    }
    all.push_back(std::move(series));
  }
  std::sort(all.begin(), all.end(),
            [](const Series& a, const Series& b) { return a.labels < b.labels; });
  REQUIRE(files->CreateDirectory("parts").ok());
  auto writer = MetricPartWriter::Open(files, kPath, {.part_id = 1}).value();
  for (const Series& series : all) {
    REQUIRE(writer->AddSeries(series.labels, series.timestamps_ms, series.values).ok());
  }
  REQUIRE(writer->Finish().ok());
  return all;
}

// The first error of reading everything through a part; REQUIREs that what is read is right.
absl::Status ReadAll(FileSystem* files, const std::vector<Series>& all, size_t* series_read) {
  const auto part = MetricPart::Open(files, kPath);
  if (!part.ok()) return part.status();
  absl::Status first_error;
  for (uint32_t id = 0; id < all.size(); ++id) {
    TimestampColumn timestamps_ms;
    std::vector<double> values;
    const absl::Status status = (*part)->Read(id, TimeRange::All(), &timestamps_ms, &values);
    const auto labels = (*part)->Labels(id);
    if (!labels.ok()) return labels.status();
    REQUIRE(*labels == all[id].labels);
    if (!status.ok()) {
      if (first_error.ok()) first_error = status;
      continue;
    }
    REQUIRE(*timestamps_ms == all[id].timestamps_ms);
    REQUIRE(values == all[id].values);
    ++*series_read;
  }
  const auto matched = (*part)->Match({Matcher::Equal("__name__", "up")});
  if (!matched.ok()) return matched.status();
  REQUIRE(matched->size() == 3);
  return first_error;
}

TEST_SUITE("storage/metrics/metric_part_damage") {
  TEST_CASE("a flipped bit at every byte of a part is detected by who reads everything") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    SimulatedFileSystem files;
    const std::vector<Series> all = WriteSmallPart(&files, 20);
    size_t series_read = 0;
    REQUIRE(ReadAll(&files, all, &series_read).ToString() == "OK");
    const uint64_t size = files.FileSize(kPath).value();
    for (uint64_t offset = 0; offset < size; ++offset) {
      INFO("offset ", offset);
      const int bit = static_cast<int>(random() % 8);
      files.FlipBit(kPath, offset, bit);
      CHECK(absl::IsDataLoss(ReadAll(&files, all, &series_read)));
      CHECK(absl::IsDataLoss(VerifyMetricPart(&files, kPath)));
      files.FlipBit(kPath, offset, bit);
    }
  }

  TEST_CASE("a part cut short at any length is detected") {
    SimulatedFileSystem files;
    const std::vector<Series> all = WriteSmallPart(&files, 20);
    const std::string content = files.Content(kPath);
    for (size_t length = 0; length < content.size(); ++length) {
      files.SetContent(kPath, content.substr(0, length));
      size_t series_read = 0;
      CHECK(absl::IsDataLoss(ReadAll(&files, all, &series_read)));
      CHECK(series_read == 0);
    }
  }

  TEST_CASE("a damaged group of chunks costs its series and no other") {
    SimulatedFileSystem files;
    // More than one group: 5 series of 4,000 values that no codec makes small.
    const std::vector<Series> all = WriteSmallPart(&files, 4000);
    const auto part = MetricPart::Open(&files, kPath).value();
    const MetricPartDirectory& directory = *part->Directory().value();
    REQUIRE(directory.group_count() > 1);
    const GroupEntry group = directory.Group(0).value();
    const uint64_t data = part->file().FindSection(SectionId::kMetricData)->offset;
    files.FlipBit(kPath, data + group.offset + group.stored_bytes / 2, 3);
    size_t series_read = 0;
    const absl::Status status = ReadAll(&files, all, &series_read);
    CHECK(absl::IsDataLoss(status));
    CHECK(ToStd(status.message()).find(kPath) != std::string_view::npos);
    CHECK(ToStd(status.message()).find(StrCat(data + group.offset)) != std::string_view::npos);
    CHECK(series_read > 0);
    CHECK(series_read < all.size());

    // A scan reports each and goes on.
    MetricPartScanner scanner(MetricPart::Open(&files, kPath).value());
    size_t intact = 0;
    size_t damaged = 0;
    for (;;) {
      const auto more = scanner.Next();
      if (!more.ok()) {
        ++damaged;
      } else if (*more) {
        ++intact;
      } else {
        break;
      }
    }
    CHECK(intact == series_read);
    CHECK(intact + damaged == all.size());
  }

  TEST_CASE("an error of the disk is passed on as it is and does not stick") {
    SimulatedFileSystem files;
    const std::vector<Series> all = WriteSmallPart(&files, 20);
    const auto part = MetricPart::Open(&files, kPath).value();
    REQUIRE(part->Labels(0).ok());
    REQUIRE(part->Directory().ok());
    files.InjectFault({FileOperation::kRead, 1, 1, false, 0, ""});
    TimestampColumn timestamps_ms;
    std::vector<double> values;
    CHECK(absl::IsUnavailable(part->Read(0, TimeRange::All(), &timestamps_ms, &values)));
    CHECK(part->Read(0, TimeRange::All(), &timestamps_ms, &values).ok());
    CHECK(values == all[0].values);
  }
}
}  // namespace
}  // namespace varve::storage

#include "tools/prometheus_block/block_source.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/tools/prometheus_block/block_writer.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;
using storage::FileSystem;

class Folder {
 public:
  Folder() {
    char pattern[] = "/tmp/varve-block-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

SeriesSamples Counter(const std::string& job, size_t count) {
  SeriesSamples series;
  series.labels = storage::LabelSet{{"__name__", "requests_total"}, {"job", job}};
  for (size_t i = 0; i < count; ++i) {
    series.floats.push_back({static_cast<int64_t>(i) * 15'000, static_cast<double>(i * i)});
  }
  return series;
}

SeriesSamples NativeHistogram() {
  SeriesSamples series;
  series.labels = storage::LabelSet{{"__name__", "seconds"}};
  for (int i = 0; i < 3; ++i) {
    storage::HistogramSample& sample = series.histograms.emplace_back();
    sample.timestamp_ms = i * 1000;
    sample.histogram.schema = 3;
    sample.histogram.count = 3 + i;
    sample.histogram.sum = 0.5 * i;
    sample.histogram.positive_spans = {{2, 2}};
    sample.histogram.positive_counts = {1, 2.0 + i};
  }
  return series;
}

std::vector<SeriesSamples> ReadAll(const std::string& path) {
  auto source = BlockSource::Open(FileSystem::Posix(), path);
  INFO(source.status().ToString());
  REQUIRE(source.ok());
  std::vector<SeriesSamples> series;
  double progress = 0;
  while (true) {
    SeriesSamples samples;
    const absl::StatusOr<bool> more = (*source)->Next(&samples);
    INFO(more.status().ToString());
    REQUIRE(more.ok());
    CHECK((*source)->progress() >= progress);
    progress = (*source)->progress();
    if (!*more) break;
    series.push_back(std::move(samples));
  }
  CHECK(progress == 1);
  return series;
}

absl::Status ErrorOf(const std::string& path) {
  auto source = BlockSource::Open(FileSystem::Posix(), path);
  if (!source.ok()) return source.status();
  SeriesSamples samples;
  while (true) {
    const absl::StatusOr<bool> more = (*source)->Next(&samples);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

void FlipByte(const std::string& path, int64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(offset);
  const auto byte = static_cast<char>(file.get() ^ 0x55);
  file.seekp(offset);
  file.put(byte);
}

TEST_SUITE("tools/prometheus_block/block_source") {
  TEST_CASE("all series of a block are read, in its order, over all their chunks") {
    const Folder folder;
    WriteBlock(folder / "block", {Counter("a", 500), Counter("b", 1), NativeHistogram()}, {}, 120);
    const std::vector<SeriesSamples> series = ReadAll(folder / "block");
    REQUIRE(series.size() == 3);
    CHECK(series[0].labels == Counter("a", 1).labels);
    REQUIRE(series[0].floats.size() == 500);
    CHECK(series[0].floats[499].timestamp_ms == 499 * 15'000);
    CHECK(series[0].floats[499].value == 499 * 499);
    CHECK(series[1].floats.size() == 1);
    REQUIRE(series[2].histograms.size() == 3);
    CHECK(series[2].histograms[2].histogram.positive_counts == std::vector<double>{1, 4});
  }

  TEST_CASE("a data directory is all of its blocks, and nothing of what is being written") {
    const Folder folder;
    WriteBlock(folder / "01JZ8JKZY6XSK3PTDP9ZKRWT60", {Counter("a", 10)}, {}, 120);
    WriteBlock(folder / "01JZ8JKZY6XSK3PTDP9ZKRWT61", {Counter("b", 10)}, {}, 120);
    WriteBlock(folder / "01JZ8JKZY6XSK3PTDP9ZKRWT62.tmp-for-creation", {Counter("c", 1)}, {}, 120);
    fs::create_directory(folder / "wal");
    CHECK(HoldsBlocks(FileSystem::Posix(), folder.path()));
    const std::vector<SeriesSamples> series = ReadAll(folder.path());
    REQUIRE(series.size() == 2);
    CHECK(series[0].labels.Get("job") == "a");
    CHECK(series[1].labels.Get("job") == "b");
  }

  TEST_CASE("deleted samples are not read") {
    const Folder folder;
    WriteBlock(folder / "block", {Counter("a", 10), Counter("b", 10), NativeHistogram()},
               {{0, 15'000, 45'000}, {0, 120'000, 900'000}, {2, 0, 0}}, 4);
    const std::vector<SeriesSamples> series = ReadAll(folder / "block");
    CHECK(series[0].floats.size() == 5);
    CHECK(series[0].floats[1].timestamp_ms == 60'000);
    CHECK(series[1].floats.size() == 10);
    CHECK(series[2].histograms.size() == 2);
  }

  TEST_CASE("damage anywhere is found") {
    const Folder folder;
    WriteBlock(folder / "block", {Counter("a", 100), Counter("b", 100)}, {{0, 1, 2}}, 50);
    for (const char* file : {"index", "chunks/000001", "tombstones"}) {
      const std::string path = folder / "block/" + file;
      const auto size = static_cast<int64_t>(fs::file_size(path));
      for (int64_t offset = 0; offset < size; ++offset) {
        FlipByte(path, offset);
        const absl::Status status = ErrorOf(folder / "block");
        FlipByte(path, offset);
        if (status.ok()) {
          // Only padding, and sections that are not read, may change unseen.
          CHECK(ReadAll(folder / "block").size() == 2);
          continue;
        }
        CHECK((absl::IsDataLoss(status) || absl::IsFailedPrecondition(status) ||
               absl::IsUnimplemented(status)));
      }
    }
    CHECK(ErrorOf(folder / "block").ok());
  }

  TEST_CASE("a place without blocks says so") {
    const Folder folder;
    CHECK_FALSE(HoldsBlocks(FileSystem::Posix(), folder.path()));
    CHECK(absl::IsNotFound(ErrorOf(folder.path())));
    CHECK(absl::IsNotFound(ErrorOf(folder / "nothing")));
  }
}

}  // namespace
}  // namespace varve::tools

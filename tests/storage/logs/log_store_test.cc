// The log engine against a plain model: random appends, flushes and merges; every read must give
// what the model gives.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "storage/io/simulated_file_system.h"
#include "storage/logs/log_head.h"
#include "storage/logs/log_part_merge.h"
#include "storage/logs/log_part_verify.h"
#include "storage/logs/log_selection.h"

namespace varve::storage {
namespace {

struct ModelEntry {
  int64_t timestamp_ns = 0;
  std::string line;
  LabelSet metadata;

  friend bool operator==(const ModelEntry&, const ModelEntry&) = default;
};

// Entries in order of (timestamp, arrival), exact duplicates once.
struct Model {
  std::map<LabelSet, std::vector<ModelEntry>> streams;

  void Add(const LabelSet& labels, const ModelEntry& entry) {
    std::vector<ModelEntry>& entries = streams[labels];
    const auto range = std::equal_range(
        entries.begin(), entries.end(), entry,
        [](const ModelEntry& a, const ModelEntry& b) { return a.timestamp_ns < b.timestamp_ns; });
    if (std::find(range.first, range.second, entry) == range.second) {
      entries.insert(range.second, entry);
    }
  }

  std::vector<ModelEntry> Read(const LabelSet& labels, const LogReadOptions& options) const {
    std::vector<ModelEntry> result;
    for (const ModelEntry& entry : streams.at(labels)) {
      const bool wanted = std::all_of(
          options.must_contain.begin(), options.must_contain.end(),
          [&](const std::string& needle) { return entry.line.find(needle) != std::string::npos; });
      if (wanted && options.range_ns.Contains(entry.timestamp_ns)) result.push_back(entry);
    }
    if (options.direction == Direction::kBackward) std::reverse(result.begin(), result.end());
    return result;
  }
};

class Store {
 public:
  void Append(const LabelSet& labels, const std::vector<ModelEntry>& entries) {
    std::vector<Entry> batch;
    for (const ModelEntry& entry : entries) {
      batch.push_back({entry.timestamp_ns, entry.line, entry.metadata});
    }
    const LogAppendCounts counts = head_.Append(head_.GetOrCreate(labels), batch);
    REQUIRE(counts.accepted == entries.size());
  }

  void BeginFlush() { head_.BeginFlush(); }
  void FinishFlush(bool success) {
    const std::vector<LogStreamSnapshot> streams = head_.FlushSnapshot();
    const std::vector<int32_t> days = DaysOf(streams).value();
    if (success) {
      for (const int32_t day : days) {
        auto writer = LogPartWriter::Create(&files_, NextPath()).value();
        const absl::Status status = WriteLogStreams(streams, DayRangeNs(day), writer.get());
        REQUIRE_MESSAGE(status.ok(), status.ToString());
        parts_.push_back(Publish(writer.get()));
      }
    }
    head_.EndFlush(success);
  }

  void Merge() {
    if (parts_.empty()) return;
    auto writer = LogPartWriter::Create(&files_, NextPath()).value();
    const absl::Status status = MergeLogParts(parts_, writer.get());
    REQUIRE_MESSAGE(status.ok(), status.ToString());
    parts_.assign(1, Publish(writer.get()));
  }

  std::unique_ptr<LogSelection> Select(const std::vector<Matcher>& matchers, TimeRange range_ns) {
    return MakeLogSelection(parts_, head_.Snapshot(matchers, range_ns), matchers, range_ns).value();
  }

  LogHead& head() { return head_; }
  const std::vector<VisibleLogPart>& parts() const { return parts_; }

 private:
  std::string NextPath() { return "part-" + std::to_string(++part_id_); }
  LogPartPtr Publish(LogPartWriter* writer) {
    REQUIRE(writer->Finish({.part_id = part_id_}).ok());
    LogPartPtr part =
        LogPart::Open(PartFile::Open(&files_, "part-" + std::to_string(part_id_)).value()).value();
    const absl::Status status = VerifyLogPart(*part);
    REQUIRE_MESSAGE(status.ok(), status.ToString());
    return part;
  }

  SimulatedFileSystem files_;
  LogHead head_;
  std::vector<VisibleLogPart> parts_;
  uint64_t part_id_ = 0;
};

std::vector<ModelEntry> ReadCursor(const LogSelection& selection, size_t index,
                                   const LogReadOptions& options) {
  std::vector<ModelEntry> entries;
  auto cursor = selection.Open(index, options).value();
  LogColumns columns;
  while (true) {
    const absl::StatusOr<bool> more = cursor->Next(&columns);
    REQUIRE_MESSAGE(more.ok(), more.status().ToString());
    if (!*more) return entries;
    REQUIRE(columns.size > 0);
    if (options.batch_entries_max != 0) REQUIRE(columns.size <= options.batch_entries_max);
    REQUIRE(columns.timestamps_ns.size() == columns.size);
    REQUIRE(columns.line_bytes.size() == columns.size);
    REQUIRE(columns.lines.size() == (options.need_lines ? columns.size : 0));
    for (size_t i = 0; i < columns.size; ++i) {
      ModelEntry entry;
      entry.timestamp_ns = columns.timestamps_ns[i];
      if (options.need_lines) {
        entry.line = columns.lines[i];
        REQUIRE(entry.line.size() == columns.line_bytes[i]);
      } else {
        entry.line.resize(columns.line_bytes[i]);
      }
      if (!columns.metadata.empty()) entry.metadata = LabelSet(columns.metadata[i]);
      entries.push_back(std::move(entry));
    }
  }
}

void CheckReads(Store* store, const Model& model, const LogReadOptions& options) {
  const auto selection = store->Select({}, TimeRange::All());
  REQUIRE(selection->size() == model.streams.size());
  size_t index = 0;
  for (const auto& [labels, all] : model.streams) {
    REQUIRE(selection->labels(index) == labels.view());
    std::vector<ModelEntry> want = model.Read(labels, options);
    for (ModelEntry& entry : want) {
      if (!options.need_lines) entry.line.assign(entry.line.size(), '\0');
      if (!options.need_metadata) entry.metadata = {};
    }
    const std::vector<ModelEntry> got = ReadCursor(*selection, index, options);
    REQUIRE(got.size() == want.size());
    for (size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == want[i]);
    ++index;
  }
}

LogReadOptions RandomOptions(std::mt19937_64* random, int64_t span_ns) {
  LogReadOptions options;
  options.range_ns = TimeRange::All();
  if ((*random)() % 2 == 0) {
    const auto a = static_cast<int64_t>((*random)() % static_cast<uint64_t>(span_ns));
    const auto b = static_cast<int64_t>((*random)() % static_cast<uint64_t>(span_ns));
    options.range_ns = {std::min(a, b), std::max(a, b)};
  }
  options.direction = (*random)() % 2 == 0 ? Direction::kForward : Direction::kBackward;
  options.need_lines = (*random)() % 3 != 0;
  options.need_metadata = (*random)() % 3 != 0;
  if ((*random)() % 2 == 0)
    options.must_contain.push_back("word" + std::to_string((*random)() % 9));
  if ((*random)() % 4 == 0) options.must_contain.push_back(" ");
  if ((*random)() % 3 == 0) {
    options.batch_entries_max = 1 + static_cast<uint32_t>((*random)() % 100);
  }
  return options;
}

// `disorder`: how far entries lie behind the newest one.
void RunRandom(uint64_t seed, int64_t step_ns, int64_t disorder_ns, size_t batch_max, int rounds) {
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Store store;
  Model model;
  std::vector<ModelEntry> sent;
  int64_t now_ns = disorder_ns;
  bool flushing = false;
  for (int round = 0; round < rounds; ++round) {
    const LabelSet labels{{"app", "a" + std::to_string(random() % 6)}, {"job", "j"}};
    std::vector<ModelEntry> batch;
    const size_t count = 1 + random() % batch_max;
    for (size_t i = 0; i < count; ++i) {
      if (random() % 10 == 0 && !sent.empty()) {
        batch.push_back(sent[random() % sent.size()]);  // again, though perhaps elsewhere
        continue;
      }
      if (random() % 3 != 0) now_ns += step_ns;
      ModelEntry entry;
      entry.timestamp_ns = now_ns;
      if (disorder_ns > 0 && random() % 4 == 0) {
        entry.timestamp_ns -=
            static_cast<int64_t>(random() % static_cast<uint64_t>(disorder_ns)) / step_ns * step_ns;
      }
      const size_t words = random() % 5;
      for (size_t w = 0; w < words; ++w) entry.line += "word" + std::to_string(random() % 12) + " ";
      if (random() % 3 == 0) entry.metadata = LabelSet{{"id", std::to_string(random() % 100)}};
      batch.push_back(entry);
      if (sent.size() < 500) sent.push_back(entry);
    }
    store.Append(labels, batch);
    for (const ModelEntry& entry : batch) model.Add(labels, entry);
    switch (random() % 12) {
      case 0:
        store.BeginFlush();
        flushing = true;
        break;
      case 1:
        if (flushing) store.FinishFlush(random() % 4 != 0);
        flushing = false;
        break;
      case 2:
        store.Merge();
        break;
      case 3:
        CheckReads(&store, model, RandomOptions(&random, now_ns + 1));
        break;
      default:
        break;
    }
  }
  for (int i = 0; i < 12; ++i) CheckReads(&store, model, RandomOptions(&random, now_ns + 1));
  store.BeginFlush();
  store.FinishFlush(true);
  store.Merge();
  for (int i = 0; i < 12; ++i) CheckReads(&store, model, RandomOptions(&random, now_ns + 1));
  CHECK(store.head().Stats().entries == 0);
  CHECK(store.head().Stats().raw_bytes == 0);
  CHECK(store.head().Stats().memory_bytes == 0);
  CHECK(store.head().Stats().streams == 0);
}

TEST_SUITE("storage/logs/log_store") {
  TEST_CASE("reads equal the model's, with entries in order, in coarse steps and in disorder") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    for (uint64_t i = 0; i < 6; ++i) {
      RunRandom(seed + i, 1000, 0, 20, 200);
      RunRandom(seed + i, 1000, 50'000, 20, 200);
      RunRandom(seed + i, 1'000'000'000, 3'000'000'000, 20, 200);
    }
  }

  TEST_CASE("reads equal the model's when tails are sealed into blocks") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    RunRandom(seed, 1000, 0, 6000, 30);
    RunRandom(seed, 1000, 2'000'000, 4000, 30);
  }

  TEST_CASE("reads equal the model's over several days") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    RunRandom(seed, 3600LL * 1'000'000'000, 72LL * 3600 * 1'000'000'000, 10, 80);
  }

  TEST_CASE("no batch is larger than asked for where many entries have one timestamp") {
    Store store;
    const LabelSet labels{{"app", "x"}};
    Model model;
    for (int flush = 0; flush < 3; ++flush) {
      std::vector<ModelEntry> batch;
      for (int i = 0; i < 300; ++i) {
        batch.push_back({i % 2, "line " + std::to_string(flush * 200 + i), {}});
      }
      store.Append(labels, batch);
      for (const ModelEntry& entry : batch) model.Add(labels, entry);
      if (flush == 2) break;  // the last stay in the head
      store.BeginFlush();
      store.FinishFlush(true);
    }
    for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
      for (const uint32_t batch : {1U, 7U, 64U, 1000U}) {
        LogReadOptions options{.range_ns = TimeRange::All(), .direction = direction};
        options.batch_entries_max = batch;
        CheckReads(&store, model, options);
      }
    }
  }

  TEST_CASE("a stream that a flush dropped as idle comes back with what is appended to it") {
    LogHead head;
    const LabelSet labels{{"app", "x"}};
    const LogHeadStreamPtr stream = head.GetOrCreate(labels);
    const Entry entry{1, "line", {}};
    head.Append(stream, {&entry, 1});
    head.BeginFlush();
    CHECK(head.FlushSnapshot().size() == 1);
    head.EndFlush(true);
    CHECK(head.Find(labels) == nullptr);
    head.Append(stream, {&entry, 1});
    CHECK(head.Find(labels) == stream);
    CHECK(head.Snapshot({}, TimeRange::All()).size() == 1);
  }

  TEST_CASE("the volume sums parts and head and counts a stream once") {
    Store store;
    const LabelSet labels{{"app", "x"}};
    store.Append(labels, {{1, "four", {}}, {2, "five!", {}}});
    store.BeginFlush();
    store.FinishFlush(true);
    store.Append(labels, {{3, "s", {}}});
    const LogVolume volume =
        SumLogVolume(store.parts(), store.head().Snapshot({}, TimeRange::All()), {},
                     TimeRange::All())
            .value();
    CHECK(volume.streams == 1);
    CHECK(volume.chunks == 2);
    CHECK(volume.entries == 3);
    CHECK(volume.bytes == 10);
  }
}

}  // namespace
}  // namespace varve::storage

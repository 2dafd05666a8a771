#include "storage/logs/log_block.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "storage/io/crc32c.h"
#include "storage/logs/log_block_reader.h"

namespace varve::storage {
namespace {

struct OwnedEntry {
  int64_t timestamp_ns = 0;
  std::string line;
  LabelSet metadata;
};

LogBlock Build(const std::vector<OwnedEntry>& entries) {
  LogBlockBuilder builder;
  for (const OwnedEntry& entry : entries) {
    REQUIRE_FALSE(builder.IsFullFor({entry.timestamp_ns, entry.line, entry.metadata}));
    builder.Add({entry.timestamp_ns, entry.line, entry.metadata});
  }
  return builder.Finish();
}

absl::Status ReadAll(std::string_view bytes, std::vector<OwnedEntry>* entries) {
  const MemoryBlockBytes source(bytes);
  LogBlockReader reader;
  for (const absl::Status& status :
       {reader.Open(&source), reader.LoadTimestamps(), reader.LoadMessages(), reader.LoadMetadata(),
        reader.LoadStreams()}) {
    if (!status.ok()) return status;
  }
  for (size_t i = 0; i < reader.entries(); ++i) {
    entries->push_back({reader.timestamps_ns()[i], std::string(reader.line(i)),
                        LabelSet(reader.metadata().Get(i))});
  }
  return absl::OkStatus();
}

void CheckRoundTrip(const std::vector<OwnedEntry>& entries) {
  const LogBlock block = Build(entries);
  std::vector<OwnedEntry> read;
  const absl::Status status = ReadAll(block.bytes, &read);
  REQUIRE_MESSAGE(status.ok(), status.ToString());
  REQUIRE(read.size() == entries.size());
  for (size_t i = 0; i < read.size(); ++i) {
    REQUIRE(read[i].timestamp_ns == entries[i].timestamp_ns);
    REQUIRE(read[i].line == entries[i].line);
    REQUIRE(read[i].metadata == entries[i].metadata);
  }
  CHECK(block.entries() == entries.size());
  CHECK(block.min_ns() == entries.front().timestamp_ns);
  CHECK(block.max_ns() == entries.back().timestamp_ns);
}

TEST_SUITE("storage/logs/log_block") {
  TEST_CASE("any bytes come back: empty lines, NULs, newlines, no UTF-8, 256 KiB") {
    CheckRoundTrip({{-5, "", {}},
                    {-5, std::string("\0\0", 2), {}},
                    {0, "a\nb\r\n", {{"pod", "p-1"}}},
                    {7, "\xff\xfe\x80", {{"a", "\xff"}, {"b", std::string(300, 'x')}}},
                    {INT64_MAX - 1, std::string(256 << 10, 'z'), {}}});
    CheckRoundTrip({{INT64_MIN, "", {}}});
  }

  TEST_CASE("a line larger than a block is a block of its own") {
    CheckRoundTrip({{1, std::string(3 << 20, 'q'), {}}});
    LogBlockBuilder builder;
    builder.Add({1, "x", {}});
    CHECK(builder.IsFullFor({2, std::string(kLogBlockRawBytesMax, 'q'), {}}));
  }

  TEST_CASE("metadata comes back whether constant, from a dictionary or all different") {
    std::vector<OwnedEntry> entries;
    for (int i = 0; i < 3000; ++i) {
      LabelSet metadata{{"level", i % 3 == 0 ? "warn" : "info"},
                        {"pod", "pod-1"},
                        {"trace_id", std::to_string(int64_t{1000003} * i)}};
      if (i % 7 == 0) metadata = metadata.Without("level");
      if (i % 11 == 0) metadata = {};
      entries.push_back({i, "line " + std::to_string(i), metadata});
    }
    CheckRoundTrip(entries);
    for (OwnedEntry& entry : entries) entry.metadata = LabelSet{{"pod", "pod-1"}};
    CheckRoundTrip(entries);
  }

  TEST_CASE("random blocks come back") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 60; ++round) {
      std::vector<OwnedEntry> entries(1 + random() % 400);
      int64_t timestamp_ns = static_cast<int64_t>(random());
      if (timestamp_ns > INT64_MAX / 2) timestamp_ns /= 2;
      for (OwnedEntry& entry : entries) {
        timestamp_ns += static_cast<int64_t>(random() % 3 == 0 ? 0 : random() % 1'000'000'000);
        entry.timestamp_ns = timestamp_ns;
        entry.line.resize(random() % 60);
        for (char& c : entry.line) c = static_cast<char>(random());
        if (random() % 2 == 0) entry.metadata = LabelSet{{"k", std::to_string(random() % 1000)}};
      }
      CheckRoundTrip(entries);
    }
  }

  TEST_CASE("every flipped bit and every cut is an error, never another line") {
    const std::string bytes =
        Build({{1, "one", {{"a", "b"}}}, {2, "two two two two two", {}}}).bytes;
    for (size_t i = 0; i < bytes.size() * 8; ++i) {
      std::string damaged = bytes;
      damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
      std::vector<OwnedEntry> entries;
      CHECK_FALSE(ReadAll(damaged, &entries).ok());
    }
    for (size_t size = 0; size < bytes.size(); ++size) {
      std::vector<OwnedEntry> entries;
      CHECK_FALSE(ReadAll(std::string_view(bytes).substr(0, size), &entries).ok());
    }
  }

  TEST_CASE("a message encoding of the future is UNIMPLEMENTED") {
    std::string bytes = Build({{1, "one", {}}}).bytes;
    bytes[1] = 9;
    const uint32_t crc = Crc32c(std::string_view(bytes).substr(0, kLogBlockHeaderBytes - 4));
    for (int i = 0; i < 4; ++i) {
      bytes[kLogBlockHeaderBytes - 4 + static_cast<size_t>(i)] = static_cast<char>(crc >> (8 * i));
    }
    std::vector<OwnedEntry> entries;
    const absl::Status status = ReadAll(bytes, &entries);
    CHECK(status.code() == absl::StatusCode::kUnimplemented);
    CHECK(status.message().find("message encoding 9") != absl::string_view::npos);
  }

  TEST_CASE("several streams share a block") {
    LogBlockBuilder builder;
    builder.Add({5, "a", {}});
    builder.Add({6, "b", {}});
    builder.NextStream();
    builder.Add({1, "c", {}});
    const LogBlock block = builder.Finish();
    CHECK(block.runs == std::vector<LogBlockRun>{{2, 5, 6, 2}, {1, 1, 1, 1}});
    const MemoryBlockBytes source(block.bytes);
    LogBlockReader reader;
    REQUIRE(reader.Open(&source).ok());
    REQUIRE(reader.LoadStreams().ok());
    CHECK(reader.stream_entries() == std::vector<uint32_t>{2, 1});
  }
}

}  // namespace
}  // namespace varve::storage

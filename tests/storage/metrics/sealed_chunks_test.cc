#include "storage/metrics/sealed_chunks.h"

#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <vector>

#include "storage/metrics/head_chunk.h"

namespace varve::storage {
namespace {

HeadChunkPtr Chunk(int64_t min_time_ms, int64_t max_time_ms, uint32_t count) {
  auto chunk = std::make_shared<HeadChunk>();
  chunk->min_time_ms = min_time_ms;
  chunk->max_time_ms = max_time_ms;
  chunk->count = count;
  return chunk;
}

std::vector<HeadChunkPtr> Overlapping(const SealedChunks<HeadChunk>& chunks, TimeRange range_ms) {
  std::vector<HeadChunkPtr> found;
  chunks.AddOverlapping(range_ms, &found);
  return found;
}

TEST_CASE("SealedChunks: a flush takes what was there when it began") {
  SealedChunks<HeadChunk> chunks;
  const HeadChunkPtr first = Chunk(0, 9, 3);
  const HeadChunkPtr second = Chunk(10, 19, 4);
  chunks.Add(first);
  chunks.BeginEpoch(2);
  chunks.Add(second);
  CHECK(chunks.epoch() == 2);
  CHECK(chunks.Flushing() == std::vector<HeadChunkPtr>{first});

  SUBCASE("published: it is dropped") {
    CHECK(chunks.EndFlush(true) == 3);
    CHECK(Overlapping(chunks, TimeRange::All()) == std::vector<HeadChunkPtr>{second});
  }
  SUBCASE("not published: it stays, and the next flush takes both") {
    CHECK(chunks.EndFlush(false) == 0);
    CHECK(chunks.Flushing().empty());
    chunks.BeginEpoch(3);
    CHECK(chunks.Flushing() == std::vector<HeadChunkPtr>{first, second});
    CHECK(chunks.EndFlush(true) == 7);
    CHECK(chunks.empty());
  }
}

TEST_CASE("SealedChunks: overlaps, span and newest by the times of chunks, not their order") {
  SealedChunks<HeadChunk> chunks;
  CHECK(chunks.Newest() == nullptr);
  CHECK(chunks.SpanMs().empty());
  const HeadChunkPtr late = Chunk(100, 199, 1);
  const HeadChunkPtr early = Chunk(-50, 120, 1);
  chunks.Add(late);
  chunks.Add(early);
  CHECK(chunks.Newest() == late);
  CHECK(chunks.SpanMs() == TimeRange{-50, 200});
  CHECK(Overlapping(chunks, {110, 111}) == std::vector<HeadChunkPtr>{late, early});
  CHECK(Overlapping(chunks, {121, 500}) == std::vector<HeadChunkPtr>{late});
  CHECK(Overlapping(chunks, {200, 500}).empty());
}

}  // namespace
}  // namespace varve::storage

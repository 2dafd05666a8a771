// The sections of a metric part besides its index: data (timestamp columns and groups of value
// chunks, each a block with its own checksum) and the directory that says where they lie.
//
// Format:   storage/docs/metric_part_format.md
#ifndef STORAGE_METRICS_METRIC_PART_FORMAT_H_
#define STORAGE_METRICS_METRIC_PART_FORMAT_H_

#include <cstddef>
#include <cstdint>

#include "storage/encoding/value_codec.h"

namespace varve::storage {

// Samples of a chunk, the unit of decoding. Large, because each chunk pays for its codec's head.
inline constexpr uint32_t kChunkSamplesMax = kValueChunkCountMax;
// A group of chunks is read, verified and decompressed as one.
inline constexpr size_t kChunkGroupBytes = 64 << 10;
// What a chunk group may claim to decompress to: the largest chunk there can be, which is one of
// histograms with kHistogramBucketsMax buckets that defeat every codec. No more than
// kGroupRatioMax times what it is stored in, either: LZ4 cannot.
inline constexpr size_t kChunkGroupBytesMax = 128 << 20;
inline constexpr uint64_t kGroupRatioMax = 256;
// 780 samples a second, all of a day.
inline constexpr uint32_t kColumnTimestampsMax = 1 << 26;
// Entries of the directory between two that can be read without the ones before.
inline constexpr uint32_t kDirectoryBlockEntries = 32;
inline constexpr size_t kGroupEntryBytes = 24;

enum class GroupCompression : uint32_t { kNone = 0, kLz4 = 1 };

// A timestamp column: a block of the data section.
struct ColumnEntry {
  uint64_t offset = 0;  // in the data section
  uint32_t bytes = 0;
  uint32_t count = 0;
  int64_t first_ms = 0;
  int64_t last_ms = 0;
};

// A group of chunks: a block of the data section. All chunks of a part lie one behind the other in
// an imagined stream, which the groups cut between chunks.
struct GroupEntry {
  uint64_t stream_begin = 0;
  uint64_t stream_end = 0;
  uint64_t offset = 0;  // in the data section
  uint32_t stored_bytes = 0;
  GroupCompression compression = GroupCompression::kNone;
};

// How the samples of a series are cut into chunks: as few as can be, of equal size but for one.
struct ChunkCut {
  ChunkCut(uint32_t sample_count, uint32_t chunk_samples_max)
      : samples(sample_count),
        chunks(sample_count / chunk_samples_max + (sample_count % chunk_samples_max != 0 ? 1 : 0)),
        smaller(chunks == 0 ? 0 : sample_count / chunks),
        larger_chunks(chunks == 0 ? 0 : sample_count % chunks) {}

  // The first sample of a chunk; of chunk `chunks`, the number of samples.
  uint32_t Begin(uint32_t chunk) const {
    return chunk * smaller + (chunk < larger_chunks ? chunk : larger_chunks);
  }
  uint32_t ChunkOf(uint32_t sample) const {
    const uint32_t in_larger = larger_chunks * (smaller + 1);
    return sample < in_larger ? sample / (smaller + 1)
                              : larger_chunks + (sample - in_larger) / smaller;
  }

  uint32_t samples;
  uint32_t chunks;
  uint32_t smaller;        // samples of a chunk
  uint32_t larger_chunks;  // this many, the first ones, have one more
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_FORMAT_H_

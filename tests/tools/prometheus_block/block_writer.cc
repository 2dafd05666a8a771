#include "tests/tools/prometheus_block/block_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "storage/encoding/varint.h"
#include "storage/io/crc32c.h"
#include "tests/tools/prometheus_block/chunk_writer.h"

namespace varve::tools {
namespace {

using storage::AppendVarint;
using storage::AppendZigZag;

void AppendBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

void AppendChecksum(std::string_view checked, std::string* out) {
  AppendBigEndian(storage::Crc32c(checked), 4, out);
}

struct ChunkPlace {
  int64_t min_time_ms;
  int64_t max_time_ms;
  uint64_t ref;
};

class ChunkFile {
 public:
  ChunkFile() {
    AppendBigEndian(0x85bd40dd, 4, &bytes_);
    AppendBigEndian(1, 1, &bytes_);
    AppendBigEndian(0, 3, &bytes_);
  }
  ChunkPlace Add(char encoding, const std::string& data, int64_t min_time_ms, int64_t max_time_ms) {
    const ChunkPlace place{min_time_ms, max_time_ms, bytes_.size()};
    AppendVarint(data.size(), &bytes_);
    const std::string checked = encoding + data;
    bytes_ += checked;
    AppendChecksum(checked, &bytes_);
    return place;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::vector<ChunkPlace> AddChunks(const SeriesSamples& series, size_t chunk_samples,
                                  ChunkFile* file) {
  std::vector<ChunkPlace> places;
  for (size_t i = 0; i < series.floats.size(); i += chunk_samples) {
    const size_t end = std::min(series.floats.size(), i + chunk_samples);
    const std::vector<storage::Sample> samples(
        series.floats.begin() + static_cast<std::ptrdiff_t>(i),
        series.floats.begin() + static_cast<std::ptrdiff_t>(end));
    places.push_back(file->Add(1, WriteXorChunk(samples), samples.front().timestamp_ms,
                               samples.back().timestamp_ms));
  }
  if (!series.histograms.empty()) {
    places.push_back(file->Add(
        series.histograms[0].histogram.is_float ? 3 : 2, WriteHistogramChunk(series.histograms),
        series.histograms.front().timestamp_ms, series.histograms.back().timestamp_ms));
  }
  return places;
}

std::string SeriesEntry(const SeriesSamples& series, const std::map<std::string, uint64_t>& symbols,
                        const std::vector<ChunkPlace>& chunks) {
  std::string entry;
  AppendVarint(series.labels.size(), &entry);
  for (const storage::LabelView& label : series.labels) {
    AppendVarint(symbols.at(std::string(label.name)), &entry);
    AppendVarint(symbols.at(std::string(label.value)), &entry);
  }
  AppendVarint(chunks.size(), &entry);
  for (size_t i = 0; i < chunks.size(); ++i) {
    const ChunkPlace& chunk = chunks[i];
    if (i == 0) {
      AppendZigZag(chunk.min_time_ms, &entry);
    } else {
      AppendVarint(static_cast<uint64_t>(chunk.min_time_ms - chunks[i - 1].max_time_ms), &entry);
    }
    AppendVarint(static_cast<uint64_t>(chunk.max_time_ms - chunk.min_time_ms), &entry);
    if (i == 0) {
      AppendVarint(chunk.ref, &entry);
    } else {
      AppendZigZag(static_cast<int64_t>(chunk.ref - chunks[i - 1].ref), &entry);
    }
  }
  return entry;
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(file.good());
}

}  // namespace

void WriteBlock(const std::string& directory, const std::vector<SeriesSamples>& series,
                const std::vector<TestTombstone>& tombstones, size_t chunk_samples) {
  std::filesystem::create_directories(directory + "/chunks");
  std::map<std::string, uint64_t> symbols;
  for (const SeriesSamples& one : series) {
    for (const storage::LabelView& label : one.labels) {
      symbols[std::string(label.name)] = symbols[std::string(label.value)] = 0;
    }
  }
  std::string index;
  AppendBigEndian(0xbaaad700, 4, &index);
  AppendBigEndian(2, 1, &index);
  std::string section;
  AppendBigEndian(symbols.size(), 4, &section);
  uint64_t number = 0;
  for (auto& [text, id] : symbols) {
    id = number++;
    AppendVarint(text.size(), &section);
    section += text;
  }
  const uint64_t symbols_begin = index.size();
  AppendBigEndian(section.size(), 4, &index);
  index += section;
  AppendChecksum(section, &index);

  ChunkFile chunks;
  std::vector<uint64_t> refs;
  uint64_t series_begin = 0;
  for (const SeriesSamples& one : series) {
    index.resize((index.size() + 15) / 16 * 16);
    if (series_begin == 0) series_begin = index.size();
    refs.push_back(index.size() / 16);
    const std::string entry = SeriesEntry(one, symbols, AddChunks(one, chunk_samples, &chunks));
    AppendVarint(entry.size(), &index);
    index += entry;
    AppendChecksum(entry, &index);
  }
  index.resize((index.size() + 63) / 64 * 64);  // as much padding as a writer may like
  const uint64_t postings_begin = index.size();
  index += "postings are not read";
  std::string contents;
  for (const uint64_t offset :
       {symbols_begin, series_begin, uint64_t{0}, uint64_t{0}, postings_begin, postings_begin}) {
    AppendBigEndian(offset, 8, &contents);
  }
  index += contents;
  AppendChecksum(contents, &index);
  WriteFile(directory + "/index", index);
  WriteFile(directory + "/chunks/000001", chunks.bytes());

  std::string stones;
  for (const TestTombstone& tombstone : tombstones) {
    AppendVarint(refs[tombstone.series], &stones);
    AppendZigZag(tombstone.min_time_ms, &stones);
    AppendZigZag(tombstone.max_time_ms, &stones);
  }
  std::string file;
  AppendBigEndian(0x0130ba30, 4, &file);
  AppendBigEndian(1, 1, &file);
  file += stones;
  AppendChecksum(stones, &file);
  WriteFile(directory + "/tombstones", file);
}

}  // namespace varve::tools

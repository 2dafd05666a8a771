#include "storage/exemplar_store.h"

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

#include "storage/model/text.h"
#include "storage/status_macros.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "values are stored as they lie");
using ValueBytes = std::array<char, sizeof(double)>;

// Characters of UTF-8 text: bytes that do not go on with one.
size_t CountRunes(std::string_view text) {
  size_t runes = 0;
  for (const char byte : text) runes += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  return runes;
}

bool IsStorable(const Exemplar& exemplar, TimeRange range_ms) {
  constexpr int64_t kTimeMaxMs = INT64_MAX / kNanosecondsPerMillisecond;
  if (!range_ms.Contains(exemplar.timestamp_ms) || exemplar.timestamp_ms >= kTimeMaxMs ||
      exemplar.timestamp_ms <= -kTimeMaxMs) {
    return false;
  }
  size_t runes = 0;
  for (const LabelView& label : exemplar.labels) {
    runes += CountRunes(label.name) + CountRunes(label.value);
  }
  return runes <= kExemplarLabelRunesMax;
}

uint64_t HashOf(const Entry& entry) {
  const uint64_t line = XXH3_64bits_withSeed(entry.line.data(), entry.line.size(),
                                             static_cast<uint64_t>(entry.timestamp_ns));
  const std::string_view metadata = entry.metadata.packed();
  return XXH3_64bits_withSeed(metadata.data(), metadata.size(), line) | 1;
}

}  // namespace

std::optional<WalWriter::Ticket> ExemplarStore::Write(WalWriter* wal, const MetricBatch& batch,
                                                      const std::vector<LabelSetView>& labels,
                                                      TimeRange range_ms, uint64_t series_max,
                                                      AppendResult* result) {
  if (batch.exemplars.empty()) return std::nullopt;
  std::vector<ValueBytes> lines(batch.exemplars.size());  // entries point into it
  LogBatch entries;
  std::vector<LogHeadStreamPtr> streams;
  for (size_t i = 0; i < batch.series.size(); ++i) {
    const SeriesWrite& write = batch.series[i];
    if (write.exemplars_begin == write.exemplars_end || labels[i].empty()) continue;
    const LogHeadStreamPtr stream = FindOrCreate(labels[i], series_max);
    if (stream == nullptr) continue;
    const auto begin = static_cast<uint32_t>(entries.entries.size());
    for (uint32_t j = write.exemplars_begin; j < write.exemplars_end; ++j) {
      const Exemplar& exemplar = batch.exemplars[j];
      if (!IsStorable(exemplar, range_ms)) continue;
      std::memcpy(lines[j].data(), &exemplar.value, sizeof(exemplar.value));
      const Entry entry{exemplar.timestamp_ms * kNanosecondsPerMillisecond,
                        std::string_view(lines[j].data(), lines[j].size()), exemplar.labels};
      entries.entries.push_back(entry);
      // Senders repeat a series' exemplar until it has a new one. It is logged all the same: the
      // first attempt may not have reached the disk.
      const uint64_t hash = HashOf(entry);
      if (stream->last_entry_hash.exchange(hash, std::memory_order_relaxed) != hash) {
        head().Append(stream, std::span(&entry, 1));
      }
    }
    const auto end = static_cast<uint32_t>(entries.entries.size());
    if (end == begin) continue;
    entries.streams.push_back({labels[i], begin, end});
    streams.push_back(stream);
  }
  const size_t accepted = entries.entries.size();
  result->exemplars_accepted += accepted;
  rejected_.fetch_add(batch.exemplars.size() - accepted, std::memory_order_relaxed);
  if (accepted == 0) return std::nullopt;
  return Log(wal, entries, streams);
}

absl::StatusOr<std::vector<SeriesExemplars>> ReadExemplars(const LogSelection& selection,
                                                           TimeRange range_ns) {
  std::vector<SeriesExemplars> all;
  const LogReadOptions options{.range_ns = range_ns};
  for (size_t i = 0; i < selection.size(); ++i) {
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LogCursor> cursor, selection.Open(i, options));
    SeriesExemplars one;
    LogColumns columns;
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const bool more, cursor->Next(&columns));
      if (!more) break;
      for (size_t j = 0; j < columns.size; ++j) {
        Exemplar exemplar;
        if (columns.lines[j].size() != sizeof(exemplar.value)) {
          return absl::DataLossError(StrCat("cannot read exemplar of ",
                                            selection.labels(i).ToString(), ": a value of ",
                                            columns.lines[j].size(), " bytes, want 8"));
        }
        std::memcpy(&exemplar.value, columns.lines[j].data(), sizeof(exemplar.value));
        exemplar.timestamp_ms = columns.timestamps_ns[j] / kNanosecondsPerMillisecond;
        if (!columns.metadata.empty()) exemplar.labels = LabelSet(columns.metadata[j]);
        one.exemplars.push_back(std::move(exemplar));
      }
    }
    if (one.exemplars.empty()) continue;
    one.labels = LabelSet(selection.labels(i));
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace varve::storage

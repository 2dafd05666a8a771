#include "storage/logs/log_selection.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "storage/logs/log_merge_cursor.h"
#include "storage/logs/log_needles.h"
#include "storage/logs/log_part_volume.h"
#include "storage/logs/log_pattern_counter.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// One stream in one place.
struct StreamPlace {
  VisibleLogPart part;  // no reader: the head
  uint32_t stream = 0;
  std::shared_ptr<const LogStreamSnapshot> snapshot;
};

struct SelectedStream {
  LabelSet labels;
  std::vector<StreamPlace> places;  // in order of age, the head last
};

// Keeps alive what the merged sources borrow.
class SelectionCursor : public LogCursor {
 public:
  SelectionCursor(std::vector<StreamPlace> places, const LogReadOptions& options)
      : places_(std::move(places)), options_(options), needles_(options) {}

  absl::Status Open() {
    std::vector<std::unique_ptr<LogBatchSource>> sources;
    for (const StreamPlace& place : places_) {
      if (place.part.reader != nullptr) {
        VARVE_RETURN_IF_ERROR(
            AppendVisibleSources(place.part, place.stream, options_, &needles_, &reads_, &sources));
      } else {
        AppendPieceSources(place.snapshot->pieces, &options_, &needles_, &sources);
      }
    }
    cursor_ = std::make_unique<LogMergeCursor>(std::move(sources), options_);
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(LogColumns* columns) override { return cursor_->Next(columns); }

 private:
  const std::vector<StreamPlace> places_;
  const LogReadOptions options_;
  const LogNeedles needles_;
  std::deque<LogReadOptions> reads_;  // what sources of parts borrow
  std::unique_ptr<LogMergeCursor> cursor_;
};

class MergedLogSelection : public LogSelection {
 public:
  explicit MergedLogSelection(std::vector<SelectedStream> streams) : streams_(std::move(streams)) {}

  size_t size() const override { return streams_.size(); }
  LabelSetView labels(size_t index) const override { return streams_[index].labels; }
  absl::StatusOr<std::unique_ptr<LogCursor>> Open(size_t index,
                                                  const LogReadOptions& options) const override {
    auto cursor = std::make_unique<SelectionCursor>(streams_[index].places, options);
    VARVE_RETURN_IF_ERROR(cursor->Open());
    return std::unique_ptr<LogCursor>(std::move(cursor));
  }
  absl::StatusOr<std::vector<LogPattern>> Patterns(size_t index, TimeRange range_ns,
                                                   int64_t step_ns,
                                                   std::string_view group_by) const override {
    LogPatternCounter counter(range_ns, step_ns, group_by);
    for (const StreamPlace& place : streams_[index].places) {
      VARVE_RETURN_IF_ERROR(place.part.reader != nullptr ? counter.AddPart(place.part, place.stream)
                                                         : counter.AddSnapshot(*place.snapshot));
    }
    return std::move(counter).Finish();
  }

 private:
  const std::vector<SelectedStream> streams_;
};

// Calls `visit(LabelSet labels, uint32_t stream)` for each stream of the part that is selected.
template <typename Visit>
absl::Status VisitStreams(const VisibleLogPart& part, const std::vector<Matcher>& matchers,
                          TimeRange range_ns, Visit visit) {
  VARVE_ASSIGN_OR_RETURN(const IdList ids, MatchVisible(part, matchers, range_ns));
  SeriesCursor cursor(&part.reader->index());
  for (const uint32_t id : ids) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    LabelSetBuilder builder;
    VARVE_RETURN_IF_ERROR(cursor.AppendLabels(&builder));
    visit(builder.Build(), id);
  }
  return absl::OkStatus();
}

void AddPiece(const LogSnapshotPiece& piece, TimeRange range_ns, LogVolume* volume) {
  ++volume->chunks;
  if (piece.block != nullptr) {
    volume->entries += piece.block->entries();
    volume->bytes += piece.block->raw_bytes();
    return;
  }
  for (const TailEntry& entry : piece.tail.entries) {
    if (!range_ns.Contains(entry.timestamp_ns)) continue;
    ++volume->entries;
    volume->bytes += entry.line_bytes + entry.metadata_bytes;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogSelection>> MakeLogSelection(
    const std::vector<VisibleLogPart>& parts, std::vector<LogStreamSnapshot> head,
    const std::vector<Matcher>& matchers, TimeRange range_ns) {
  std::vector<std::pair<LabelSet, StreamPlace>> found;
  for (const VisibleLogPart& part : parts) {
    VARVE_RETURN_IF_ERROR(
        VisitStreams(part, matchers, range_ns, [&](LabelSet labels, uint32_t stream) {
          found.emplace_back(std::move(labels),
                             StreamPlace{.part = part, .stream = stream, .snapshot = nullptr});
        }));
  }
  for (LogStreamSnapshot& stream : head) {
    LabelSet labels = *stream.labels;
    auto snapshot = std::make_shared<const LogStreamSnapshot>(std::move(stream));
    found.emplace_back(
        std::move(labels),
        StreamPlace{.part = LogPartPtr(), .stream = 0, .snapshot = std::move(snapshot)});
  }
  // One place alone is in order already.
  const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(found.begin(), found.end(), less)) {
    std::stable_sort(found.begin(), found.end(), less);
  }
  std::vector<SelectedStream> streams;
  for (auto& [labels, place] : found) {
    if (streams.empty() || !(streams.back().labels == labels)) {
      streams.push_back({std::move(labels), {}});
    }
    streams.back().places.push_back(std::move(place));
  }
  return std::make_unique<MergedLogSelection>(std::move(streams));
}

absl::StatusOr<std::vector<StreamVolume>> SumStreamVolumes(
    const std::vector<VisibleLogPart>& parts, const std::vector<LogStreamSnapshot>& head,
    const std::vector<Matcher>& matchers, TimeRange range_ns) {
  absl::flat_hash_map<LabelSet, LogVolume> sums;
  for (const VisibleLogPart& part : parts) {
    std::vector<std::pair<LabelSet, uint32_t>> found;
    VARVE_RETURN_IF_ERROR(VisitStreams(
        part, matchers, range_ns,
        [&](LabelSet labels, uint32_t stream) { found.emplace_back(std::move(labels), stream); }));
    for (auto& [labels, stream] : found) {
      VARVE_RETURN_IF_ERROR(AddVisibleVolume(part, stream, range_ns, &sums[std::move(labels)]));
    }
  }
  for (const LogStreamSnapshot& stream : head) {
    for (const LogSnapshotPiece& piece : stream.pieces) {
      if (!TimeRange::Inclusive(piece.min_ns, piece.max_ns).Overlaps(range_ns)) continue;
      AddPiece(piece, range_ns, &sums[*stream.labels]);
    }
  }
  std::vector<StreamVolume> volumes;
  volumes.reserve(sums.size());
  for (auto& [labels, volume] : sums) {
    volume.streams = 1;
    volumes.push_back({labels, volume});
  }
  return volumes;
}

absl::StatusOr<LogVolume> SumLogVolume(const std::vector<VisibleLogPart>& parts,
                                       const std::vector<LogStreamSnapshot>& head,
                                       const std::vector<Matcher>& matchers, TimeRange range_ns) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<StreamVolume> volumes,
                         SumStreamVolumes(parts, head, matchers, range_ns));
  LogVolume sum;
  for (const StreamVolume& one : volumes) sum += one.volume;
  return sum;
}

}  // namespace varve::storage

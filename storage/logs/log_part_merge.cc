#include "storage/logs/log_part_merge.h"

#include <algorithm>
#include <deque>
#include <set>

#include "storage/logs/log_block_reader.h"
#include "storage/logs/log_merge_cursor.h"
#include "storage/logs/log_tail.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr int64_t kNanosecondsPerDay = kMillisecondsPerDay * kNanosecondsPerMillisecond;

// A flush takes blocks over from these sizes on, because it must be quick; a compaction only those
// that are nearly full, because small blocks are what it is there to join.
constexpr LogBlockRun kFlushKeeps = {.entries = 2048, .raw_bytes = kTailLineBytesMax / 2};
constexpr LogBlockRun kMergeKeeps = {.entries = kLogBlockEntriesMax * 3 / 4,
                                     .raw_bytes = kLogBlockRawBytesMax * 3 / 4};

bool IsLarge(const LogBlockRun& run, const LogBlockRun& keeps) {
  return run.entries >= keeps.entries || run.raw_bytes >= keeps.raw_bytes;
}

bool IsWithin(int64_t min_ns, int64_t max_ns, TimeRange range_ns) {
  return range_ns.Contains(min_ns) && range_ns.Contains(max_ns);
}

int32_t DayOf(int64_t timestamp_ns) {
  return static_cast<int32_t>(FloorDivide(timestamp_ns, kNanosecondsPerDay));
}

absl::Status AddAll(std::vector<std::unique_ptr<LogBatchSource>> sources,
                    const LogReadOptions& options, LogPartWriter* writer) {
  LogMergeCursor cursor(std::move(sources), options);
  LogColumns columns;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const bool more, cursor.Next(&columns));
    if (!more) return absl::OkStatus();
    for (size_t i = 0; i < columns.size; ++i) {
      const LabelSetView metadata = columns.metadata.empty() ? LabelSetView() : columns.metadata[i];
      VARVE_RETURN_IF_ERROR(writer->Add({columns.timestamps_ns[i], columns.lines[i], metadata}));
    }
  }
}

absl::Status WriteSnapshot(const LogStreamSnapshot& stream, const LogReadOptions& options,
                           const LogNeedles& needles, LogPartWriter* writer) {
  const std::span<const LogSnapshotPiece> pieces = stream.pieces;
  const size_t step = stream.in_order() ? 1 : pieces.size();
  for (size_t i = 0; i < pieces.size(); i += step) {
    const LogSnapshotPiece& piece = pieces[i];
    if (step == 1 && piece.block != nullptr && IsLarge(piece.block->runs[0], kFlushKeeps) &&
        IsWithin(piece.min_ns, piece.max_ns, options.range_ns)) {
      VARVE_RETURN_IF_ERROR(writer->AddBlock(*piece.block));
      continue;
    }
    std::vector<std::unique_ptr<LogBatchSource>> sources;
    AppendPieceSources(pieces.subspan(i, step), &options, &needles, &sources);
    VARVE_RETURN_IF_ERROR(AddAll(std::move(sources), options, writer));
  }
  return absl::OkStatus();
}

// One stream of one part.
struct PartStream {
  VisibleLogPart part;
  uint32_t stream = 0;
  bool is_whole = true;  // nothing of it is hidden

  TimeRange range() const { return part.reader->StreamRange(stream).value_or(TimeRange{0, 0}); }
};

// Adds the entries of one block's run by decoding them.
absl::Status CopyRun(const LogPart& part, const LogDirectoryRun& run, LogBlockReader* reader,
                     LogPartWriter* writer) {
  std::string scratch;
  std::string_view block_bytes;
  VARVE_RETURN_IF_ERROR(part.ReadBlock(run.block, &scratch, &block_bytes));
  VARVE_ASSIGN_OR_RETURN(const MemoryBlockBytes bytes, part.BlockBytes(block_bytes));
  VARVE_RETURN_IF_ERROR(reader->Open(&bytes));
  VARVE_RETURN_IF_ERROR(reader->LoadTimestamps());
  VARVE_RETURN_IF_ERROR(reader->LoadMessages());
  VARVE_RETURN_IF_ERROR(reader->LoadMetadata());
  const uint32_t end = run.first_row + run.run.entries;
  if (end > reader->entries()) {
    return absl::DataLossError(
        StrCat("cannot copy log block: ", reader->entries(), " entries, want at least ", end));
  }
  for (uint32_t row = run.first_row; row < end; ++row) {
    VARVE_RETURN_IF_ERROR(writer->Add(
        {reader->timestamps_ns()[row], reader->line(row), reader->metadata().Get(row)}));
  }
  return absl::OkStatus();
}

// Adds a large block without decoding its lines; false where it has to be decoded all the same.
absl::StatusOr<bool> CopyBlock(const LogPart& part, const LogDirectoryRun& run,
                               LogPartWriter* writer) {
  std::string scratch;
  std::string_view bytes;
  VARVE_RETURN_IF_ERROR(part.ReadBlock(run.block, &scratch, &bytes));
  VARVE_ASSIGN_OR_RETURN(const LogBlockHeader header, LogBlockHeader::Parse(bytes));
  if (header.encoding == MessageEncoding::kText && writer->makes_blocks_small()) return false;
  VARVE_ASSIGN_OR_RETURN(const std::string_view filter, part.Filter(run.block));
  LogBlock block{.bytes = std::string(bytes), .filter = std::string(filter), .runs = {run.run}};
  if (header.encoding == MessageEncoding::kTemplates) {
    VARVE_ASSIGN_OR_RETURN(const LogTemplateTable* templates, part.Templates());
    VARVE_ASSIGN_OR_RETURN(const bool renumbered, writer->RenumberTemplates(*templates, &block));
    if (!renumbered) return false;
  }
  VARVE_RETURN_IF_ERROR(writer->AddBlock(block));
  return true;
}

// Adds a stream that no other part has at the same time.
absl::Status CopyStream(const PartStream& input, LogBlockReader* reader, LogPartWriter* writer) {
  const LogPart& part = *input.part.reader;
  for (const LogDirectoryRun& run : part.Runs(input.stream)) {
    bool copied = false;
    if (part.directory().blocks[run.block].runs == 1 && IsLarge(run.run, kMergeKeeps)) {
      VARVE_ASSIGN_OR_RETURN(copied, CopyBlock(part, run, writer));
    }
    if (!copied) VARVE_RETURN_IF_ERROR(CopyRun(part, run, reader, writer));
  }
  return absl::OkStatus();
}

// Adds one stream, which all of `inputs` (in order of age) have.
absl::Status MergeStream(std::vector<PartStream> inputs, LogBlockReader* reader,
                         LogPartWriter* writer) {
  std::vector<PartStream> by_time = inputs;
  std::stable_sort(by_time.begin(), by_time.end(), [](const PartStream& a, const PartStream& b) {
    return a.range().begin < b.range().begin;
  });
  bool apart = std::all_of(inputs.begin(), inputs.end(),
                           [](const PartStream& input) { return input.is_whole; });
  for (size_t i = 1; i < by_time.size(); ++i) {
    apart = apart && by_time[i - 1].range().end <= by_time[i].range().begin;
  }
  if (apart) {
    for (const PartStream& input : by_time) {
      VARVE_RETURN_IF_ERROR(CopyStream(input, reader, writer));
    }
    return absl::OkStatus();
  }
  const LogNeedles needles;
  const LogReadOptions options{.range_ns = TimeRange::All()};
  std::deque<LogReadOptions> reads;
  std::vector<std::unique_ptr<LogBatchSource>> sources;
  for (const PartStream& input : inputs) {
    VARVE_RETURN_IF_ERROR(
        AppendVisibleSources(input.part, input.stream, options, &needles, &reads, &sources));
  }
  return AddAll(std::move(sources), options, writer);
}

// Walks the streams of one part in the order of their label sets.
class StreamWalk {
 public:
  explicit StreamWalk(VisibleLogPart part)
      : part_(std::move(part)), cursor_(&part_.reader->index()) {}

  bool done() const { return stream_ == part_.reader->stream_count(); }
  LabelSetView labels() const { return labels_; }
  absl::StatusOr<PartStream> current() const {
    VARVE_ASSIGN_OR_RETURN(const std::vector<TimeRange> visible_ns,
                           VisibleRangesOf(part_, stream_, TimeRange::All()));
    VARVE_ASSIGN_OR_RETURN(const bool filtered, HasHiddenEntries(part_, stream_, visible_ns));
    const bool is_whole = !filtered && visible_ns == std::vector<TimeRange>{TimeRange::All()};
    return PartStream{part_, stream_, is_whole};
  }
  absl::Status Load() {
    if (done()) return absl::OkStatus();
    VARVE_RETURN_IF_ERROR(cursor_.Seek(stream_));
    LabelSetBuilder builder;
    VARVE_RETURN_IF_ERROR(cursor_.AppendLabels(&builder));
    labels_ = builder.Build();
    return absl::OkStatus();
  }
  absl::Status Advance() {
    ++stream_;
    return Load();
  }

 private:
  const VisibleLogPart part_;
  SeriesCursor cursor_;
  uint32_t stream_ = 0;
  LabelSet labels_;
};

}  // namespace

TimeRange DayRangeNs(int32_t day) {
  const int64_t day_max = INT64_MAX / kNanosecondsPerDay;
  const int64_t begin = day <= -day_max - 1 ? INT64_MIN : int64_t{day} * kNanosecondsPerDay;
  const int64_t end = day >= day_max ? INT64_MAX : (int64_t{day} + 1) * kNanosecondsPerDay;
  return {begin, end};
}

absl::StatusOr<std::vector<int32_t>> DaysOf(const std::vector<LogStreamSnapshot>& streams) {
  std::set<int32_t> days;
  LogBlockReader reader;
  for (const LogStreamSnapshot& stream : streams) {
    for (const LogSnapshotPiece& piece : stream.pieces) {
      days.insert({DayOf(piece.min_ns), DayOf(piece.max_ns)});
      if (DayOf(piece.max_ns) - DayOf(piece.min_ns) < 2) continue;
      for (const TailEntry& entry : piece.tail.entries) days.insert(DayOf(entry.timestamp_ns));
      if (piece.block == nullptr) continue;
      const MemoryBlockBytes bytes(piece.block->bytes);
      VARVE_RETURN_IF_ERROR(reader.Open(&bytes));
      VARVE_RETURN_IF_ERROR(reader.LoadTimestamps());
      for (const int64_t timestamp_ns : reader.timestamps_ns()) days.insert(DayOf(timestamp_ns));
    }
  }
  return std::vector<int32_t>(days.begin(), days.end());
}

absl::Status WriteLogStreams(const std::vector<LogStreamSnapshot>& streams, TimeRange range_ns,
                             LogPartWriter* writer) {
  const LogReadOptions options{.range_ns = range_ns};
  const LogNeedles needles;
  for (const LogStreamSnapshot& stream : streams) {
    VARVE_RETURN_IF_ERROR(writer->BeginStream(*stream.labels));
    VARVE_RETURN_IF_ERROR(WriteSnapshot(stream, options, needles, writer));
  }
  return absl::OkStatus();
}

absl::Status MergeLogParts(const std::vector<VisibleLogPart>& parts, LogPartWriter* writer) {
  std::vector<std::unique_ptr<StreamWalk>> walks;
  for (const VisibleLogPart& part : parts) {
    walks.push_back(std::make_unique<StreamWalk>(part));
    VARVE_RETURN_IF_ERROR(walks.back()->Load());
  }
  LogBlockReader reader;
  while (true) {
    const StreamWalk* least = nullptr;
    for (const auto& walk : walks) {
      if (!walk->done() && (least == nullptr || walk->labels() < least->labels())) {
        least = walk.get();
      }
    }
    if (least == nullptr) return absl::OkStatus();
    const LabelSet labels(least->labels());
    VARVE_RETURN_IF_ERROR(writer->BeginStream(labels));
    std::vector<PartStream> inputs;
    for (const auto& walk : walks) {
      if (walk->done() || walk->labels() != labels.view()) continue;
      VARVE_ASSIGN_OR_RETURN(PartStream input, walk->current());
      inputs.push_back(std::move(input));
      VARVE_RETURN_IF_ERROR(walk->Advance());
    }
    VARVE_RETURN_IF_ERROR(MergeStream(std::move(inputs), &reader, writer));
  }
}

}  // namespace varve::storage

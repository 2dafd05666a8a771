#include "storage/logs/log_part.h"

#include <algorithm>

#include "storage/logs/log_block_scan.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

bool Overlaps(const LogBlockRun& run, TimeRange range_ns) {
  return TimeRange::Inclusive(run.min_ns, run.max_ns).Overlaps(range_ns);
}

// The bytes of one block of a part file. Column groups carry checksums of their own, so that ranges
// need not be verified here.
class PartBlockBytes : public LogBlockBytes {
 public:
  PartBlockBytes(const LogPart* part, const LogDirectoryBlock& block)
      : part_(part), offset_(block.offset), length_(block.bytes) {}

  absl::Status Read(size_t offset, size_t length, std::string* scratch,
                    std::string_view* out) const override {
    if (offset > length_ || length > length_ - offset) {
      return absl::DataLossError(StrCat("cannot read log block at ", offset_, " of ",
                                        part_->file().name(), ": ", length_, " bytes, want ",
                                        offset, " + ", length));
    }
    return part_->file().ReadRange(SectionId::kLogData, offset_ + offset, length, scratch, out);
  }
  absl::StatusOr<const LogTemplateTable*> Templates() const override { return part_->Templates(); }

 private:
  const LogPart* part_;
  uint64_t offset_;
  size_t length_;
};

// Reads the runs of one stream block by block.
class PartStreamSource : public LogBatchSource {
 public:
  PartStreamSource(std::shared_ptr<const LogPart> part, uint32_t stream,
                   const LogReadOptions* options, const LogNeedles* needles)
      : part_(std::move(part)), options_(options), needles_(needles), scan_(options, needles) {
    for (const LogDirectoryRun& run : part_->Runs(stream)) {
      if (Overlaps(run.run, options->range_ns)) runs_.push_back(&run);
    }
    if (options->direction == Direction::kBackward) std::reverse(runs_.begin(), runs_.end());
  }

  int64_t bound_ns() const override {
    if (scan_.has_more()) return scan_.next_ns();
    const bool backward = options_->direction == Direction::kBackward;
    if (next_ == runs_.size()) return backward ? INT64_MIN : INT64_MAX;
    return backward ? runs_[next_]->run.max_ns : runs_[next_]->run.min_ns;
  }

  absl::StatusOr<bool> Next(LogColumns* columns) override {
    if (scan_.has_more()) {
      VARVE_RETURN_IF_ERROR(scan_.ReadMore(columns));
      return true;
    }
    while (next_ < runs_.size()) {
      const LogDirectoryRun& run = *runs_[next_++];
      if (needles_->ask_anything()) {
        // Damaged filters cost time, not entries: every block is read then.
        const absl::StatusOr<std::string_view> filter = part_->Filter(run.block);
        if (filter.ok() && !needles_->BlockMayMatch(*filter)) continue;
      }
      const LogDirectoryBlock& block = part_->directory().blocks[run.block];
      bytes_.emplace(part_.get(), block);
      const absl::Status status = scan_.Read(
          &*bytes_, block.count_bytes, {run.first_row, run.first_row + run.run.entries}, columns);
      if (!status.ok()) return Located(status, block);
      if (scan_.reader().entries() != block.entries) {
        return Located(
            absl::DataLossError(StrCat("cannot read log block: ", scan_.reader().entries(),
                                       " entries, want ", block.entries)),
            block);
      }
      if (columns->size > 0) return true;
    }
    return false;
  }

  absl::Status LoadAll(LogColumns* columns) override { return scan_.LoadAll(columns); }

 private:
  absl::Status Located(const absl::Status& status, const LogDirectoryBlock& block) const {
    return absl::Status(status.code(), StrCat(ToStd(status.message()), " (block at ", block.offset,
                                              " of ", part_->file().name(), ")"));
  }

  std::shared_ptr<const LogPart> part_;
  const LogReadOptions* options_;
  const LogNeedles* needles_;
  std::vector<const LogDirectoryRun*> runs_;
  size_t next_ = 0;
  std::optional<PartBlockBytes> bytes_;
  LogBlockScan scan_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<LogPart>> LogPart::Open(std::shared_ptr<PartFile> file) {
  if (file->kind() != SignalKind::kLogs && file->kind() != SignalKind::kExemplars) {
    return absl::InvalidArgumentError(StrCat("cannot open ", file->name(), ": a part of ",
                                             SignalKindName(file->kind()), ", want one of logs"));
  }
  std::shared_ptr<LogPart> part(new LogPart(std::move(file)));
  const PartFile& opened = *part->file_;
  SeriesIndexViews views;
  VARVE_ASSIGN_OR_RETURN(views.labels, opened.Section(SectionId::kIndexLabels));
  VARVE_ASSIGN_OR_RETURN(views.series, opened.Section(SectionId::kIndexSeries));
  VARVE_ASSIGN_OR_RETURN(views.postings, opened.Section(SectionId::kIndexPostings));
  VARVE_ASSIGN_OR_RETURN(part->index_, SeriesIndex::Open(views));
  VARVE_ASSIGN_OR_RETURN(const std::string_view directory,
                         opened.Section(SectionId::kLogDirectory));
  const SectionInfo* const data = opened.FindSection(SectionId::kLogData);
  const SectionInfo* const filters = opened.FindSection(SectionId::kLogFilters);
  if (data == nullptr || filters == nullptr) {
    return absl::DataLossError(
        StrCat("cannot open ", opened.name(), ": no log data or filters, want both sections"));
  }
  VARVE_ASSIGN_OR_RETURN(
      part->directory_,
      LogDirectory::Decode(directory, part->index_->series_count(), data->length, filters->length));
  return part;
}

absl::StatusOr<IdList> LogPart::Match(const std::vector<Matcher>& matchers,
                                      TimeRange range_ns) const {
  VARVE_ASSIGN_OR_RETURN(IdList ids, index_->Match(matchers));
  const TimeRange whole = TimeRange::Inclusive(metadata().min_time, metadata().max_time);
  if (whole.Intersect(range_ns) == whole) return ids;
  const auto has_none = [&](uint32_t id) {
    const auto runs = Runs(id);
    return std::none_of(runs.begin(), runs.end(),
                        [&](const LogDirectoryRun& run) { return Overlaps(run.run, range_ns); });
  };
  ids.erase(std::remove_if(ids.begin(), ids.end(), has_none), ids.end());
  return ids;
}

std::optional<TimeRange> LogPart::StreamRange(uint32_t stream) const {
  const auto runs = Runs(stream);
  if (runs.empty()) return std::nullopt;
  return TimeRange::Inclusive(runs.front().run.min_ns, runs.back().run.max_ns);
}

std::unique_ptr<LogBatchSource> LogPart::OpenSource(std::shared_ptr<const LogPart> part,
                                                    uint32_t stream, const LogReadOptions* options,
                                                    const LogNeedles* needles) {
  return std::make_unique<PartStreamSource>(std::move(part), stream, options, needles);
}

absl::StatusOr<std::string_view> LogPart::Filter(uint32_t block) const {
  VARVE_ASSIGN_OR_RETURN(const std::string_view filters, file_->Section(SectionId::kLogFilters));
  const LogDirectoryBlock& entry = directory_.blocks[block];
  return filters.substr(entry.filter_offset, entry.filter_bytes);
}

absl::StatusOr<const LogTemplateTable*> LogPart::Templates() const {
  MutexLock lock(&templates_mutex_);
  if (templates_ != nullptr) return templates_.get();
  absl::Status status = absl::DataLossError(
      StrCat("cannot read templates of ", file_->name(), ": no section, want one"));
  // Every block needs them, so they are there twice.
  for (const SectionId id : {SectionId::kLogTemplates, SectionId::kLogTemplatesCopy}) {
    if (file_->FindSection(id) == nullptr) continue;
    const absl::StatusOr<std::string_view> bytes = file_->Section(id);
    auto table = std::make_unique<LogTemplateTable>();
    status = bytes.ok() ? table->Decode(*bytes) : bytes.status();
    if (status.ok()) {
      templates_ = std::move(table);
      return templates_.get();
    }
  }
  return status;
}

absl::StatusOr<MemoryBlockBytes> LogPart::BlockBytes(std::string_view block) const {
  VARVE_ASSIGN_OR_RETURN(const LogBlockHeader header, LogBlockHeader::Parse(block));
  if (header.encoding != MessageEncoding::kTemplates) return MemoryBlockBytes(block);
  VARVE_ASSIGN_OR_RETURN(const LogTemplateTable* templates, Templates());
  return MemoryBlockBytes(block, templates);
}

absl::Status LogPart::ReadBlock(uint32_t block, std::string* scratch,
                                std::string_view* bytes) const {
  const LogDirectoryBlock& entry = directory_.blocks[block];
  return file_->ReadBlock(SectionId::kLogData, entry.offset, entry.bytes, scratch, bytes);
}

}  // namespace varve::storage

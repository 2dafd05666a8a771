#include "storage/logs/log_part_writer.h"

#include <algorithm>
#include <utility>

#include "storage/logs/template_renumber.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Streams share a block until it holds this much; then the next stream begins one of its own. A
// read of one stream decodes the timestamps of the whole block, hence not more.
constexpr size_t kSharedBlockBytes = 128 << 10;
constexpr uint32_t kSharedBlockEntries = 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<LogPartWriter>> LogPartWriter::Create(FileSystem* files,
                                                                     std::string path,
                                                                     SignalKind kind) {
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<PartFileWriter> file,
                         PartFileWriter::Create(files, std::move(path), kind));
  VARVE_RETURN_IF_ERROR(file->BeginSection(SectionId::kLogData, SectionCheck::kPerBlock));
  return std::unique_ptr<LogPartWriter>(new LogPartWriter(std::move(file)));
}

absl::Status LogPartWriter::BeginStream(LabelSetView labels) {
  if (builder_.message_bytes() >= kSharedBlockBytes || builder_.entries() >= kSharedBlockEntries) {
    VARVE_RETURN_IF_ERROR(FinishBlock());
  }
  builder_.NextStream();
  labels_ = LabelSet(labels);
  has_stream_ = true;
  registered_ = false;
  return absl::OkStatus();
}

absl::Status LogPartWriter::RegisterStream() {
  if (registered_) return absl::OkStatus();
  if (!has_stream_) {
    return absl::InvalidArgumentError("cannot add log entry: no stream, want BeginStream before");
  }
  VARVE_ASSIGN_OR_RETURN(stream_, index_.Add(labels_));
  registered_ = true;
  last_ns_ = INT64_MIN;
  return absl::OkStatus();
}

absl::Status LogPartWriter::CheckOrder(int64_t timestamp_ns) {
  if (timestamp_ns < last_ns_) {
    return absl::InvalidArgumentError(StrCat("cannot add log entry of ", labels_.ToString(), ": ",
                                             timestamp_ns, ", want at least ", last_ns_));
  }
  return absl::OkStatus();
}

absl::Status LogPartWriter::Add(const Entry& entry) {
  VARVE_RETURN_IF_ERROR(RegisterStream());
  VARVE_RETURN_IF_ERROR(CheckOrder(entry.timestamp_ns));
  if (entry.line.size() > kLogLineBytesMax) {
    return absl::InvalidArgumentError(StrCat("cannot add log entry: line of ", entry.line.size(),
                                             " bytes, want at most ", kLogLineBytesMax));
  }
  if (builder_.IsFullFor(entry)) VARVE_RETURN_IF_ERROR(FinishBlock());
  last_ns_ = entry.timestamp_ns;
  builder_.Add(entry);
  if (builder_.streams() > builder_streams_.size()) builder_streams_.push_back(stream_);
  return absl::OkStatus();
}

absl::Status LogPartWriter::AddBlock(const LogBlock& block) {
  VARVE_RETURN_IF_ERROR(RegisterStream());
  VARVE_RETURN_IF_ERROR(CheckOrder(block.min_ns()));
  VARVE_RETURN_IF_ERROR(FinishBlock());
  last_ns_ = block.max_ns();
  builder_streams_.assign(1, stream_);
  return WriteBlock(block);
}

absl::Status LogPartWriter::FinishBlock() {
  if (builder_.empty()) return absl::OkStatus();
  return WriteBlock(builder_.Finish(encoder_ ? &*encoder_ : nullptr));
}

absl::StatusOr<bool> LogPartWriter::RenumberTemplates(const LogTemplateTable& from,
                                                      LogBlock* block) {
  return RenumberBlockTemplates(from, templates_.get(), &block->bytes);
}

absl::Status LogPartWriter::WriteBlock(const LogBlock& block) {
  VARVE_ASSIGN_OR_RETURN(const LogBlockHeader header, LogBlockHeader::Parse(block.bytes));
  VARVE_ASSIGN_OR_RETURN(const uint64_t offset, file_->AppendBlock(block.bytes));
  directory_.blocks.push_back({.offset = offset,
                               .bytes = static_cast<uint32_t>(block.bytes.size()),
                               .count_bytes = static_cast<uint32_t>(header.count_bytes()),
                               .entries = header.entries,
                               .runs = static_cast<uint32_t>(block.runs.size()),
                               .filter_offset = filters_.size(),
                               .filter_bytes = static_cast<uint32_t>(block.filter.size())});
  filters_.append(block.filter);
  uint32_t first_row = 0;
  for (size_t i = 0; i < block.runs.size(); ++i) {
    const LogBlockRun& run = block.runs[i];
    directory_.runs.push_back({.stream = builder_streams_[i],
                               .block = static_cast<uint32_t>(directory_.blocks.size() - 1),
                               .first_row = first_row,
                               .run = run});
    first_row += run.entries;
    const bool is_first = metadata_.entry_count == 0;
    metadata_.min_time = is_first ? run.min_ns : std::min(metadata_.min_time, run.min_ns);
    metadata_.max_time = is_first ? run.max_ns : std::max(metadata_.max_time, run.max_ns);
    metadata_.entry_count += run.entries;
    metadata_.raw_bytes += run.raw_bytes;
  }
  builder_streams_.clear();
  return between_blocks_ ? between_blocks_() : absl::OkStatus();
}

absl::StatusOr<PartMetadata> LogPartWriter::Finish(const PartMetadata& identity) {
  VARVE_RETURN_IF_ERROR(FinishBlock());
  if (metadata_.entry_count == 0) {
    return absl::FailedPreconditionError("cannot finish log part: 0 entries, want at least 1");
  }
  metadata_.part_id = identity.part_id;
  metadata_.level = identity.level;
  metadata_.partition_day = identity.partition_day;
  metadata_.series_count = index_.size();
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kLogFilters, filters_));
  const std::string templates = templates_->empty() ? std::string() : templates_->Encode();
  if (!templates.empty()) {
    VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kLogTemplates, templates));
  }
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kLogDirectory, directory_.Encode()));
  VARVE_ASSIGN_OR_RETURN(const SeriesIndexBytes index, index_.Finish());
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kIndexLabels, index.labels));
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kIndexSeries, index.series));
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kIndexPostings, index.postings));
  if (!templates.empty()) {
    VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kLogTemplatesCopy, templates));
  }
  VARVE_ASSIGN_OR_RETURN(file_bytes_, file_->Finish(metadata_));
  return metadata_;
}

}  // namespace varve::storage

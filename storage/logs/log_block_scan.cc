#include "storage/logs/log_block_scan.h"

#include <algorithm>

#include "storage/status_macros.h"

namespace varve::storage {

absl::Status LogBlockScan::Read(const LogBlockBytes* bytes, size_t count_bytes, LogRows rows,
                                LogColumns* columns) {
  *columns = LogColumns();
  size_ = 0;
  batch_begin_ = batch_end_ = 0;
  VARVE_RETURN_IF_ERROR(reader_.Open(bytes, count_bytes));
  VARVE_RETURN_IF_ERROR(reader_.LoadTimestamps());
  VARVE_RETURN_IF_ERROR(SelectRows(rows));
  return size_ == 0 ? absl::OkStatus() : ReadMore(columns);
}

absl::Status LogBlockScan::ReadMore(LogColumns* columns) {
  *columns = LogColumns();
  batch_begin_ = batch_end_;
  batch_end_ = size_;
  if (options_->batch_entries_max != 0) {
    batch_end_ = std::min(size_, batch_begin_ + options_->batch_entries_max);
  }
  columns->size = batch_end_ - batch_begin_;
  if (options_->need_line_bytes) VARVE_RETURN_IF_ERROR(reader_.LoadLineBytes());
  FillTimes(columns);
  if (options_->need_lines) {
    const bool shortens = options_->shortener != nullptr && options_->short_lines;
    VARVE_RETURN_IF_ERROR(shortens && reader_.has_templates() ? MakeShortLines(columns)
                                                              : FillLines(columns));
  }
  if (!options_->need_metadata) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const bool asked, LoadAskedMetadata());
  return asked ? FillMetadata(columns) : absl::OkStatus();
}

absl::Status LogBlockScan::LoadAll(LogColumns* columns) {
  VARVE_RETURN_IF_ERROR(FillLines(columns));
  columns->line_ids = {};
  return FillMetadata(columns);
}

absl::Status LogBlockScan::SelectRows(LogRows rows) {
  const std::vector<int64_t>& timestamps = reader_.timestamps_ns();
  const auto begin = timestamps.begin() + std::min(rows.begin, reader_.entries());
  const auto end = timestamps.begin() + std::min(rows.end, reader_.entries());
  if (begin >= end) return absl::OkStatus();
  const auto first = std::lower_bound(begin, end, options_->range_ns.begin);
  const auto last = std::lower_bound(first, end, options_->range_ns.end);
  first_ = static_cast<size_t>(first - timestamps.begin());
  size_ = static_cast<size_t>(last - first);
  scattered_ = false;
  if (size_ > 0 && !needles_->empty()) VARVE_RETURN_IF_ERROR(SelectLines());
  if (size_ > 0 && needles_->ask_metadata()) VARVE_RETURN_IF_ERROR(SelectMetadata());
  const bool shortens = options_->shortener != nullptr && !options_->short_lines;
  return size_ > 0 && shortens && reader_.has_templates() ? SelectShortened() : absl::OkStatus();
}

absl::StatusOr<bool> LogBlockScan::LoadAskedMetadata() {
  if (!options_->all_metadata) {
    VARVE_ASSIGN_OR_RETURN(const bool may_have, reader_.MayHaveMetadata(options_->metadata_names));
    if (!may_have) return false;
  }
  VARVE_RETURN_IF_ERROR(reader_.LoadMetadata());
  return reader_.metadata().any();
}

absl::Status LogBlockScan::SelectShortened() {
  std::vector<uint32_t> rows(size_);
  for (size_t i = 0; i < size_; ++i) {
    rows[i] = static_cast<uint32_t>(first_ + (scattered_ ? hits_[i] : i));
  }
  VARVE_RETURN_IF_ERROR(reader_.LoadTemplates());
  VARVE_RETURN_IF_ERROR(short_lines_.Make(reader_.templates(), rows, options_->shortener));
  VARVE_ASSIGN_OR_RETURN(const bool metadata, LoadAskedMetadata());
  enum class Verdict : uint8_t { kUnknown, kKept, kLeftOut };
  std::vector<Verdict> verdicts(short_lines_.lines().size(), Verdict::kUnknown);
  std::vector<uint32_t> kept;
  for (size_t i = 0; i < size_; ++i) {
    const uint32_t id = short_lines_.ids()[i];
    bool keeps = true;
    if (id != ShortLineMaker::kWholeLine) {
      const std::string_view line = short_lines_.lines()[id];
      if (metadata) {
        keeps = options_->shortener->Keeps(line, reader_.metadata().Get(rows[i]));
      } else {
        if (verdicts[id] == Verdict::kUnknown) {
          verdicts[id] = options_->shortener->Keeps(line, {}) ? Verdict::kKept : Verdict::kLeftOut;
        }
        keeps = verdicts[id] == Verdict::kKept;
      }
    }
    if (keeps) kept.push_back(rows[i] - static_cast<uint32_t>(first_));
  }
  hits_ = std::move(kept);
  scattered_ = true;
  size_ = hits_.size();
  return absl::OkStatus();
}

absl::Status LogBlockScan::SelectMetadata() {
  VARVE_RETURN_IF_ERROR(reader_.LoadMetadata());
  std::vector<uint32_t> kept;
  for (size_t i = 0; i < size_; ++i) {
    const uint32_t hit = scattered_ ? hits_[i] : static_cast<uint32_t>(i);
    if (needles_->MetadataMatches(reader_.metadata().Get(first_ + hit))) kept.push_back(hit);
  }
  hits_ = std::move(kept);
  scattered_ = true;
  size_ = hits_.size();
  return absl::OkStatus();
}

absl::Status LogBlockScan::SelectLines() {
  hits_.clear();
  if (reader_.has_templates()) {
    VARVE_RETURN_IF_ERROR(reader_.LoadTemplates());
    VARVE_RETURN_IF_ERROR(needles_->FindRows(reader_.templates(), &mask_));
    for (size_t i = 0; i < size_; ++i) {
      if (mask_[first_ + i] != 0) hits_.push_back(static_cast<uint32_t>(i));
    }
  } else {
    VARVE_RETURN_IF_ERROR(reader_.LoadMessages());
    needles_->FindLines(reader_.messages(), reader_.line_offsets().subspan(first_, size_ + 1),
                        &hits_);
  }
  scattered_ = hits_.size() < size_;
  size_ = hits_.size();
  return absl::OkStatus();
}

size_t LogBlockScan::Row(size_t i) const {
  if (options_->direction == Direction::kBackward) i = size_ - 1 - i;
  return first_ + (scattered_ ? hits_[i] : i);
}

void LogBlockScan::FillTimes(LogColumns* columns) {
  const size_t count = batch_end_ - batch_begin_;
  if (!scattered_ && options_->direction == Direction::kForward) {
    const size_t begin = first_ + batch_begin_;
    columns->timestamps_ns = std::span(reader_.timestamps_ns()).subspan(begin, count);
    if (options_->need_line_bytes) {
      columns->line_bytes = std::span(reader_.line_bytes()).subspan(begin, count);
    }
    return;
  }
  timestamps_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    timestamps_[i] = reader_.timestamps_ns()[Row(batch_begin_ + i)];
  }
  columns->timestamps_ns = timestamps_;
  if (!options_->need_line_bytes) return;
  line_bytes_.resize(count);
  for (size_t i = 0; i < count; ++i) line_bytes_[i] = reader_.line_bytes()[Row(batch_begin_ + i)];
  columns->line_bytes = line_bytes_;
}

absl::Status LogBlockScan::FillLines(LogColumns* columns) {
  lines_.resize(batch_end_ - batch_begin_);
  if (reader_.has_templates()) {
    VARVE_RETURN_IF_ERROR(MakeTemplateLines());
  } else {
    VARVE_RETURN_IF_ERROR(reader_.LoadMessages());
    for (size_t i = 0; i < lines_.size(); ++i) lines_[i] = reader_.line(Row(batch_begin_ + i));
  }
  columns->lines = lines_;
  return absl::OkStatus();
}

std::vector<uint32_t> LogBlockScan::BatchRows() const {
  const bool backward = options_->direction == Direction::kBackward;
  const size_t count = batch_end_ - batch_begin_;
  std::vector<uint32_t> rows(count);
  for (size_t i = 0; i < count; ++i) {
    rows[backward ? count - 1 - i : i] = static_cast<uint32_t>(Row(batch_begin_ + i));
  }
  return rows;
}

absl::Status LogBlockScan::MakeShortLines(LogColumns* columns) {
  VARVE_RETURN_IF_ERROR(reader_.LoadTemplates());
  const std::vector<uint32_t> rows = BatchRows();
  VARVE_RETURN_IF_ERROR(short_lines_.Make(reader_.templates(), rows, options_->shortener));
  line_ids_ = short_lines_.ids();
  lines_ = short_lines_.lines();
  std::vector<uint32_t> whole;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (line_ids_[i] != ShortLineMaker::kWholeLine) continue;
    line_ids_[i] = static_cast<uint32_t>(lines_.size() + whole.size());
    whole.push_back(rows[i]);
  }
  if (!whole.empty()) {
    std::vector<uint32_t> offsets;
    VARVE_RETURN_IF_ERROR(reader_.MakeLines(whole, &whole_text_, &offsets));
    for (size_t i = 0; i < whole.size(); ++i) {
      lines_.push_back(
          std::string_view(whole_text_).substr(offsets[i], offsets[i + 1] - offsets[i]));
    }
  }
  if (options_->direction == Direction::kBackward) {
    std::reverse(line_ids_.begin(), line_ids_.end());
  }
  columns->lines = lines_;
  columns->line_ids = line_ids_;
  return absl::OkStatus();
}

absl::Status LogBlockScan::MakeTemplateLines() {
  const bool backward = options_->direction == Direction::kBackward;
  const size_t count = lines_.size();
  const std::vector<uint32_t> rows = BatchRows();
  std::vector<uint32_t> offsets;
  VARVE_RETURN_IF_ERROR(reader_.MakeLines(rows, &line_text_, &offsets));
  for (size_t i = 0; i < count; ++i) {
    const size_t at = backward ? count - 1 - i : i;
    lines_[i] = std::string_view(line_text_).substr(offsets[at], offsets[at + 1] - offsets[at]);
  }
  return absl::OkStatus();
}

absl::Status LogBlockScan::FillMetadata(LogColumns* columns) {
  VARVE_RETURN_IF_ERROR(reader_.LoadMetadata());
  if (!reader_.metadata().any()) return absl::OkStatus();
  metadata_.resize(batch_end_ - batch_begin_);
  bool any = false;  // of these entries; other rows of the block may have some all the same
  for (size_t i = 0; i < metadata_.size(); ++i) {
    metadata_[i] = reader_.metadata().Get(Row(batch_begin_ + i));
    any = any || !metadata_[i].empty();
  }
  if (any) columns->metadata = metadata_;
  return absl::OkStatus();
}

}  // namespace varve::storage

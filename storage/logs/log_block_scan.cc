#include "storage/logs/log_block_scan.h"

#include <algorithm>

#include "storage/status_macros.h"

namespace varve::storage {

absl::Status LogBlockScan::Read(const LogBlockBytes* bytes, size_t count_bytes, LogRows rows,
                                LogColumns* columns) {
  *columns = LogColumns();
  size_ = 0;
  VARVE_RETURN_IF_ERROR(reader_.Open(bytes, count_bytes));
  VARVE_RETURN_IF_ERROR(reader_.LoadTimestamps());
  VARVE_RETURN_IF_ERROR(SelectRows(rows));
  columns->size = size_;
  if (size_ == 0) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(reader_.LoadLineBytes());
  FillTimes(columns);
  if (options_->need_lines) VARVE_RETURN_IF_ERROR(FillLines(columns));
  if (options_->need_metadata) VARVE_RETURN_IF_ERROR(FillMetadata(columns));
  return absl::OkStatus();
}

absl::Status LogBlockScan::LoadAll(LogColumns* columns) {
  VARVE_RETURN_IF_ERROR(FillLines(columns));
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
  if (size_ == 0 || needles_->empty()) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(reader_.LoadMessages());
  hits_.clear();
  needles_->FindLines(reader_.messages(), reader_.line_offsets().subspan(first_, size_ + 1),
                      &hits_);
  scattered_ = hits_.size() < size_;
  size_ = hits_.size();
  return absl::OkStatus();
}

size_t LogBlockScan::Row(size_t i) const {
  if (options_->direction == Direction::kBackward) i = size_ - 1 - i;
  return first_ + (scattered_ ? hits_[i] : i);
}

void LogBlockScan::FillTimes(LogColumns* columns) {
  if (!scattered_ && options_->direction == Direction::kForward) {
    columns->timestamps_ns = std::span(reader_.timestamps_ns()).subspan(first_, size_);
    columns->line_bytes = std::span(reader_.line_bytes()).subspan(first_, size_);
    return;
  }
  timestamps_.resize(size_);
  line_bytes_.resize(size_);
  for (size_t i = 0; i < size_; ++i) {
    const size_t row = Row(i);
    timestamps_[i] = reader_.timestamps_ns()[row];
    line_bytes_[i] = reader_.line_bytes()[row];
  }
  columns->timestamps_ns = timestamps_;
  columns->line_bytes = line_bytes_;
}

absl::Status LogBlockScan::FillLines(LogColumns* columns) {
  VARVE_RETURN_IF_ERROR(reader_.LoadMessages());
  lines_.resize(size_);
  for (size_t i = 0; i < size_; ++i) lines_[i] = reader_.line(Row(i));
  columns->lines = lines_;
  return absl::OkStatus();
}

absl::Status LogBlockScan::FillMetadata(LogColumns* columns) {
  VARVE_RETURN_IF_ERROR(reader_.LoadMetadata());
  if (!reader_.metadata().any()) return absl::OkStatus();
  metadata_.resize(size_);
  bool any = false;  // of these entries; other rows of the block may have some all the same
  for (size_t i = 0; i < size_; ++i) {
    metadata_[i] = reader_.metadata().Get(Row(i));
    any = any || !metadata_[i].empty();
  }
  if (any) columns->metadata = metadata_;
  return absl::OkStatus();
}

}  // namespace varve::storage

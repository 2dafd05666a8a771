#include "storage/logs/hiding_log_source.h"

#include <algorithm>
#include <utility>

#include "storage/status_macros.h"

namespace varve::storage {

HidingLogSource::HidingLogSource(std::unique_ptr<LogBatchSource> source, LabelSetView labels,
                                 const std::vector<HiddenEntries>& hidden)
    : source_(std::move(source)) {
  for (const HiddenEntries& one : hidden) {
    filters_.push_back({one.range, one.filter->ForStream(labels)});
  }
}

bool HidingLogSource::MayHide(const LogColumns& batch) const {
  const auto [first, last] =
      std::minmax(batch.timestamps_ns.front(), batch.timestamps_ns.back());  // in either direction
  const TimeRange span_ns = TimeRange::Inclusive(first, last);
  return std::any_of(filters_.begin(), filters_.end(),
                     [&](const Filter& filter) { return filter.range_ns.Overlaps(span_ns); });
}

bool HidingLogSource::IsHidden(const Entry& entry) {
  return std::any_of(filters_.begin(), filters_.end(), [&](Filter& filter) {
    return filter.range_ns.Contains(entry.timestamp_ns) && filter.matcher->Matches(entry);
  });
}

bool HidingLogSource::Keep(const LogColumns& all) {
  timestamps_.clear();
  line_bytes_.clear();
  lines_.clear();
  metadata_.clear();
  for (size_t i = 0; i < all.size; ++i) {
    const LabelSetView metadata = all.metadata.empty() ? LabelSetView() : all.metadata[i];
    if (IsHidden({all.timestamps_ns[i], all.lines[i], metadata})) continue;
    timestamps_.push_back(all.timestamps_ns[i]);
    line_bytes_.push_back(static_cast<uint32_t>(all.lines[i].size()));
    lines_.push_back(all.lines[i]);
    metadata_.push_back(metadata);
  }
  return timestamps_.size() < all.size;
}

absl::StatusOr<bool> HidingLogSource::Next(LogColumns* columns) {
  while (true) {
    is_cut_ = false;
    LogColumns batch;
    VARVE_ASSIGN_OR_RETURN(const bool more, source_->Next(&batch));
    if (!more) return false;
    *columns = batch;
    if (!MayHide(batch)) return true;
    VARVE_RETURN_IF_ERROR(source_->LoadAll(&batch));
    if (!Keep(batch)) return true;
    if (timestamps_.empty()) continue;
    is_cut_ = true;
    columns->size = timestamps_.size();
    columns->timestamps_ns = timestamps_;
    if (!columns->line_bytes.empty()) columns->line_bytes = line_bytes_;
    if (!columns->lines.empty()) columns->lines = lines_;
    if (!columns->metadata.empty()) columns->metadata = metadata_;
    return true;
  }
}

absl::Status HidingLogSource::LoadAll(LogColumns* columns) {
  if (!is_cut_) return source_->LoadAll(columns);
  columns->lines = lines_;
  const auto has_any = [](LabelSetView metadata) { return !metadata.empty(); };
  if (std::any_of(metadata_.begin(), metadata_.end(), has_any)) columns->metadata = metadata_;
  return absl::OkStatus();
}

}  // namespace varve::storage

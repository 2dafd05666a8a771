// SeriesCursor, declared in series_index.h.
#include <bit>
#include <cstring>
#include <utility>

#include "storage/encoding/byte_reader.h"
#include "storage/index/series_index.h"
#include "storage/index/series_index_writer.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status DamagedError(uint32_t id) {
  return absl::DataLossError(StrCat("cannot read series index: series ", id, " is damaged"));
}

}  // namespace

absl::Status SeriesCursor::Seek(uint32_t id) {
  if (id >= index_->series_count()) return DamagedError(id);
  if (next_ == id + 1) return absl::OkStatus();
  const uint32_t block = id / kSeriesBlockSeries;
  if (next_ > id || next_ / kSeriesBlockSeries != block) {
    next_ = block * kSeriesBlockSeries;
    rest_ = index_->SeriesBlock(block);
  }
  while (next_ <= id) {
    if (absl::Status status = Step(); !status.ok()) {
      next_ = UINT32_MAX;
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SeriesCursor::Step() {
  const uint32_t id = next_;
  if (id % kSeriesBlockSeries == 0) {
    shape_ = UINT32_MAX;
    name_ranks_.clear();
    value_ranks_.clear();
    packed_shape_ = false;
  }
  ByteReader reader(rest_);
  uint64_t head = 0;
  if (!reader.Varint(&head)) return DamagedError(id);
  const bool same_shape = (head & 1) != 0;
  uint64_t mask = head >> 1;
  if (same_shape) {
    if (shape_ == UINT32_MAX) return DamagedError(id);
  } else {
    if (mask >= UINT32_MAX) return DamagedError(id);
    packed_shape_ = false;
    shape_ = static_cast<uint32_t>(mask);
    old_name_ranks_.swap(name_ranks_);
    old_value_ranks_.swap(value_ranks_);
    VARVE_RETURN_IF_ERROR(index_->ReadShape(shape_, &name_ranks_));
    // A value is told against the one of the same name in the series before.
    value_ranks_.assign(name_ranks_.size(), 0);
    size_t at = 0;
    for (size_t i = 0; i < name_ranks_.size(); ++i) {
      while (at < old_name_ranks_.size() && old_name_ranks_[at] < name_ranks_[i]) ++at;
      if (at < old_name_ranks_.size() && old_name_ranks_[at] == name_ranks_[i]) {
        value_ranks_[i] = old_value_ranks_[at];
      }
    }
  }
  const size_t labels = name_ranks_.size();
  if (labels > kMaskLabelsMax) {
    mask = UINT64_MAX;
  } else if (!same_shape && !reader.Varint(&mask)) {
    return DamagedError(id);
  }
  if (labels <= kMaskLabelsMax && (mask >> labels) != 0) return DamagedError(id);
  changed_ |= mask;
  for (size_t i = 0; i < labels; ++i) {
    if (labels <= kMaskLabelsMax && ((mask >> i) & 1) == 0) continue;
    int64_t difference = 0;
    if (!reader.ZigZag(&difference)) return DamagedError(id);
    const uint64_t value = value_ranks_[i] + static_cast<uint64_t>(difference);
    if (value > UINT32_MAX) return DamagedError(id);
    value_ranks_[i] = static_cast<uint32_t>(value);
  }
  rest_ = reader.rest();
  ++next_;
  return absl::OkStatus();
}

absl::Status SeriesCursor::LoadName(uint32_t name_rank) {
  if (texts_.empty()) texts_.resize(index_->names_.size());
  NameText& text = texts_[name_rank];
  if (text.values.has_value()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(text.name, index_->names_.Get(name_rank));
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex::NameRegion region, index_->Region(name_rank));
  text.values.emplace(region.values);
  AppendPackedText(text.name, &text.packed);
  text.packed_name_bytes = text.packed.size();
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> SeriesCursor::PackedLabel(size_t place) {
  const uint32_t name_rank = name_ranks_[place];
  if (texts_.empty() || !texts_[name_rank].values.has_value()) {
    VARVE_RETURN_IF_ERROR(LoadName(name_rank));
  }
  NameText& text = texts_[name_rank];
  if (text.packed_rank != value_ranks_[place] || text.packed.size() == text.packed_name_bytes) {
    VARVE_RETURN_IF_ERROR(text.values->Seek(value_ranks_[place]));
    text.packed.resize(text.packed_name_bytes);
    if (const std::string_view value = text.values->text(); !value.empty()) {
      AppendPackedText(value, &text.packed);
    }
    text.packed_rank = value_ranks_[place];
  }
  // No set has an empty value; an index that was tampered with may.
  if (text.packed.size() == text.packed_name_bytes) return std::string_view();
  return std::string_view(text.packed);
}

absl::Status SeriesCursor::PackAll() {
  packed_.clear();
  packed_ends_.clear();
  for (size_t i = 0; i < name_ranks_.size(); ++i) {
    VARVE_ASSIGN_OR_RETURN(const std::string_view label, PackedLabel(i));
    packed_.append(label);
    packed_ends_.push_back(packed_.size());
  }
  return absl::OkStatus();
}

absl::Status SeriesCursor::PackChanged() {
  for (uint64_t left = changed_; left != 0; left &= left - 1) {
    const size_t place = static_cast<size_t>(std::countr_zero(left));
    NameText& text = texts_[name_ranks_[place]];  // loaded by PackAll
    VARVE_RETURN_IF_ERROR(text.values->Seek(value_ranks_[place]));
    const std::string_view value = text.values->text();
    const size_t begin = place == 0 ? 0 : packed_ends_[place - 1];
    const size_t old_bytes = packed_ends_[place] - begin;
    if (!value.empty() && value.size() < kPackedLongLength &&
        text.packed_name_bytes + 1 + value.size() == old_bytes) {
      std::memcpy(packed_.data() + packed_ends_[place] - value.size(), value.data(), value.size());
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const std::string_view label, PackedLabel(place));
    packed_.replace(begin, old_bytes, label);
    for (size_t i = place; i < packed_ends_.size(); ++i) {
      packed_ends_[i] += label.size() - old_bytes;  // wraps where it is less
    }
  }
  return absl::OkStatus();
}

absl::Status SeriesCursor::AppendPacked(std::string* packed) {
  // A set that could not be made is not what the next one is made of.
  const bool same_shape = std::exchange(packed_shape_, false);
  VARVE_RETURN_IF_ERROR(same_shape ? PackChanged() : PackAll());
  packed_shape_ = name_ranks_.size() <= kMaskLabelsMax;
  changed_ = 0;
  packed->append(packed_);
  return absl::OkStatus();
}

absl::Status SeriesCursor::AppendLabels(LabelSetBuilder* builder) {
  for (size_t i = 0; i < name_ranks_.size(); ++i) {
    VARVE_RETURN_IF_ERROR(LoadName(name_ranks_[i]));
    NameText& text = texts_[name_ranks_[i]];
    VARVE_RETURN_IF_ERROR(text.values->Seek(value_ranks_[i]));
    builder->Append(text.name, text.values->text());
  }
  return absl::OkStatus();
}

}  // namespace varve::storage

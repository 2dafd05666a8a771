#include "query/logql/entry_labels.h"

#include <utility>

#include "storage/model/text.h"

namespace varve::query {

using storage::LabelSet;
using storage::LabelSetView;
using storage::LabelView;

void EntryLabels::BeginStream(LabelSetView labels) {
  stream_.clear();
  for (const LabelView& label : labels) {
    stream_.push_back({label.name, label.value, LabelSource::kStream});
  }
  fields_ = stream_;
  changed_ = false;
  error_ = error_details_ = {};
  kept_count_ = 0;
}

void EntryLabels::BeginEntry(LabelSetView metadata) {
  kept_count_ = 0;
  if (changed_) {
    fields_.assign(stream_.begin(), stream_.end());
    error_ = error_details_ = {};
    changed_ = false;
  }
  for (const LabelView& label : metadata) {
    changed_ = true;
    if (label.name == kErrorLabel) {
      error_ = label.value;
    } else if (label.name == kErrorDetailsLabel) {
      error_details_ = label.value;
    } else if (FindField(label.name) == nullptr) {
      fields_.push_back({label.name, label.value, LabelSource::kMetadata});
    } else if (const std::string_view name = ExtractedName(label.name);
               FindField(name) == nullptr) {
      fields_.push_back({name, label.value, LabelSource::kMetadata});
    }
  }
}

EntryLabels::Field* EntryLabels::FindField(std::string_view name) {
  for (Field& field : fields_) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const std::string_view* EntryLabels::Find(std::string_view name) const {
  const Field* field = FindField(name);
  return field == nullptr ? nullptr : &field->value;
}

std::string_view EntryLabels::Get(std::string_view name) const {
  if (name == kErrorLabel) return error_;
  if (name == kErrorDetailsLabel) return error_details_;
  const Field* field = FindField(name);
  return field == nullptr ? std::string_view() : field->value;
}

std::string_view EntryLabels::ExtractedName(std::string_view name) {
  return Keep(storage::StrCat(name, kExtractedSuffix));
}

void EntryLabels::AddParsed(std::string_view name, std::string_view value) {
  changed_ = true;
  const Field* field = FindField(name);
  if (field == nullptr) {
    fields_.push_back({name, value, LabelSource::kParsed});
    return;
  }
  if (field->source == LabelSource::kParsed) return;
  const std::string_view extracted = ExtractedName(name);
  if (Field* other = FindField(extracted); other == nullptr) {
    fields_.push_back({extracted, value, LabelSource::kParsed});
  } else if (other->source != LabelSource::kParsed) {
    // Parsed wins the one `_extracted` name there is.
    other->value = value;
    other->source = LabelSource::kParsed;
  }
}

void EntryLabels::Set(std::string_view name, std::string_view value) {
  changed_ = true;
  if (Field* field = FindField(name); field != nullptr) {
    field->value = value;
    field->source = LabelSource::kParsed;
  } else {
    fields_.push_back({name, value, LabelSource::kParsed});
  }
}

void EntryLabels::Remove(std::string_view name) {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name != name) continue;
    fields_.erase(fields_.begin() + static_cast<std::ptrdiff_t>(i));
    changed_ = true;
    return;
  }
}

void EntryLabels::SetError(std::string_view error, std::string_view details) {
  if (has_error()) return;
  changed_ = true;
  error_ = error;
  error_details_ = details;
}

std::string_view EntryLabels::Keep(std::string text) {
  std::string* kept = NewText();
  *kept = std::move(text);
  return *kept;
}

std::string* EntryLabels::NewText() {
  if (kept_count_ == kept_.size()) kept_.emplace_back();
  std::string* text = &kept_[kept_count_++];
  text->clear();
  return text;
}

void EntryLabels::AppendErrors(
    std::vector<std::pair<std::string_view, std::string_view>>* pairs) const {
  if (!error_.empty()) pairs->emplace_back(kErrorLabel, error_);
  if (!error_details_.empty()) pairs->emplace_back(kErrorDetailsLabel, error_details_);
}

LabelSet EntryLabels::Collect(LabelSource source) const {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const Field& field : fields_) {
    if (field.source == source) pairs.emplace_back(field.name, field.value);
  }
  if (source == LabelSource::kParsed) AppendErrors(&pairs);
  return pairs.empty() ? LabelSet() : LabelSet::FromPairsWithEmpty(std::move(pairs));
}

LabelSet EntryLabels::CollectAll() const {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const Field& field : fields_) pairs.emplace_back(field.name, field.value);
  AppendErrors(&pairs);
  return LabelSet::FromPairsWithEmpty(std::move(pairs));
}

}  // namespace varve::query

#include "ingest/log_batch_builder.h"

#include <array>

#include "ingest/log_level.h"
#include "ingest/utf8.h"
#include "storage/model/text.h"

namespace varve::ingest {
namespace {

using storage::LabelSet;
using storage::LabelSetView;
using storage::Quote;
using storage::Rejection;
using storage::RejectReason;
using storage::StrCat;

bool IsLabelName(std::string_view name) {
  if (name.empty()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return true;
}

// `{detected_level="error"}` for each level: most entries have no other metadata.
LabelSetView LevelOnly(std::string_view level) {
  static const auto* const sets = [] {
    auto* made = new std::array<LabelSet, 8>;
    constexpr std::array<std::string_view, 8> kLevels = {"trace", "debug",    "info",  "warn",
                                                         "error", "critical", "fatal", "unknown"};
    for (size_t i = 0; i < kLevels.size(); ++i)
      (*made)[i] = LabelSet{{kDetectedLevelLabel, kLevels[i]}};
    return made;
  }();
  for (const LabelSet& set : *sets) {
    if (set.Get(kDetectedLevelLabel) == level) return set;
  }
  return sets->back();
}

}  // namespace

void LogBatchBuilder::BeginUnreadableStream(std::string_view why) {
  refused_ = std::string(why);
  refused_reason_ = RejectReason::kInvalidLabels;
  const auto here = static_cast<uint32_t>(request_->batch.entries.size());
  request_->batch.streams.push_back({{}, here, here});
}

void LogBatchBuilder::BeginStream(Pairs labels) {
  const auto here = static_cast<uint32_t>(request_->batch.entries.size());
  request_->batch.streams.push_back({{}, here, here});
  refused_.clear();
  refused_reason_ = RejectReason::kInvalidLabels;
  if (!CheckLabels(labels)) return;
  LabelSet set = LabelSet::FromPairs(std::move(labels));
  if (options_.discover_service_name && !set.Has(kServiceNameLabel)) {
    set = set.With(kServiceNameLabel, DiscoverServiceName(set));
  }
  if (set.empty()) refused_ = "error at least one label pair is required per stream";
  request_->labels.push_back(std::move(set));
  stream_ = request_->labels.back();
  request_->batch.streams.back().labels = stream_;
}

bool LogBatchBuilder::CheckLabels(const Pairs& labels) {
  const auto refuse = [this](RejectReason reason, std::string why) {
    refused_reason_ = reason;
    refused_ = std::move(why);
    return false;
  };
  const auto stream = [&labels] { return LabelSet::FromPairs(Pairs(labels)).ToString(); };
  if (labels.empty()) {
    return refuse(RejectReason::kInvalidLabels,
                  "error at least one label pair is required per stream");
  }
  if (labels.size() > options_.stream_labels_max) {
    return refuse(RejectReason::kTooManyLabels,
                  StrCat("entry for stream '", stream(), "' has ", labels.size(),
                         " label names; limit ", options_.stream_labels_max));
  }
  for (const auto& [name, value] : labels) {
    if (!IsLabelName(name)) {
      return refuse(RejectReason::kInvalidLabels,
                    StrCat("error parsing labels: invalid label name ", Quote(name)));
    }
    if (name.size() > options_.label_name_bytes_max) {
      return refuse(RejectReason::kLabelNameTooLong,
                    StrCat("stream '", stream(), "' has label name too long: '", name, "'"));
    }
    if (!IsUtf8(value)) {
      return refuse(RejectReason::kInvalidLabels,
                    StrCat("error parsing labels: value of label ", Quote(name), " is not UTF-8"));
    }
    if (value.size() > options_.label_value_bytes_max) {
      return refuse(RejectReason::kLabelValueTooLong,
                    StrCat("stream '", stream(), "' has label value too long: '", value, "'"));
    }
  }
  return true;
}

LabelSetView LogBatchBuilder::Metadata(std::string_view line, Pairs metadata) {
  if (metadata.empty() && !options_.discover_level) return {};
  if (metadata.empty()) return LevelOnly(DetectLevel(stream_, {}, line));
  LabelSet set = LabelSet::FromPairs(std::move(metadata));
  if (options_.discover_level && !set.Has(kDetectedLevelLabel)) {
    set = set.With(kDetectedLevelLabel, DetectLevel(stream_, set, line));
  }
  if (set.empty()) return {};
  request_->labels.push_back(std::move(set));
  return request_->labels.back();
}

std::optional<Rejection> LogBatchBuilder::CheckMetadata(const Pairs& metadata) const {
  size_t bytes = 0;
  for (const auto& [name, value] : metadata) {
    bytes += name.size() + value.size();
    if (!IsUtf8(name) || !IsUtf8(value) || name.empty()) {
      return Rejection{
          RejectReason::kInvalidLabels,
          StrCat("stream '", stream_.ToString(),
                 "' has structured metadata with an invalid name or value: ", Quote(name))};
    }
  }
  if (bytes > options_.metadata_bytes_max) {
    return Rejection{
        RejectReason::kMetadataTooLarge,
        StrCat("stream '", stream_.ToString(), "' has structured metadata too large: '", bytes,
               "' bytes, limit: '", options_.metadata_bytes_max,
               "' bytes. Please see `limits_config.max_structured_metadata_size` or "
               "contact your Loki administrator to increase it")};
  }
  if (metadata.size() > options_.metadata_labels_max) {
    return Rejection{
        RejectReason::kMetadataTooMany,
        StrCat("stream '", stream_.ToString(), "' has too many structured metadata labels: '",
               metadata.size(), "', limit: '", options_.metadata_labels_max,
               "'. Please see `limits_config.max_structured_metadata_entries_count` or "
               "contact your Loki administrator to increase it")};
  }
  return std::nullopt;
}

std::optional<Rejection> LogBatchBuilder::CheckLine(std::string_view* line) {
  if (line->size() <= options_.line_bytes_max) return std::nullopt;
  if (!options_.truncate_lines) {
    return Rejection{RejectReason::kLineTooLong,
                     StrCat("max entry size '", options_.line_bytes_max,
                            "' bytes exceeded for stream '", stream_.ToString(),
                            "' while adding an entry with length '", line->size(), "' bytes")};
  }
  *line = line->substr(0, options_.line_bytes_max);
  ++request_->truncated;
  return std::nullopt;
}

std::optional<Rejection> LogBatchBuilder::AddEntry(int64_t timestamp_ns, std::string_view line,
                                                   Pairs metadata) {
  std::optional<Rejection> refused;
  if (!refused_.empty()) refused = Rejection{refused_reason_, refused_};
  if (!refused.has_value()) refused = CheckLine(&line);
  if (!refused.has_value()) refused = CheckMetadata(metadata);
  if (refused.has_value()) {
    request_->Reject(refused->reason, refused->message);
    return refused;
  }
  request_->line_bytes += line.size();
  request_->batch.entries.push_back({timestamp_ns, line, Metadata(line, std::move(metadata))});
  return std::nullopt;
}

void LogBatchBuilder::EndStream() {
  storage::LogBatch& batch = request_->batch;
  batch.streams.back().end = static_cast<uint32_t>(batch.entries.size());
  if (batch.streams.back().begin == batch.streams.back().end) batch.streams.pop_back();
}

}  // namespace varve::ingest

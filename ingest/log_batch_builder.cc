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
using storage::RejectReason;
using storage::StrCat;

bool IsLabelName(std::string_view name) {
  if (name.empty() || name.size() > kLabelNameBytesMax) return false;
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
  const auto here = static_cast<uint32_t>(request_->batch.entries.size());
  request_->batch.streams.push_back({{}, here, here});
}

void LogBatchBuilder::BeginStream(Pairs labels) {
  const auto here = static_cast<uint32_t>(request_->batch.entries.size());
  request_->batch.streams.push_back({{}, here, here});
  refused_.clear();
  if (labels.empty()) refused_ = "error at least one label pair is required per stream";
  if (labels.size() > kStreamLabelsMax) {
    refused_ =
        StrCat("entry for stream has ", labels.size(), " label names; limit ", kStreamLabelsMax);
  }
  for (const auto& [name, value] : labels) {
    if (!refused_.empty()) break;
    if (!IsLabelName(name)) {
      refused_ = StrCat("error parsing labels: invalid label name ", Quote(name));
    } else if (value.size() > kLabelValueBytesMax) {
      refused_ = StrCat("stream has label value too long for label ", Quote(name), ": ",
                        value.size(), " bytes, want at most ", kLabelValueBytesMax);
    } else if (!IsUtf8(value)) {
      refused_ = StrCat("error parsing labels: value of label ", Quote(name), " is not UTF-8");
    }
  }
  if (!refused_.empty()) return;
  LabelSet set = LabelSet::FromPairs(std::move(labels));
  if (options_.discover_service_name && !set.Has(kServiceNameLabel)) {
    set = set.With(kServiceNameLabel, DiscoverServiceName(set));
  }
  if (set.empty()) refused_ = "error at least one label pair is required per stream";
  request_->labels.push_back(std::move(set));
  stream_ = request_->labels.back();
  request_->batch.streams.back().labels = stream_;
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

void LogBatchBuilder::AddEntry(int64_t timestamp_ns, std::string_view line, Pairs metadata) {
  if (!refused_.empty()) return RejectEntry(refused_);
  if (line.size() > options_.line_bytes_max) {
    return RejectEntry(StrCat("max entry size '", options_.line_bytes_max,
                              "' bytes exceeded for stream '", stream_.ToString(),
                              "' while adding an entry with length '", line.size(), "' bytes"));
  }
  size_t metadata_bytes = 0;
  for (const auto& [name, value] : metadata) {
    metadata_bytes += name.size() + value.size();
    if (!IsUtf8(name) || !IsUtf8(value) || name.empty()) {
      return RejectEntry(
          StrCat("stream '", stream_.ToString(),
                 "' has structured metadata with an invalid name or value: ", Quote(name)));
    }
  }
  if (metadata.size() > kMetadataLabelsMax || metadata_bytes > kMetadataBytesMax) {
    return RejectEntry(StrCat("stream '", stream_.ToString(),
                              "' has too much structured metadata: ", metadata.size(),
                              " labels of ", metadata_bytes, " bytes, want at most ",
                              kMetadataLabelsMax, " of ", kMetadataBytesMax));
  }
  request_->line_bytes += line.size();
  request_->batch.entries.push_back({timestamp_ns, line, Metadata(line, std::move(metadata))});
}

void LogBatchBuilder::RejectEntry(std::string message) {
  ++request_->rejected;
  if (request_->rejections.size() < storage::kRejectionsMax) {
    request_->rejections.push_back({RejectReason::kInvalidLabels, std::move(message)});
  }
}

void LogBatchBuilder::EndStream() {
  storage::LogBatch& batch = request_->batch;
  batch.streams.back().end = static_cast<uint32_t>(batch.entries.size());
  if (batch.streams.back().begin == batch.streams.back().end) batch.streams.pop_back();
}

}  // namespace varve::ingest

#include "tests/support/memory_log_querier.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace varve::test {

using storage::LabelSet;
using storage::LabelSetView;
using storage::LogColumns;
using storage::LogReadOptions;
using storage::Matcher;
using storage::TimeRange;

namespace {

// Few enough that tests see several batches.
constexpr size_t kBatchEntries = 7;

// Places letter by letter; k and s have a relative beyond ASCII each.
bool ContainsFolded(std::string_view line, std::string_view text) {
  for (size_t begin = 0; begin <= line.size(); ++begin) {
    std::string_view rest = line.substr(begin);
    const auto takes = [&rest](char c) {
      const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const std::string_view relative = lower == 'k'   ? "\xe2\x84\xaa"
                                        : lower == 's' ? "\xc5\xbf"
                                                       : "";
      if (!rest.empty() && std::tolower(static_cast<unsigned char>(rest[0])) == lower) {
        rest.remove_prefix(1);
        return true;
      }
      if (relative.empty() || rest.substr(0, relative.size()) != relative) return false;
      rest.remove_prefix(relative.size());
      return true;
    };
    if (std::all_of(text.begin(), text.end(), takes)) return true;
  }
  return false;
}

class MemoryCursor final : public storage::LogCursor {
 public:
  MemoryCursor(const MemoryLogQuerier::Entries& entries, const LogReadOptions& options)
      : options_(options) {
    const auto begin = entries.lower_bound(options.range_ns.begin);
    const auto end = entries.lower_bound(options.range_ns.end);
    for (auto it = begin; it != end; ++it) {
      if (Meets(it->second.line, it->second.metadata)) found_.push_back(&*it);
    }
    if (options.direction == storage::Direction::kBackward) {
      std::reverse(found_.begin(), found_.end());
    }
  }

  absl::StatusOr<bool> Next(LogColumns* columns) override {
    if (at_ >= found_.size()) return false;
    const size_t end = std::min(found_.size(), at_ + kBatchEntries);
    timestamps_.clear();
    line_bytes_.clear();
    lines_.clear();
    metadata_.clear();
    bool any_metadata = false;
    for (; at_ < end; ++at_) {
      const auto& [timestamp, entry] = *found_[at_];
      timestamps_.push_back(timestamp);
      line_bytes_.push_back(static_cast<uint32_t>(entry.line.size()));
      if (options_.need_lines) lines_.push_back(entry.line);
      metadata_.push_back(entry.metadata);
      any_metadata = any_metadata || !entry.metadata.empty();
    }
    columns->size = timestamps_.size();
    columns->timestamps_ns = timestamps_;
    columns->line_bytes = line_bytes_;
    columns->lines = lines_;
    columns->metadata = {};
    if (options_.need_metadata && any_metadata) columns->metadata = metadata_;
    return true;
  }

 private:
  bool Meets(std::string_view line, LabelSetView metadata) const {
    for (const storage::LineCondition& condition : options_.line_conditions) {
      const bool contains = std::any_of(
          condition.any_of.begin(), condition.any_of.end(), [&](const std::string& text) {
            return condition.fold_case ? ContainsFolded(line, text)
                                       : line.find(text) != std::string_view::npos;
          });
      if (contains == condition.negative) return false;
    }
    return std::all_of(options_.metadata_conditions.begin(), options_.metadata_conditions.end(),
                       [&](const storage::MetadataCondition& condition) {
                         return metadata.Get(condition.name) == condition.value;
                       });
  }

  LogReadOptions options_;
  std::vector<const MemoryLogQuerier::Entries::value_type*> found_;
  size_t at_ = 0;
  std::vector<int64_t> timestamps_;
  std::vector<uint32_t> line_bytes_;
  std::vector<std::string_view> lines_;
  std::vector<LabelSetView> metadata_;
};

class MemorySelection final : public storage::LogSelection {
 public:
  using Stream = std::pair<const LabelSet, MemoryLogQuerier::Entries>;
  MemorySelection(std::vector<const Stream*> streams, std::atomic<bool>* lines_read)
      : streams_(std::move(streams)), lines_read_(lines_read) {}

  size_t size() const override { return streams_.size(); }
  LabelSetView labels(size_t index) const override { return streams_[index]->first; }
  absl::StatusOr<std::unique_ptr<storage::LogCursor>> Open(
      size_t index, const LogReadOptions& options) const override {
    if (options.need_lines) *lines_read_ = true;
    return std::make_unique<MemoryCursor>(streams_[index]->second, options);
  }

 private:
  std::vector<const Stream*> streams_;
  std::atomic<bool>* lines_read_;
};

absl::Status NoMetrics() { return absl::UnimplementedError("this querier holds logs alone"); }

}  // namespace

void MemoryLogQuerier::Add(const LabelSet& stream, int64_t timestamp_ns, std::string_view line,
                           const LabelSet& metadata) {
  streams_[stream].emplace(timestamp_ns, StoredEntry{std::string(line), metadata});
}

absl::StatusOr<std::unique_ptr<storage::LogSelection>> MemoryLogQuerier::SelectLogs(
    const std::vector<Matcher>& matchers, TimeRange range_ns) const {
  std::vector<const MemorySelection::Stream*> found;
  for (const auto& stream : streams_) {
    const auto first = stream.second.lower_bound(range_ns.begin);
    if (first == stream.second.end() || first->first >= range_ns.end) continue;
    if (storage::MatchesAll(matchers, stream.first)) found.push_back(&stream);
  }
  return std::make_unique<MemorySelection>(std::move(found), &lines_read_);
}

absl::StatusOr<std::unique_ptr<storage::MetricSelection>> MemoryLogQuerier::SelectMetrics(
    const std::vector<Matcher>&, TimeRange) const {
  return NoMetrics();
}

absl::StatusOr<std::vector<std::string>> MemoryLogQuerier::MetricLabelNames(
    const std::vector<Matcher>&, TimeRange) const {
  return NoMetrics();
}

absl::StatusOr<std::vector<std::string>> MemoryLogQuerier::MetricLabelValues(
    std::string_view, const std::vector<Matcher>&, TimeRange) const {
  return NoMetrics();
}

absl::StatusOr<std::vector<std::string>> MemoryLogQuerier::LogLabelNames(
    const std::vector<Matcher>& matchers, TimeRange) const {
  std::set<std::string> names;
  for (const auto& stream : streams_) {
    if (!storage::MatchesAll(matchers, stream.first)) continue;
    for (const storage::LabelView& label : stream.first) names.emplace(label.name);
  }
  return std::vector<std::string>(names.begin(), names.end());
}

absl::StatusOr<std::vector<std::string>> MemoryLogQuerier::LogLabelValues(
    std::string_view name, const std::vector<Matcher>& matchers, TimeRange) const {
  std::set<std::string> values;
  for (const auto& stream : streams_) {
    if (storage::MatchesAll(matchers, stream.first) && stream.first.Has(name)) {
      values.emplace(stream.first.Get(name));
    }
  }
  return std::vector<std::string>(values.begin(), values.end());
}

absl::StatusOr<storage::LogVolume> MemoryLogQuerier::Volume(const std::vector<Matcher>& matchers,
                                                            TimeRange range_ns) const {
  storage::LogVolume volume;
  for (const auto& stream : streams_) {
    if (!storage::MatchesAll(matchers, stream.first)) continue;
    ++volume.streams;
    for (const auto& [timestamp, entry] : stream.second) {
      if (!range_ns.Contains(timestamp)) continue;
      ++volume.entries;
      volume.bytes += entry.line.size();
    }
  }
  return volume;
}

}  // namespace varve::test

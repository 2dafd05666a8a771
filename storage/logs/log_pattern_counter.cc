#include "storage/logs/log_pattern_counter.h"

#include <algorithm>
#include <deque>
#include <memory>

#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Bounds what a query keeps: real services have a few hundred.
constexpr size_t kLogPatternsMax = 4096;
constexpr size_t kNoPattern = SIZE_MAX;
// Groups beyond these (levels are a handful) are counted with the first.
constexpr size_t kGroupsMax = 64;
constexpr std::string_view kGap = "<_>";

// `<_>` once for neighbouring slots; empty for a line that is nothing but a slot.
std::string PatternText(const LogTemplate& entry) {
  if (entry.pattern() == kWholeLinePattern) return "";
  std::string text;
  for (size_t i = 0; i <= entry.slots().size(); ++i) {
    text.append(entry.piece(i));
    const bool repeats = text.size() >= kGap.size() &&
                         std::string_view(text).substr(text.size() - kGap.size()) == kGap;
    if (i < entry.slots().size() && !repeats) text.append(kGap);
  }
  return text;
}

}  // namespace

bool LogPatternCounter::IsWanted(int64_t timestamp_ns) const {
  return std::any_of(wanted_ns_.begin(), wanted_ns_.end(),
                     [&](const TimeRange& range_ns) { return range_ns.Contains(timestamp_ns); });
}

absl::Status LogPatternCounter::AddPart(const VisibleLogPart& visible, uint32_t stream) {
  VARVE_ASSIGN_OR_RETURN(wanted_ns_, VisibleRangesOf(visible, stream, range_ns_));
  VARVE_ASSIGN_OR_RETURN(const bool filtered, HasHiddenEntries(visible, stream, wanted_ns_));
  if (filtered) return AddFiltered(visible, stream);
  const LogPart& part = *visible.reader;
  std::string scratch;
  for (const LogDirectoryRun& run : part.Runs(stream)) {
    const TimeRange span_ns = TimeRange::Inclusive(run.run.min_ns, run.run.max_ns);
    if (std::none_of(wanted_ns_.begin(), wanted_ns_.end(),
                     [&](const TimeRange& range_ns) { return range_ns.Overlaps(span_ns); })) {
      continue;
    }
    std::string_view block;
    VARVE_RETURN_IF_ERROR(part.ReadBlock(run.block, &scratch, &block));
    VARVE_ASSIGN_OR_RETURN(const MemoryBlockBytes bytes, part.BlockBytes(block));
    VARVE_RETURN_IF_ERROR(AddBlock(bytes, run.first_row, run.first_row + run.run.entries));
  }
  return absl::OkStatus();
}

absl::Status LogPatternCounter::AddFiltered(const VisibleLogPart& part, uint32_t stream) {
  const LogNeedles needles;
  std::deque<LogReadOptions> reads;
  std::vector<std::unique_ptr<LogBatchSource>> sources;
  VARVE_RETURN_IF_ERROR(
      AppendVisibleSources(part, stream, {.range_ns = range_ns_}, &needles, &reads, &sources));
  for (const auto& source : sources) {
    LogColumns columns;
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const bool more, source->Next(&columns));
      if (!more) break;
      for (size_t i = 0; i < columns.size; ++i) {
        AddLine(columns.lines[i], columns.timestamps_ns[i],
                columns.metadata.empty() ? LabelSetView() : columns.metadata[i]);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status LogPatternCounter::AddSnapshot(const LogStreamSnapshot& snapshot) {
  wanted_ns_ = {range_ns_};
  for (const LogSnapshotPiece& piece : snapshot.pieces) {
    if (piece.block != nullptr) {
      VARVE_RETURN_IF_ERROR(
          AddBlock(MemoryBlockBytes(piece.block->bytes), 0, piece.block->entries()));
      continue;
    }
    for (const TailEntry& entry : piece.tail.entries) {
      AddLine(entry.line(), entry.timestamp_ns, entry.metadata());
    }
  }
  return absl::OkStatus();
}

absl::Status LogPatternCounter::AddBlock(const LogBlockBytes& bytes, uint32_t first_row,
                                         uint32_t end_row) {
  VARVE_RETURN_IF_ERROR(reader_.Open(&bytes));
  VARVE_RETURN_IF_ERROR(reader_.LoadTimestamps());
  const std::vector<int64_t>& timestamps = reader_.timestamps_ns();
  end_row = std::min(end_row, reader_.entries());
  if (!group_by_.empty()) VARVE_RETURN_IF_ERROR(reader_.LoadMetadata());
  const auto metadata = [&](uint32_t row) {
    return group_by_.empty() ? LabelSetView() : reader_.metadata().Get(row);
  };
  if (!reader_.has_templates()) {
    VARVE_RETURN_IF_ERROR(reader_.LoadMessages());
    for (uint32_t row = first_row; row < end_row; ++row) {
      AddLine(reader_.line(row), timestamps[row], metadata(row));
    }
    return absl::OkStatus();
  }
  VARVE_ASSIGN_OR_RETURN(const LogTemplateTable* table, bytes.Templates());
  VARVE_RETURN_IF_ERROR(reader_.LoadTemplates());
  absl::flat_hash_map<std::pair<uint32_t, size_t>, size_t> known;  // template and group
  for (uint32_t row = first_row; row < end_row; ++row) {
    if (!IsWanted(timestamps[row])) continue;
    const uint32_t id = reader_.templates()->template_id(row);
    const size_t group = GroupOf(metadata(row));
    const auto [found, is_new] = known.try_emplace({id, group});
    if (is_new) found->second = PatternOf(PatternText(table->at(id)), group);
    Count(found->second, timestamps[row]);
  }
  return absl::OkStatus();
}

void LogPatternCounter::AddLine(std::string_view line, int64_t timestamp_ns,
                                LabelSetView metadata) {
  if (!IsWanted(timestamp_ns)) return;
  lexer_.Split(line, WordMode::kFixed);
  const absl::StatusOr<LogTemplate> parsed = LogTemplate::Parse(lexer_.pattern());
  if (parsed.ok()) Count(PatternOf(PatternText(*parsed), GroupOf(metadata)), timestamp_ns);
}

size_t LogPatternCounter::GroupOf(LabelSetView metadata) {
  if (group_by_.empty()) return 0;
  const std::string_view value = metadata.Get(group_by_);
  const auto found = std::find(groups_.begin(), groups_.end(), value);
  if (found != groups_.end()) return static_cast<size_t>(found - groups_.begin());
  if (groups_.size() == kGroupsMax) return 0;
  groups_.emplace_back(value);
  return groups_.size() - 1;
}

size_t LogPatternCounter::PatternOf(std::string_view text, size_t group) {
  if (text.empty()) return kNoPattern;
  key_.assign(text);
  key_.push_back('\0');
  key_.push_back(static_cast<char>(group));
  if (const auto known = index_.find(key_); known != index_.end()) return known->second;
  if (patterns_.size() == kLogPatternsMax) return kNoPattern;
  index_.emplace(key_, patterns_.size());
  patterns_.push_back({std::string(text), groups_[group], 0, {}});
  return patterns_.size() - 1;
}

void LogPatternCounter::Count(size_t at, int64_t timestamp_ns) {
  if (at == kNoPattern) return;
  LogPattern& pattern = patterns_[at];
  const int64_t step = FloorDivide(timestamp_ns, step_ns_) * step_ns_;
  ++pattern.lines;
  if (!pattern.steps.empty() && pattern.steps.back().first == step) {  // the usual case
    ++pattern.steps.back().second;
    return;
  }
  const auto place = std::lower_bound(pattern.steps.begin(), pattern.steps.end(),
                                      std::pair<int64_t, uint64_t>(step, 0));
  if (place != pattern.steps.end() && place->first == step) {
    ++place->second;
  } else {
    pattern.steps.insert(place, {step, 1});
  }
}

std::vector<LogPattern> LogPatternCounter::Finish() && {
  std::stable_sort(patterns_.begin(), patterns_.end(),
                   [](const LogPattern& a, const LogPattern& b) { return a.lines > b.lines; });
  return std::move(patterns_);
}

}  // namespace varve::storage

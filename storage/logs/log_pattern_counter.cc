#include "storage/logs/log_pattern_counter.h"

#include <algorithm>
#include <optional>

#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Bounds what a query keeps: real services have a few hundred.
constexpr size_t kLogPatternsMax = 4096;
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

absl::Status LogPatternCounter::AddSnapshot(const LogStreamSnapshot& snapshot) {
  wanted_ns_ = {range_ns_};
  for (const LogSnapshotPiece& piece : snapshot.pieces) {
    if (piece.block != nullptr) {
      VARVE_RETURN_IF_ERROR(
          AddBlock(MemoryBlockBytes(piece.block->bytes), 0, piece.block->entries()));
      continue;
    }
    for (const TailEntry& entry : piece.tail.entries) AddLine(entry.line(), entry.timestamp_ns);
  }
  return absl::OkStatus();
}

absl::Status LogPatternCounter::AddBlock(const LogBlockBytes& bytes, uint32_t first_row,
                                         uint32_t end_row) {
  VARVE_RETURN_IF_ERROR(reader_.Open(&bytes));
  VARVE_RETURN_IF_ERROR(reader_.LoadTimestamps());
  const std::vector<int64_t>& timestamps = reader_.timestamps_ns();
  end_row = std::min(end_row, reader_.entries());
  if (!reader_.has_templates()) {
    VARVE_RETURN_IF_ERROR(reader_.LoadMessages());
    for (uint32_t row = first_row; row < end_row; ++row)
      AddLine(reader_.line(row), timestamps[row]);
    return absl::OkStatus();
  }
  VARVE_ASSIGN_OR_RETURN(const LogTemplateTable* table, bytes.Templates());
  VARVE_RETURN_IF_ERROR(reader_.LoadTemplates());
  absl::flat_hash_map<uint32_t, std::string> texts;
  for (uint32_t row = first_row; row < end_row; ++row) {
    if (!IsWanted(timestamps[row])) continue;
    const uint32_t id = reader_.templates()->template_id(row);
    const auto [found, is_new] = texts.try_emplace(id);
    if (is_new) found->second = PatternText(table->at(id));
    Count(found->second, timestamps[row]);
  }
  return absl::OkStatus();
}

void LogPatternCounter::AddLine(std::string_view line, int64_t timestamp_ns) {
  if (!IsWanted(timestamp_ns)) return;
  lexer_.Split(line, WordMode::kFixed);
  const absl::StatusOr<LogTemplate> parsed = LogTemplate::Parse(lexer_.pattern());
  if (parsed.ok()) Count(PatternText(*parsed), timestamp_ns);
}

void LogPatternCounter::Count(std::string_view text, int64_t timestamp_ns) {
  if (text.empty()) return;
  const auto known = index_.find(text);
  size_t at = patterns_.size();
  if (known != index_.end()) {
    at = known->second;
  } else {
    if (patterns_.size() == kLogPatternsMax) return;
    index_.emplace(std::string(text), at);
    patterns_.push_back({std::string(text), 0, {}});
  }
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

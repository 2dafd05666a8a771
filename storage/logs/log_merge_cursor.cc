#include "storage/logs/log_merge_cursor.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// A run of at least this many entries of one source is passed through; shorter ones are gathered,
// because a caller pays for each batch.
constexpr size_t kPassThroughEntries = 64;
constexpr size_t kGatheredEntriesMax = 1024;

}  // namespace

LogMergeCursor::LogMergeCursor(std::vector<std::unique_ptr<LogBatchSource>> sources,
                               const LogReadOptions& options)
    : backward_(options.direction == Direction::kBackward),
      need_lines_(options.need_lines),
      need_line_bytes_(options.need_line_bytes),
      need_metadata_(options.need_metadata),
      asks_all_(options.need_lines && options.need_metadata && options.all_metadata &&
                !options.short_lines),
      batch_entries_max_(options.batch_entries_max != 0 ? options.batch_entries_max : SIZE_MAX) {
  // In a backward read the last to arrive comes first, so that a stable choice is right for both.
  if (backward_) std::reverse(sources.begin(), sources.end());
  inputs_.resize(sources.size());
  for (size_t i = 0; i < sources.size(); ++i) inputs_[i].source = std::move(sources[i]);
}

absl::StatusOr<bool> LogMergeCursor::Next(LogColumns* columns) {
  if (Emit(columns)) return true;
  emitted_ = 0;
  output_.timestamps.clear();
  output_.line_bytes.clear();
  output_.lines.clear();
  output_.metadata.clear();
  output_.any_metadata = false;
  owned_.clear();
  for (Input& input : inputs_) input.contributed = false;

  const size_t gathered_max = std::min(kGatheredEntriesMax, batch_entries_max_);
  while (output_.timestamps.size() < gathered_max) {
    bool has_other = false;
    int64_t other_bound = 0;
    Input* input = PickFirst(&has_other, &other_bound);
    if (input == nullptr) break;
    if (!input->has_batch) {
      if (input->contributed) break;
      VARVE_RETURN_IF_ERROR(LoadBatch(input));
      continue;
    }
    const int64_t timestamp_ns = input->bound_ns();
    if (has_other && other_bound == timestamp_ns) {
      bool emit_first = false;
      VARVE_RETURN_IF_ERROR(HandleTie(timestamp_ns, &emit_first));
      if (emit_first) break;
      continue;
    }
    const size_t run = RunLength(*input, has_other, other_bound);
    if (run >= kPassThroughEntries || !has_other) {
      if (!output_.timestamps.empty()) break;
      const size_t count = std::min(run, batch_entries_max_);
      *columns = Slice(*input, count);
      Advance(input, count);
      return true;
    }
    Append(input, run);
  }
  return Emit(columns);
}

LogMergeCursor::Input* LogMergeCursor::PickFirst(bool* has_other, int64_t* other_bound) {
  Input* first = nullptr;
  int64_t first_bound = 0;
  *has_other = false;
  for (Input& input : inputs_) {
    if (input.done) continue;
    const int64_t bound = input.bound_ns();
    int64_t loser = bound;
    if (first == nullptr || Before(bound, first_bound)) {
      loser = first_bound;
      const bool is_only = first == nullptr;
      first = &input;
      first_bound = bound;
      if (is_only) continue;
    }
    if (!*has_other || Before(loser, *other_bound)) *other_bound = loser;
    *has_other = true;
  }
  return first;
}

absl::Status LogMergeCursor::LoadBatch(Input* input) {
  input->batch = LogColumns();
  VARVE_ASSIGN_OR_RETURN(const bool more, input->source->Next(&input->batch));
  input->done = !more;
  input->has_batch = more && input->batch.size > 0;
  input->position = 0;
  input->complete = asks_all_;
  return absl::OkStatus();
}

void LogMergeCursor::Advance(Input* input, size_t count) {
  input->position += count;
  input->has_batch = input->position < input->batch.size;
}

size_t LogMergeCursor::RunLength(const Input& input, bool has_other, int64_t other_bound) const {
  const auto rest = input.batch.timestamps_ns.subspan(input.position);
  if (!has_other) return rest.size();
  const auto end = std::partition_point(rest.begin(), rest.end(),
                                        [&](int64_t t) { return Before(t, other_bound); });
  return static_cast<size_t>(end - rest.begin());
}

LogColumns LogMergeCursor::Slice(const Input& input, size_t count) const {
  LogColumns slice;
  slice.size = count;
  slice.timestamps_ns = input.batch.timestamps_ns.subspan(input.position, count);
  if (need_line_bytes_) slice.line_bytes = input.batch.line_bytes.subspan(input.position, count);
  if (need_lines_ && !input.batch.line_ids.empty()) {
    slice.lines = input.batch.lines;
    slice.line_ids = input.batch.line_ids.subspan(input.position, count);
  } else if (need_lines_) {
    slice.lines = input.batch.lines.subspan(input.position, count);
  }
  if (need_metadata_ && !input.batch.metadata.empty()) {
    slice.metadata = input.batch.metadata.subspan(input.position, count);
  }
  return slice;
}

void LogMergeCursor::Append(Input* input, size_t count) {
  const LogColumns run = Slice(*input, count);
  output_.timestamps.insert(output_.timestamps.end(), run.timestamps_ns.begin(),
                            run.timestamps_ns.end());
  output_.line_bytes.insert(output_.line_bytes.end(), run.line_bytes.begin(), run.line_bytes.end());
  if (run.line_ids.empty()) {
    output_.lines.insert(output_.lines.end(), run.lines.begin(), run.lines.end());
  } else {
    for (const uint32_t id : run.line_ids) output_.lines.push_back(run.lines[id]);
  }
  if (run.metadata.empty()) {
    output_.metadata.resize(output_.timestamps.size());
  } else {
    output_.metadata.insert(output_.metadata.end(), run.metadata.begin(), run.metadata.end());
    output_.any_metadata = true;
  }
  input->contributed = true;
  Advance(input, count);
}

bool LogMergeCursor::Emit(LogColumns* columns) {
  const size_t begin = emitted_;
  const size_t count = std::min(output_.timestamps.size() - begin, batch_entries_max_);
  const auto part = [begin, count](const auto& values) {
    return std::span(values).subspan(begin, count);
  };
  *columns = LogColumns();
  columns->size = count;
  columns->timestamps_ns = part(output_.timestamps);
  if (need_line_bytes_) columns->line_bytes = part(output_.line_bytes);
  if (need_lines_) columns->lines = part(output_.lines);
  if (output_.any_metadata) columns->metadata = part(output_.metadata);
  emitted_ += count;
  return count > 0;
}

absl::Status LogMergeCursor::HandleTie(int64_t timestamp_ns, bool* emit_first) {
  // A bound of a source that has not been read may be wider than the truth: read first.
  for (Input& input : inputs_) {
    if (input.done || input.has_batch || input.bound_ns() != timestamp_ns) continue;
    *emit_first = input.contributed;
    return *emit_first ? absl::OkStatus() : LoadBatch(&input);
  }
  // Entries of this timestamp may go on in a source's next batch, which would replace the one that
  // the pending output points into.
  for (const Input& input : inputs_) {
    if (!input.done && input.contributed && input.bound_ns() == timestamp_ns &&
        input.batch.timestamps_ns.back() == timestamp_ns) {
      *emit_first = true;
      return absl::OkStatus();
    }
  }
  std::vector<TiedEntry> tied;
  for (Input& input : inputs_) {
    if (!input.done) VARVE_RETURN_IF_ERROR(GatherTied(&input, timestamp_ns, &tied));
  }
  AppendTied(timestamp_ns, std::move(tied));
  return absl::OkStatus();
}

absl::Status LogMergeCursor::GatherTied(Input* input, int64_t timestamp_ns,
                                        std::vector<TiedEntry>* tied) {
  while (!input->done && input->bound_ns() == timestamp_ns) {
    if (!input->has_batch) {
      VARVE_RETURN_IF_ERROR(LoadBatch(input));
      continue;
    }
    if (!input->complete) {
      VARVE_RETURN_IF_ERROR(input->source->LoadAll(&input->batch));
      input->complete = true;
    }
    const LogColumns& batch = input->batch;
    TiedEntry entry;
    if (!batch.metadata.empty()) entry.metadata = batch.metadata[input->position].packed();
    entry.line = batch.lines[input->position];
    tied->push_back(std::move(entry));
    Advance(input, 1);
  }
  return absl::OkStatus();
}

void LogMergeCursor::AppendTied(int64_t timestamp_ns, std::vector<TiedEntry> tied) {
  // The first to arrive of equal entries stays, in both directions.
  if (backward_) std::reverse(tied.begin(), tied.end());
  absl::flat_hash_set<std::pair<std::string, std::string>> seen;
  std::vector<TiedEntry> kept;
  for (TiedEntry& entry : tied) {
    if (seen.emplace(entry.metadata, entry.line).second) kept.push_back(std::move(entry));
  }
  if (backward_) std::reverse(kept.begin(), kept.end());
  for (TiedEntry& entry : kept) {
    const TiedEntry& owned = owned_.emplace_back(std::move(entry));
    output_.timestamps.push_back(timestamp_ns);
    output_.line_bytes.push_back(static_cast<uint32_t>(owned.line.size()));
    if (need_lines_) output_.lines.push_back(owned.line);
    output_.metadata.emplace_back();
    if (need_metadata_ && !owned.metadata.empty()) {
      output_.metadata.back() = LabelSetView(owned.metadata);
      output_.any_metadata = true;
    }
  }
}

}  // namespace varve::storage

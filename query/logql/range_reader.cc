#include "query/logql/range_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <utility>

#include "query/logql/entry_labels.h"
#include "query/logql/pipeline.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::LabelSetView;

constexpr size_t kEntriesPerCheck = 4096;
// With more sums than this, series times steps, samples take less memory.
constexpr uint64_t kSumsMax = 1 << 20;

// Whether an entry's time does not matter to the stages.
bool IgnoreTime(const std::vector<StageExpr>& stages) {
  return std::none_of(stages.begin(), stages.end(), [](const StageExpr& stage) {
    const auto* labels = std::get_if<LabelFormatExpr>(&stage);
    return std::holds_alternative<LineFormatExpr>(stage) ||
           (labels != nullptr && std::any_of(labels->items.begin(), labels->items.end(),
                                             [](const auto& item) { return !item.is_rename; }));
  });
}

// The names of metadata that matter where these labels do.
std::vector<std::string> MetadataNames(const LabelNeeds& needs) {
  std::vector<std::string> names = needs.names;
  for (const std::string& name : needs.names) {
    if (name.ends_with(kExtractedSuffix)) {
      names.push_back(name.substr(0, name.size() - kExtractedSuffix.size()));
    }
  }
  names.emplace_back(kErrorLabel);
  names.emplace_back(kErrorDetailsLabel);
  return names;
}

}  // namespace

RangeReader::RangeReader(RangeJob* job)
    : job_(*job), locator_(job->MakeLocator()), map_(&job->grouping) {
  entry_.needs = &job->needs;
  const StageExpr* parser =
      job_.reads_needs_only ? FieldShortener::OnlyParser(job_.stages) : nullptr;
  if (parser != nullptr) shortener_.emplace(parser, &job_.needs);
  repeats_ = IgnoreTime(job_.stages);
}

absl::Status RangeReader::Read(size_t index) {
  if (job_.adds_integers && job_.met_other_value) return NeedSamples();
  const LabelSetView labels = job_.selection->labels(index);
  entry_.labels.BeginStream(labels);
  stream_series_ = SIZE_MAX;
  const storage::LogReadOptions options = OptionsFor(labels);
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<storage::LogCursor> cursor,
                         job_.selection->Open(index, options));
  storage::LogColumns columns;
  while (true) {
    VARVE_RETURN_IF_ERROR(job_.context->CheckAlive());
    VARVE_ASSIGN_OR_RETURN(const bool more, cursor->Next(&columns));
    if (!more) return absl::OkStatus();
    VARVE_RETURN_IF_ERROR(Charge(columns));
    if (job_.pipeline.empty() && !job_.unwraps() && !job_.keeps_samples() &&
        columns.metadata.empty()) {
      VARVE_RETURN_IF_ERROR(CountRuns(columns));
      continue;
    }
    memo_.BeginBatch();
    // Lines have numbers, or do not matter.
    remembers_ = repeats_ && (!job_.pipeline.reads_line() ||
                              columns.lines.size() * 2 < columns.line_ids.size());
    for (size_t begin = 0; begin < columns.size; begin += kEntriesPerCheck) {
      if (begin != 0) VARVE_RETURN_IF_ERROR(job_.context->CheckAlive());
      const size_t end = std::min(columns.size, begin + kEntriesPerCheck);
      for (size_t i = begin; i < end; ++i) VARVE_RETURN_IF_ERROR(TakeEntry(columns, i));
    }
    if (!columns.line_ids.empty()) {
      VARVE_RETURN_IF_ERROR(job_.context->ChargeLogBytes(std::exchange(processed_bytes_, 0)));
    }
  }
}

bool RangeReader::NeedsMetadata(LabelSetView stream) const {
  if (job_.absent() && job_.pipeline.line_filters_only() && !job_.unwraps()) return false;
  if (job_.needs.all) return true;
  for (const std::string& name : job_.needs.names) {
    if (!stream.Has(name)) return true;
  }
  return false;
}

storage::LogReadOptions RangeReader::OptionsFor(LabelSetView labels) {
  storage::LogReadOptions options;
  options.range_ns = locator_.read_range_ns();
  options.need_lines = job_.pipeline.reads_line();
  options.need_metadata = NeedsMetadata(labels);
  options.need_line_bytes = job_.counts_bytes();
  options.must_contain = job_.pipeline.required_texts();
  if (job_.reads_needs_only) {
    options.all_metadata = false;
    options.metadata_names = MetadataNames(job_.needs);
  }
  if (shortener_) {
    options.shortener = &*shortener_;
    options.short_lines = true;
  }
  job_.predicates.SetOptions(labels, &options);
  return options;
}

absl::Status RangeReader::Charge(const storage::LogColumns& columns) {
  job_.context->stats().entries += columns.size;
  // Of lines that have numbers, those that were looked at are counted.
  if (!job_.pipeline.reads_line() || !columns.line_ids.empty()) return absl::OkStatus();
  uint64_t bytes = 0;
  for (const std::string_view line : columns.lines) bytes += line.size();
  return job_.context->ChargeLogBytes(bytes);
}

absl::Status RangeReader::CountRuns(const storage::LogColumns& columns) {
  entry_.labels.BeginEntry({});
  VARVE_ASSIGN_OR_RETURN(SeriesAccumulator * series, FindSeries());
  const auto times = columns.timestamps_ns.first(columns.size);
  for (size_t begin = 0; begin < times.size();) {
    size_t first = 0;
    size_t last = 0;
    const bool counts = locator_.Locate(times[begin], &first, &last);
    const auto run_end = std::upper_bound(times.begin() + static_cast<std::ptrdiff_t>(begin),
                                          times.end(), locator_.known_to_ns());
    const auto end = std::max(begin + 1, static_cast<size_t>(run_end - times.begin()));
    if (counts) {
      series->entries[first] += static_cast<int64_t>(end - begin);
      series->entries[last + 1] -= static_cast<int64_t>(end - begin);
      if (!series->amounts.empty()) {
        int64_t bytes = 0;
        for (size_t i = begin; i < end; ++i) bytes += columns.line_bytes[i];
        series->amounts[first] += bytes;
        series->amounts[last + 1] -= bytes;
      }
    }
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status RangeReader::TakeEntry(const storage::LogColumns& columns, size_t i) {
  size_t first = 0;
  size_t last = 0;
  if (!locator_.Locate(columns.timestamps_ns[i], &first, &last)) return absl::OkStatus();
  const LabelSetView metadata = columns.metadata.empty() ? LabelSetView() : columns.metadata[i];
  const uint32_t line = columns.line_ids.empty() ? static_cast<uint32_t>(i) : columns.line_ids[i];
  EntryOutcome first_met;
  EntryOutcome* outcome = &first_met;
  if (remembers_) {
    outcome = memo_.Find(columns.line_ids.empty() ? 0 : line,
                         metadata.empty() ? nullptr : metadata.packed().data());
  }
  if (!outcome->known) {
    entry_.line = columns.lines.empty() ? std::string_view() : columns.lines[line];
    entry_.timestamp_ns = columns.timestamps_ns[i];
    VARVE_RETURN_IF_ERROR(ProcessEntry(metadata, outcome));
  }
  if (!outcome->kept) return absl::OkStatus();
  SeriesAccumulator* const series = map_.at(outcome->series);
  if (job_.keeps_samples()) {
    series->samples.push_back({columns.timestamps_ns[i], outcome->value});
    if (series->samples.size() % kEntriesPerCheck == 0) {
      return job_.context->ChargeSamples(kEntriesPerCheck);
    }
    return absl::OkStatus();
  }
  ++series->entries[first];
  --series->entries[last + 1];
  if (job_.adds_integers) return AddInteger(outcome->value, first, last, series);
  if (!series->amounts.empty()) {
    const auto bytes = static_cast<int64_t>(job_.pipeline.changes_line() ? entry_.line.size()
                                                                         : columns.line_bytes[i]);
    series->amounts[first] += bytes;
    series->amounts[last + 1] -= bytes;
  }
  return absl::OkStatus();
}

absl::Status RangeReader::ProcessEntry(LabelSetView metadata, EntryOutcome* outcome) {
  *outcome = {.known = true, .kept = false, .value = 1, .series = 0};
  processed_bytes_ += entry_.line.size();
  if (job_.pipeline.line_filters_only()) {
    if (!job_.pipeline.Process(&entry_)) return absl::OkStatus();
    entry_.labels.BeginEntry(metadata);
  } else {
    entry_.labels.BeginEntry(metadata);
    if (!job_.pipeline.Process(&entry_)) return absl::OkStatus();
  }
  if (job_.unwraps() &&
      !UnwrapSample(*job_.expr.range.unwrap, job_.unwrap_filters, &entry_, &outcome->value)) {
    return absl::OkStatus();
  }
  if (job_.reads_needs_only && entry_.labels.has_error()) {
    job_.met_error.store(true, std::memory_order_relaxed);
    return absl::AbortedError("cannot aggregate entries: one has an error, want all its labels");
  }
  VARVE_ASSIGN_OR_RETURN(const SeriesAccumulator* series, FindSeries());
  outcome->kept = true;
  outcome->series = map_.index_of(series);
  return absl::OkStatus();
}

absl::StatusOr<SeriesAccumulator*> RangeReader::FindSeries() {
  const bool stream_only = entry_.labels.is_stream_only();
  if (stream_only && stream_series_ != SIZE_MAX) return map_.at(stream_series_);
  bool is_new = false;
  SeriesAccumulator* series = map_.Find(entry_.labels, &is_new);
  if (is_new) {
    VARVE_RETURN_IF_ERROR(job_.ChargeSeries(1));
    const uint64_t steps = job_.steps.count;
    if (job_.adds_integers &&
        job_.sums.fetch_add(steps, std::memory_order_relaxed) + steps > kSumsMax) {
      return NeedSamples();
    }
    if (!job_.keeps_samples()) {
      VARVE_RETURN_IF_ERROR(job_.context->ChargeSamples(job_.steps.count));
      series->entries.resize(job_.steps.count + 1);
      if (job_.counts_bytes() || job_.adds_integers) series->amounts.resize(job_.steps.count + 1);
    }
  }
  if (stream_only) stream_series_ = map_.index_of(series);
  return series;
}

absl::Status RangeReader::AddInteger(double value, size_t first, size_t last,
                                     SeriesAccumulator* series) {
  constexpr auto kMax = static_cast<double>(kExactSumMax);
  if (!(value >= -kMax && value <= kMax) || std::trunc(value) != value) return NeedSamples();
  const auto integer = static_cast<int64_t>(value);
  magnitude_ += static_cast<uint64_t>(std::abs(integer));
  if (magnitude_ > kExactSumMax) return NeedSamples();
  series->amounts[first] += integer;
  series->amounts[last + 1] -= integer;
  return absl::OkStatus();
}

absl::Status RangeReader::NeedSamples() {
  job_.met_other_value.store(true, std::memory_order_relaxed);
  return absl::AbortedError("cannot add values: one is no small integer, want samples");
}

}  // namespace varve::query

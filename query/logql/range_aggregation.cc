#include "query/logql/range_aggregation.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "query/logql/field_shortener.h"
#include "query/logql/outcome_memo.h"
#include "query/logql/pipeline.h"
#include "query/logql/quantity.h"
#include "query/logql/series_accumulator.h"
#include "query/logql/storage_predicates.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::LabelSet;
using storage::LabelSetView;
using storage::StrCat;

constexpr std::string_view kExtractionError = "SampleExtractionErr";
constexpr double kNanosecondsPerSecond = 1e9;
constexpr size_t kEntriesPerCheck = 4096;
// Streams are dealt out in this many tasks: enough to share them evenly, few enough that merging
// their series costs little.
constexpr size_t kTasksMax = 32;

bool CountsBytes(RangeFunction function) {
  return function == RangeFunction::kBytes || function == RangeFunction::kBytesRate;
}

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

// Everything that the tasks of one aggregation share.
struct Job {
  const RangeAggregationExpr& expr;
  const StepTimes& steps;
  StoragePredicates predicates;
  std::vector<StageExpr> stages;  // of the pipeline
  Pipeline pipeline;
  std::vector<StagePtr> unwrap_filters;
  LabelNeeds needs;
  SeriesGrouping grouping;
  const storage::LogSelection* selection = nullptr;
  QueryContext* context = nullptr;
  bool samples_only = false;  // no function is applied
  // Entries are read as far as `needs` says. That is not enough where a series has an error, which
  // keeps all labels: it is noticed, and everything read again.
  bool reads_needs_only = false;
  std::atomic<bool> met_error{false};

  bool unwraps() const { return expr.range.unwrap.has_value(); }
  bool absent() const { return expr.function == RangeFunction::kAbsent && !samples_only; }
  // Whether entries are kept as samples instead of being counted as they come.
  bool keeps_samples() const { return samples_only || (unwraps() && !absent()); }
  StepLocator MakeLocator() const {
    return StepLocator(steps, expr.range.range_ns, expr.range.offset_ns);
  }
};

LabelNeeds NeedsOf(const RangeAggregationExpr& expr, const std::optional<Grouping>& grouping,
                   const Pipeline& pipeline) {
  LabelNeeds needs;
  if (!grouping || grouping->without) return needs;
  if (pipeline.uses_all_labels()) return needs;
  needs.all = false;
  needs.names = grouping->labels;
  needs.names.insert(needs.names.end(), pipeline.label_names().begin(),
                     pipeline.label_names().end());
  if (expr.range.unwrap) {
    needs.names.push_back(expr.range.unwrap->label);
    for (const LabelFilterExpr& filter : expr.range.unwrap->filters) {
      CollectLabelNames(filter, &needs.names);
    }
  }
  std::sort(needs.names.begin(), needs.names.end());
  needs.names.erase(std::unique(needs.names.begin(), needs.names.end()), needs.names.end());
  return needs;
}

// Reads streams into the series of one task.
class RangeReader {
 public:
  explicit RangeReader(Job* job) : job_(*job), locator_(job->MakeLocator()), map_(&job->grouping) {
    entry_.needs = &job->needs;
    met_error_ = &job->met_error;
    const StageExpr* parser =
        job_.reads_needs_only ? FieldShortener::OnlyParser(job_.stages) : nullptr;
    if (parser != nullptr) shortener_.emplace(parser, &job_.needs);
    repeats_ = IgnoreTime(job_.stages);
  }

  absl::Status Read(size_t index) {
    const LabelSetView labels = job_.selection->labels(index);
    entry_.labels.BeginStream(labels);
    stream_series_ = SIZE_MAX;
    storage::LogReadOptions options;
    options.range_ns = locator_.read_range_ns();
    options.need_lines = job_.pipeline.reads_line();
    options.need_metadata = NeedsMetadata(labels);
    options.need_line_bytes = CountsBytes(job_.expr.function);
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

  SeriesMap&& TakeMap() { return std::move(map_); }

 private:
  // Metadata decides about series and filters, unless only labels of the stream are asked for:
  // those win over metadata of the same name.
  bool NeedsMetadata(LabelSetView stream) const {
    if (job_.absent() && job_.pipeline.line_filters_only() && !job_.unwraps()) return false;
    if (job_.needs.all) return true;
    for (const std::string& name : job_.needs.names) {
      if (!stream.Has(name)) return true;
    }
    return false;
  }

  absl::Status Charge(const storage::LogColumns& columns) {
    job_.context->stats().entries += columns.size;
    // Of lines that have numbers, those that were looked at are counted.
    if (!job_.pipeline.reads_line() || !columns.line_ids.empty()) return absl::OkStatus();
    uint64_t bytes = 0;
    for (const std::string_view line : columns.lines) bytes += line.size();
    return job_.context->ChargeLogBytes(bytes);
  }

  // Entries that all count, for one series: whole runs that fall into the same windows.
  absl::Status CountRuns(const storage::LogColumns& columns) {
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

  absl::Status TakeEntry(const storage::LogColumns& columns, size_t i) {
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
    if (!series->amounts.empty()) {
      const auto bytes = static_cast<int64_t>(job_.pipeline.changes_line() ? entry_.line.size()
                                                                           : columns.line_bytes[i]);
      series->amounts[first] += bytes;
      series->amounts[last + 1] -= bytes;
    }
    return absl::OkStatus();
  }

  // What the stages make of entry_ with this metadata.
  absl::Status ProcessEntry(LabelSetView metadata, EntryOutcome* outcome) {
    *outcome = {.known = true, .kept = false, .value = 1, .series = 0};
    processed_bytes_ += entry_.line.size();
    if (job_.pipeline.line_filters_only()) {
      if (!job_.pipeline.Process(&entry_)) return absl::OkStatus();
      entry_.labels.BeginEntry(metadata);
    } else {
      entry_.labels.BeginEntry(metadata);
      if (!job_.pipeline.Process(&entry_)) return absl::OkStatus();
    }
    if (job_.unwraps() && !Unwrap(&outcome->value)) return absl::OkStatus();
    if (job_.reads_needs_only && entry_.labels.has_error()) {
      met_error_->store(true, std::memory_order_relaxed);
      return absl::AbortedError("cannot aggregate entries: one has an error, want all its labels");
    }
    VARVE_ASSIGN_OR_RETURN(const SeriesAccumulator* series, FindSeries());
    outcome->kept = true;
    outcome->series = map_.index_of(series);
    return absl::OkStatus();
  }

  // False: the entry gives no sample.
  bool Unwrap(double* value) {
    const UnwrapExpr& unwrap = *job_.expr.range.unwrap;
    const std::string_view* text = entry_.labels.Find(unwrap.label);
    if (text == nullptr) return false;
    absl::Status status;
    switch (unwrap.conversion) {
      case UnwrapExpr::Conversion::kBytes: {
        const absl::StatusOr<uint64_t> bytes = ParseBytesValue(*text);
        status = bytes.status();
        if (bytes.ok()) *value = static_cast<double>(*bytes);
        break;
      }
      case UnwrapExpr::Conversion::kDuration:
      case UnwrapExpr::Conversion::kDurationSeconds: {
        const absl::StatusOr<int64_t> duration = ParseDurationValue(*text);
        status = duration.status();
        if (duration.ok()) *value = static_cast<double>(*duration) / kNanosecondsPerSecond;
        break;
      }
      case UnwrapExpr::Conversion::kNone: {
        const absl::StatusOr<double> number = ParseFloatValue(*text);
        status = number.status();
        if (number.ok()) *value = *number;
        break;
      }
    }
    if (!status.ok()) {
      entry_.labels.SetError(kExtractionError, entry_.labels.Keep(std::string(status.message())));
    }
    for (const StagePtr& filter : job_.unwrap_filters) {
      if (!filter->Process(&entry_)) return false;
    }
    return true;
  }

  absl::StatusOr<SeriesAccumulator*> FindSeries() {
    const bool stream_only = entry_.labels.is_stream_only();
    if (stream_only && stream_series_ != SIZE_MAX) return map_.at(stream_series_);
    bool is_new = false;
    SeriesAccumulator* series = map_.Find(entry_.labels, &is_new);
    if (is_new) {
      VARVE_RETURN_IF_ERROR(job_.context->ChargeSeries(1));
      if (!job_.keeps_samples()) {
        VARVE_RETURN_IF_ERROR(job_.context->ChargeSamples(job_.steps.count));
        series->entries.resize(job_.steps.count + 1);
        if (CountsBytes(job_.expr.function)) series->amounts.resize(job_.steps.count + 1);
      }
    }
    if (stream_only) stream_series_ = map_.index_of(series);
    return series;
  }

  const Job& job_;
  StepLocator locator_;
  SeriesMap map_;
  PipelineEntry entry_;
  std::atomic<bool>* met_error_ = nullptr;
  std::optional<FieldShortener> shortener_;
  bool repeats_ = false;    // equal lines and metadata have equal outcomes
  bool remembers_ = false;  // outcomes of this batch
  OutcomeMemo memo_;
  uint64_t processed_bytes_ = 0;
  size_t stream_series_ = SIZE_MAX;  // of the entries that have the stream's labels alone
};

// Fills the column of a counted series.
void FinishCounts(const Job& job, const SeriesAccumulator& from, StepSeries* series) {
  const double seconds = static_cast<double>(job.expr.range.range_ns) / kNanosecondsPerSecond;
  int64_t entries = 0;
  int64_t amount = 0;
  for (size_t step = 0; step < job.steps.count; ++step) {
    entries += from.entries[step];
    if (!from.amounts.empty()) amount += from.amounts[step];
    if (entries == 0) continue;
    switch (job.expr.function) {
      case RangeFunction::kRate:
        series->Set(step, static_cast<double>(entries) / seconds);
        break;
      case RangeFunction::kBytes:
        series->Set(step, static_cast<double>(amount));
        break;
      case RangeFunction::kBytesRate:
        series->Set(step, static_cast<double>(amount) / seconds);
        break;
      default:
        series->Set(step, static_cast<double>(entries));
        break;
    }
  }
}

// Samples of equal times keep the order they were read in.
void SortByTime(std::vector<LogSample>* samples) {
  std::stable_sort(samples->begin(), samples->end(), [](const LogSample& a, const LogSample& b) {
    return a.timestamp_ns < b.timestamp_ns;
  });
}

// Fills the column of an unwrapped series: a window that slides over its samples.
absl::Status FinishSamples(const Job& job, std::vector<LogSample> samples, StepSeries* series) {
  SortByTime(&samples);
  std::vector<double> scratch;
  size_t begin = 0;
  size_t end = 0;
  for (size_t step = 0; step < job.steps.count; ++step) {
    Window window;
    window.end_ns = SaturatingSubtract(job.steps.time_ns(step), job.expr.range.offset_ns);
    window.start_ns = SaturatingSubtract(window.end_ns, job.expr.range.range_ns);
    while (end < samples.size() && samples[end].timestamp_ns <= window.end_ns) ++end;
    while (begin < end && samples[begin].timestamp_ns <= window.start_ns) ++begin;
    if (begin == end) continue;
    if (step % 64 == 0) VARVE_RETURN_IF_ERROR(job.context->CheckAlive());
    window.samples = std::span(samples).subspan(begin, end - begin);
    series->Set(step, ApplyWindowFunction(job.expr.function, job.expr.parameter, window, &scratch));
  }
  return absl::OkStatus();
}

absl::Status PipelineError(const LabelSet& labels) {
  const std::string_view error = labels.Get(kErrorLabel);
  return absl::InvalidArgumentError(StrCat(
      "pipeline error: '", error, "' for series: '", labels.ToString(),
      "'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\"", error,
      "\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\nThe "
      "label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" "
      ")\n"));
}

// One series of ones where no entry was found, named by the selector's equalities.
StepVector FinishAbsent(const Job& job, const std::vector<SeriesAccumulator>& found) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  const std::vector<storage::Matcher>& matchers = job.expr.range.log.matchers;
  for (const storage::Matcher& matcher : matchers) {
    const auto same_name = std::count_if(
        matchers.begin(), matchers.end(),
        [&](const storage::Matcher& other) { return other.name() == matcher.name(); });
    if (matcher.type() == storage::MatchType::kEqual && same_name == 1) {
      pairs.emplace_back(matcher.name(), matcher.value());
    }
  }
  StepSeries series(LabelSet::FromPairs(std::move(pairs)), job.steps.count);
  std::vector<int64_t> entries(job.steps.count + 1);
  for (const SeriesAccumulator& accumulator : found) {
    for (size_t i = 0; i < entries.size(); ++i) entries[i] += accumulator.entries[i];
  }
  int64_t present = 0;
  for (size_t step = 0; step < job.steps.count; ++step) {
    present += entries[step];
    if (present == 0) series.Set(step, 1);
  }
  StepVector result;
  result.push_back(std::move(series));
  return result;
}

absl::StatusOr<StepVector> Finish(const Job& job, std::vector<SeriesAccumulator> found) {
  if (job.absent()) return FinishAbsent(job, found);
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  StepVector result(found.size());
  const absl::Status finished = job.context->ParallelFor(found.size(), [&](size_t i) {
    const bool has_error = found[i].labels.Has(kErrorLabel);
    result[i] = StepSeries(std::move(found[i].labels), job.steps.count);
    if (job.keeps_samples()) {
      absl::Status status = FinishSamples(job, std::move(found[i].samples), &result[i]);
      if (!status.ok()) return status;
    } else {
      FinishCounts(job, found[i], &result[i]);
    }
    if (has_error && result[i].has_any()) return PipelineError(result[i].labels);
    return absl::OkStatus();
  });
  if (!finished.ok()) return finished;
  return result;
}

// A job without the selection of streams.
absl::StatusOr<std::unique_ptr<Job>> MakeJob(const RangeAggregationExpr& expr,
                                             const std::optional<Grouping>& grouping,
                                             const StepTimes& steps, QueryContext* context) {
  std::vector<StageExpr> stages = CountsBytes(expr.function)
                                      ? expr.range.log.stages
                                      : WithoutUnusedLineFormats(expr.range.log.stages);
  StoragePredicates predicates = TakeStoragePredicates(&stages);
  VARVE_ASSIGN_OR_RETURN(Pipeline pipeline, Pipeline::Compile(stages));
  std::vector<StagePtr> unwrap_filters;
  std::string_view except;
  if (expr.range.unwrap) {
    VARVE_ASSIGN_OR_RETURN(unwrap_filters, Pipeline::CompileFilters(expr.range.unwrap->filters));
    except = expr.range.unwrap->label;
  }
  LabelNeeds needs = NeedsOf(expr, grouping, pipeline);
  if (needs.none()) {
    // What is parsed interests nobody.
    std::erase_if(stages, [](const StageExpr& stage) {
      return std::holds_alternative<JsonExpr>(stage) || std::holds_alternative<LogfmtExpr>(stage);
    });
    VARVE_ASSIGN_OR_RETURN(pipeline, Pipeline::Compile(stages));
  }
  const bool reads_needs_only = !needs.all;
  auto job =
      std::unique_ptr<Job>(new Job{expr, steps, std::move(predicates), std::move(stages),
                                   std::move(pipeline), std::move(unwrap_filters), std::move(needs),
                                   SeriesGrouping(grouping, except), nullptr, context});
  job->reads_needs_only = reads_needs_only;
  return job;
}

// What the streams of the job's selector and time gave, all series of them.
absl::StatusOr<std::vector<SeriesAccumulator>> ReadStreams(const storage::Querier& querier,
                                                           Job* job) {
  const storage::TimeRange range_ns = job->MakeLocator().read_range_ns();
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogSelection> selection,
                         querier.SelectLogs(job->expr.range.log.matchers, range_ns));
  job->selection = selection.get();
  const size_t streams = selection->size();
  VARVE_RETURN_IF_ERROR(job->context->ChargeSeries(streams));
  job->context->stats().series += streams;

  const size_t tasks = std::min(streams, kTasksMax);
  std::vector<std::unique_ptr<RangeReader>> readers(tasks);
  const absl::Status read = job->context->ParallelFor(tasks, [&](size_t task) {
    readers[task] = std::make_unique<RangeReader>(job);
    const size_t end = streams * (task + 1) / tasks;
    for (size_t i = streams * task / tasks; i < end; ++i) {
      absl::Status status = readers[task]->Read(i);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  });
  if (!read.ok()) {
    if (!job->met_error || !job->reads_needs_only) return read;
    job->reads_needs_only = false;
    return ReadStreams(querier, job);
  }
  SeriesMap all(&job->grouping);
  for (const std::unique_ptr<RangeReader>& reader : readers) all.Merge(reader->TakeMap());
  return std::move(all).Finish();
}

}  // namespace

bool TakesOuterSum(const RangeAggregationExpr& expr) {
  if (expr.grouping) return false;
  switch (expr.function) {
    case RangeFunction::kCount:
    case RangeFunction::kRate:
    case RangeFunction::kBytes:
    case RangeFunction::kBytesRate:
    case RangeFunction::kSum:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<StepVector> RunRangeAggregation(const storage::Querier& querier,
                                               const RangeAggregationExpr& expr,
                                               const std::optional<Grouping>& outer_sum,
                                               const StepTimes& steps, QueryContext* context) {
  const std::optional<Grouping>& grouping = expr.grouping ? expr.grouping : outer_sum;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<Job> job, MakeJob(expr, grouping, steps, context));
  VARVE_ASSIGN_OR_RETURN(std::vector<SeriesAccumulator> found, ReadStreams(querier, job.get()));
  return Finish(*job, std::move(found));
}

absl::StatusOr<std::vector<LogSampleSeries>> ReadLogSamples(const storage::Querier& querier,
                                                            const RangeAggregationExpr& expr,
                                                            storage::TimeRange range_ns,
                                                            QueryContext* context) {
  std::vector<LogSampleSeries> result;
  if (range_ns.empty()) return result;
  // One window that is the range.
  const StepTimes steps{range_ns.end - 1, 1, 1};
  RangeAggregationExpr whole{expr.function, expr.parameter, {}, std::nullopt};
  whole.range.log = expr.range.log;
  whole.range.unwrap = expr.range.unwrap;
  if (__builtin_sub_overflow(range_ns.end, range_ns.begin, &whole.range.range_ns)) {
    whole.range.range_ns = std::numeric_limits<int64_t>::max();
  }
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<Job> job,
                         MakeJob(whole, std::nullopt, steps, context));
  job->samples_only = true;
  VARVE_ASSIGN_OR_RETURN(std::vector<SeriesAccumulator> found, ReadStreams(querier, job.get()));
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  for (SeriesAccumulator& series : found) {
    if (series.labels.Has(kErrorLabel)) return PipelineError(series.labels);
    SortByTime(&series.samples);
    result.push_back({std::move(series.labels), std::move(series.samples)});
  }
  return result;
}

}  // namespace varve::query

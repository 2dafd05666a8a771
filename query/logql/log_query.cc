#include "query/logql/log_query.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "query/logql/context_lines.h"
#include "query/logql/field_shortener.h"
#include "query/logql/pipeline.h"
#include "query/logql/storage_predicates.h"
#include "storage/model/mutex.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::Direction;
using storage::LabelSet;
using storage::LabelSetView;

// How often a long read looks whether the query should stop.
constexpr size_t kEntriesPerCheck = 4096;

// A stream may be done after a few lines: those behind need not be made.
constexpr uint32_t kBatchEntriesMax = 1024;

// Orders lines by the query's direction: smaller comes first in the answer.
int64_t KeyOf(int64_t timestamp_ns, Direction direction) {
  return direction == Direction::kForward ? timestamp_ns : ~timestamp_ns;
}

// The keys of the best `limit` lines found so far by all threads.
class BestKeys {
 public:
  explicit BestKeys(uint64_t limit) : limit_(limit) {}

  // Whether a line with this key cannot be in the answer any more.
  bool IsBeyond(int64_t key) const { return key > bound_.load(std::memory_order_relaxed); }

  void Add(int64_t key) {
    const storage::MutexLock lock(&mutex_);
    if (keys_.size() < limit_) {
      keys_.push(key);
    } else if (!keys_.empty() && key < keys_.top()) {
      keys_.pop();
      keys_.push(key);
    }
    if (keys_.size() == limit_ && !keys_.empty()) {
      bound_.store(keys_.top(), std::memory_order_relaxed);
    }
  }

 private:
  const uint64_t limit_;
  std::atomic<int64_t> bound_{std::numeric_limits<int64_t>::max()};
  storage::Mutex mutex_;
  std::priority_queue<int64_t> keys_ ABSL_GUARDED_BY(mutex_);
};

// A line that may be in the answer.
struct Candidate {
  int64_t key = 0;
  StreamsResult::Line line;
  std::string stored_line;      // as it was before the stages, where the context is wanted
  bool stream_changed = false;  // a stage changed the stream's own labels
  LabelSet stream;              // what it made of them
};

// The filters on parsed fields, which can be asked before a line is made: the stages up to the last
// label filter.
struct FieldFilter {
  const StageExpr* parser = nullptr;  // nullptr: there are none
  std::vector<StageExpr> stages;
  Pipeline pipeline;
  LabelNeeds needs;
};

absl::StatusOr<std::unique_ptr<const FieldFilter>> MakeFieldFilter(
    const std::vector<StageExpr>& stages) {
  auto filter = std::make_unique<FieldFilter>();
  const auto end = std::find_if(stages.rbegin(), stages.rend(), [](const StageExpr& stage) {
                     return std::holds_alternative<LabelFilterExpr>(stage);
                   }).base();
  filter->stages.assign(stages.begin(), end);
  const StageExpr* parser = FieldShortener::OnlyParser(filter->stages);
  if (parser == nullptr) return filter;
  VARVE_ASSIGN_OR_RETURN(filter->pipeline, Pipeline::Compile(filter->stages));
  if (filter->pipeline.uses_all_labels()) return filter;
  filter->parser = parser;
  filter->needs.all = false;
  filter->needs.names = filter->pipeline.label_names();
  return filter;
}

class StreamReader {
 public:
  StreamReader(const StoragePredicates& predicates, const FieldFilter& fields,
               const Pipeline& pipeline, const LogQuery& query, BestKeys* best,
               QueryContext* context)
      : predicates_(predicates),
        fields_(fields),
        pipeline_(pipeline),
        query_(query),
        best_(best),
        context_(context) {}

  absl::Status Read(const storage::LogSelection& selection, size_t index,
                    std::vector<Candidate>* out) {
    stream_ = selection.labels(index);
    entry_.labels.BeginStream(stream_);
    entry_.needs = &needs_;
    storage::LogReadOptions options;
    options.range_ns = query_.range_ns;
    options.direction = query_.direction;
    options.must_contain = pipeline_.required_texts();
    options.batch_entries_max = kBatchEntriesMax;
    predicates_.SetOptions(stream_, &options);
    FieldShortener shortener(fields_.parser, &fields_.needs, [&](std::string_view line, auto set) {
      field_entry_.line = line;
      field_entry_.labels.BeginEntry(set);
      return fields_.pipeline.Process(&field_entry_);
    });
    if (fields_.parser != nullptr) {
      field_entry_.labels.BeginStream(stream_);
      field_entry_.needs = &fields_.needs;
      options.shortener = &shortener;
    }
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<storage::LogCursor> cursor,
                           selection.Open(index, options));
    storage::LogColumns columns;
    while (true) {
      VARVE_RETURN_IF_ERROR(context_->CheckAlive());
      VARVE_ASSIGN_OR_RETURN(const bool more, cursor->Next(&columns));
      if (!more) break;
      VARVE_RETURN_IF_ERROR(Charge(columns));
      VARVE_ASSIGN_OR_RETURN(const bool goes_on, Take(columns, out));
      if (!goes_on) break;
    }
    while (!out->empty() && best_->IsBeyond(out->back().key)) out->pop_back();
    return absl::OkStatus();
  }

 private:
  absl::Status Charge(const storage::LogColumns& columns) {
    uint64_t bytes = 0;
    for (const std::string_view line : columns.lines) bytes += line.size();
    context_->stats().entries += columns.size;
    return context_->ChargeLogBytes(bytes);
  }

  // False: the stream has nothing more for the answer.
  absl::StatusOr<bool> Take(const storage::LogColumns& columns, std::vector<Candidate>* out) {
    for (size_t i = 0; i < columns.size; ++i) {
      if (i % kEntriesPerCheck == kEntriesPerCheck - 1) {
        VARVE_RETURN_IF_ERROR(context_->CheckAlive());
      }
      const int64_t timestamp_ns = columns.timestamps_ns[i];
      const int64_t key = KeyOf(timestamp_ns, query_.direction);
      if (best_->IsBeyond(key)) return false;
      const LabelSetView metadata = columns.metadata.empty() ? LabelSetView() : columns.metadata[i];
      entry_.line = columns.lines[i];
      entry_.timestamp_ns = timestamp_ns;
      if (pipeline_.line_filters_only()) {
        if (!pipeline_.Process(&entry_)) continue;
        entry_.labels.BeginEntry(metadata);
      } else {
        entry_.labels.BeginEntry(metadata);
        if (!pipeline_.Process(&entry_)) continue;
      }
      best_->Add(key);
      out->push_back(MakeCandidate(key, timestamp_ns));
      if (query_.context_lines != 0) out->back().stored_line = std::string(columns.lines[i]);
      if (out->size() >= query_.limit) return false;
    }
    return true;
  }

  Candidate MakeCandidate(int64_t key, int64_t timestamp_ns) const {
    Candidate candidate;
    candidate.key = key;
    candidate.line.timestamp_ns = timestamp_ns;
    candidate.line.line = std::string(entry_.line);
    if (entry_.labels.is_stream_only()) return candidate;
    candidate.line.structured_metadata = entry_.labels.Collect(LabelSource::kMetadata);
    candidate.line.parsed = entry_.labels.Collect(LabelSource::kParsed);
    LabelSet stream = entry_.labels.Collect(LabelSource::kStream);
    if (stream.view() != stream_) {
      candidate.stream_changed = true;
      candidate.stream = std::move(stream);
    }
    return candidate;
  }

  const StoragePredicates& predicates_;
  const FieldFilter& fields_;
  PipelineEntry field_entry_;
  const Pipeline& pipeline_;
  const LogQuery& query_;
  BestKeys* best_;
  QueryContext* context_;
  LabelSetView stream_;
  LabelNeeds needs_;
  PipelineEntry entry_;
};

// Adds the lines around those that were found to each stream.
absl::Status AddContext(const storage::LogSelection& selection, const LogQuery& query,
                        QueryContext* context, std::vector<std::vector<Candidate>>* found) {
  return context->ParallelFor(found->size(), [&](size_t stream) -> absl::Status {
    std::vector<Candidate>& hits = (*found)[stream];
    if (hits.empty()) return absl::OkStatus();
    const bool backward = query.direction == Direction::kBackward;
    if (backward) std::reverse(hits.begin(), hits.end());
    std::vector<FoundLine> lines;
    for (Candidate& hit : hits) {
      lines.push_back({hit.line.timestamp_ns, std::move(hit.stored_line)});
    }
    VARVE_ASSIGN_OR_RETURN(
        std::vector<LineInContext> in_context,
        AddContextLines(selection, stream, lines, query.range_ns, query.context_lines, context));
    std::vector<Candidate> all;
    for (LineInContext& from : in_context) {
      if (from.hit != SIZE_MAX) {
        all.push_back(std::move(hits[from.hit]));
        continue;
      }
      Candidate candidate;
      candidate.key = KeyOf(from.line.timestamp_ns, query.direction);
      candidate.line = std::move(from.line);
      all.push_back(std::move(candidate));
    }
    if (backward) std::reverse(all.begin(), all.end());
    hits = std::move(all);
    return absl::OkStatus();
  });
}

// Puts lines into the stream of their labels, in the order they come.
class StreamGrouper {
 public:
  void Add(LabelSet labels, StreamsResult::Line line) {
    const auto [found, is_new] = index_.try_emplace(labels.packed(), result_.streams.size());
    if (is_new) result_.streams.push_back({std::move(labels), {}});
    result_.streams[found->second].lines.push_back(std::move(line));
  }
  StreamsResult Finish() {
    std::sort(result_.streams.begin(), result_.streams.end(),
              [](const auto& a, const auto& b) { return a.labels < b.labels; });
    return std::move(result_);
  }

 private:
  absl::flat_hash_map<std::string, size_t> index_;
  StreamsResult result_;
};

}  // namespace

absl::StatusOr<StreamsResult> RunLogQuery(const storage::Querier& querier, const LogExpr& expr,
                                          const LogQuery& query, QueryContext* context) {
  std::vector<StageExpr> stages = expr.stages;
  const StoragePredicates predicates = TakeStoragePredicates(&stages);
  VARVE_ASSIGN_OR_RETURN(const Pipeline pipeline, Pipeline::Compile(stages));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<const FieldFilter> fields, MakeFieldFilter(stages));
  if (query.range_ns.empty() || query.limit == 0) return StreamsResult();
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogSelection> selection,
                         querier.SelectLogs(expr.matchers, query.range_ns));
  const size_t count = selection->size();
  VARVE_RETURN_IF_ERROR(context->ChargeSeries(count));
  context->stats().series += count;

  BestKeys best(query.limit);
  std::vector<std::vector<Candidate>> found(count);
  VARVE_RETURN_IF_ERROR(context->ParallelFor(count, [&](size_t i) {
    return StreamReader(predicates, *fields, pipeline, query, &best, context)
        .Read(*selection, i, &found[i]);
  }));

  // Equal times keep the order of the streams, and within one the order they were read in.
  struct Position {
    int64_t key;
    size_t stream;
    size_t line;
  };
  std::vector<Position> order;
  const auto order_all = [&] {
    order.clear();
    for (size_t stream = 0; stream < count; ++stream) {
      for (size_t line = 0; line < found[stream].size(); ++line) {
        order.push_back({found[stream][line].key, stream, line});
      }
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const Position& a, const Position& b) { return a.key < b.key; });
  };
  order_all();
  if (order.size() > query.limit) order.resize(query.limit);
  if (query.context_lines != 0) {
    // The limit counts what was found; in each stream it keeps the first lines.
    std::vector<size_t> kept(count);
    for (const Position& position : order) ++kept[position.stream];
    for (size_t stream = 0; stream < count; ++stream) found[stream].resize(kept[stream]);
    VARVE_RETURN_IF_ERROR(AddContext(*selection, query, context, &found));
    order_all();
  }

  StreamGrouper grouper;
  for (const Position& position : order) {
    Candidate& candidate = found[position.stream][position.line];
    grouper.Add(candidate.stream_changed ? std::move(candidate.stream)
                                         : LabelSet(selection->labels(position.stream)),
                std::move(candidate.line));
  }
  return grouper.Finish();
}

StreamsResult MergeLabels(StreamsResult result) {
  // The lines of all streams in the order of the answer: a merged stream may get its lines from
  // several (their labels were dropped), and must have them in order.
  struct Item {
    LabelSet labels;
    StreamsResult::Line line;
  };
  std::vector<Item> items;
  bool forward = true;
  for (StreamsResult::Stream& stream : result.streams) {
    for (size_t i = 1; i < stream.lines.size(); ++i) {
      if (stream.lines[i].timestamp_ns < stream.lines[i - 1].timestamp_ns) forward = false;
    }
    for (StreamsResult::Line& line : stream.lines) {
      std::vector<std::pair<std::string_view, std::string_view>> pairs;
      for (const LabelSetView labels :
           {line.parsed.view(), line.structured_metadata.view(), stream.labels.view()}) {
        for (const storage::LabelView& label : labels) pairs.emplace_back(label.name, label.value);
      }
      LabelSet merged = LabelSet::FromPairsWithEmpty(std::move(pairs));
      line.parsed = LabelSet();
      line.structured_metadata = LabelSet();
      items.push_back({std::move(merged), std::move(line)});
    }
  }
  std::stable_sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    return forward ? a.line.timestamp_ns < b.line.timestamp_ns
                   : a.line.timestamp_ns > b.line.timestamp_ns;
  });
  StreamGrouper grouper;
  for (Item& item : items) grouper.Add(std::move(item.labels), std::move(item.line));
  return grouper.Finish();
}

StreamsResult ThinLines(StreamsResult result, int64_t interval_ns, Direction direction) {
  if (interval_ns <= 0) return result;
  std::vector<int64_t> times;
  for (const StreamsResult::Stream& stream : result.streams) {
    for (const StreamsResult::Line& line : stream.lines) times.push_back(line.timestamp_ns);
  }
  std::sort(times.begin(), times.end());
  if (direction == Direction::kBackward) std::reverse(times.begin(), times.end());
  // Of several lines at a kept time only the first stays.
  std::vector<int64_t> kept;
  for (const int64_t time : times) {
    const uint64_t distance = kept.empty() ? 0
                                           : static_cast<uint64_t>(std::max(time, kept.back())) -
                                                 static_cast<uint64_t>(std::min(time, kept.back()));
    if (kept.empty() || distance >= static_cast<uint64_t>(interval_ns)) kept.push_back(time);
  }
  std::sort(kept.begin(), kept.end());
  std::vector<bool> taken(kept.size());
  for (StreamsResult::Stream& stream : result.streams) {
    std::erase_if(stream.lines, [&](const StreamsResult::Line& line) {
      const auto at = std::lower_bound(kept.begin(), kept.end(), line.timestamp_ns);
      if (at == kept.end() || *at != line.timestamp_ns) return true;
      const auto index = static_cast<size_t>(at - kept.begin());
      const bool again = taken[index];
      taken[index] = true;
      return again;
    });
  }
  std::erase_if(result.streams, [](const auto& stream) { return stream.lines.empty(); });
  return result;
}

}  // namespace varve::query

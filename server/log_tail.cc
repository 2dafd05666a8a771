#include "server/log_tail.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "query/logql/log_query.h"
#include "server/json_writer.h"
#include "server/loki_json.h"

namespace varve::server {
namespace {

using query::StreamsResult;
using storage::MutexLock;

// What a line is taken to occupy beside its bytes.
constexpr size_t kLineOverheadBytes = 128;

size_t BytesOf(const StreamsResult::Line& line) {
  return kLineOverheadBytes + line.line.size() + line.structured_metadata.packed().size() +
         line.parsed.packed().size();
}

// A line's identity within a tail.
uint64_t HashOf(storage::LabelSetView stream, const StreamsResult::Line& line) {
  return absl::HashOf(stream.Hash(), line.timestamp_ns, line.line);
}

}  // namespace

void LogTail::SetHistory(StreamsResult history) {
  MutexLock lock(&mutex_);
  absl::flat_hash_set<uint64_t> known;
  for (const StreamsResult::Stream& stream : history.streams) {
    for (const StreamsResult::Line& line : stream.lines) known.insert(HashOf(stream.labels, line));
  }
  StreamsResult since = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  for (StreamsResult::Stream& stream : history.streams) Add(std::move(stream));
  for (StreamsResult::Stream& stream : since.streams) {
    std::erase_if(stream.lines, [&](const StreamsResult::Line& line) {
      return known.contains(HashOf(stream.labels, line));
    });
    Add(std::move(stream));
  }
  has_history_ = true;
}

void LogTail::Add(StreamsResult::Stream stream) {
  if (stream.lines.empty()) return;
  auto& streams = waiting_.streams;
  const auto same = std::find_if(streams.begin(), streams.end(), [&](const auto& one) {
    return one.labels.view() == stream.labels.view();
  });
  StreamsResult::Stream* target = same == streams.end() ? nullptr : &*same;
  for (StreamsResult::Line& line : stream.lines) {
    const size_t bytes = BytesOf(line);
    if (waiting_bytes_ + bytes > kWaitingBytesMax) {
      Drop(stream.labels, line.timestamp_ns);
      continue;
    }
    if (target == nullptr) {
      streams.push_back({stream.labels, {}});
      target = &streams.back();
    }
    waiting_bytes_ += bytes;
    target->lines.push_back(std::move(line));
  }
}

void LogTail::Drop(const storage::LabelSet& labels, int64_t timestamp_ns) {
  ++dropped_total_;
  if (dropped_.size() < kDroppedNamedMax) dropped_.push_back({labels, timestamp_ns});
}

void LogTail::Delay(std::vector<StreamsResult::Stream> streams) {
  Delayed delayed{clock_() + delay_, {}, 0};
  for (StreamsResult::Stream& stream : streams) {
    StreamsResult::Stream kept{stream.labels, {}};
    for (StreamsResult::Line& line : stream.lines) {
      const size_t bytes = BytesOf(line);
      if (delayed_bytes_ + bytes > kDelayedBytesMax) {
        Drop(stream.labels, line.timestamp_ns);
        continue;
      }
      delayed.bytes += bytes;
      delayed_bytes_ += bytes;
      kept.lines.push_back(std::move(line));
    }
    if (!kept.lines.empty()) delayed.streams.push_back(std::move(kept));
  }
  if (!delayed.streams.empty()) delayed_.push_back(std::move(delayed));
}

void LogTail::TakeDue() {
  if (delayed_.empty()) return;
  const auto now = clock_();
  bool taken = false;
  for (; !delayed_.empty() && delayed_.front().due <= now; delayed_.pop_front()) {
    for (StreamsResult::Stream& stream : delayed_.front().streams) Add(std::move(stream));
    delayed_bytes_ -= delayed_.front().bytes;
    taken = true;
  }
  if (!taken) return;
  for (StreamsResult::Stream& stream : waiting_.streams) {
    std::stable_sort(stream.lines.begin(), stream.lines.end(),
                     [](const StreamsResult::Line& a, const StreamsResult::Line& b) {
                       return a.timestamp_ns < b.timestamp_ns;
                     });
  }
}

std::optional<std::chrono::milliseconds> LogTail::NextFrameDue() {
  MutexLock lock(&mutex_);
  if (delayed_.empty()) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(delayed_.front().due - clock_());
  return std::max(left, std::chrono::milliseconds(0));
}

void LogTail::Offer(const storage::LogBatch& batch, storage::TimeRange range_ms) {
  std::vector<StreamsResult::Stream> passed;
  std::vector<storage::Entry> in_range;
  for (const storage::StreamWrite& write : batch.streams) {
    if (!filter_.Matches(write.labels)) continue;
    in_range.clear();
    for (uint32_t i = write.begin; i < write.end; ++i) {
      const int64_t time_ms =
          storage::FloorDivide(batch.entries[i].timestamp_ns, storage::kNanosecondsPerMillisecond);
      if (range_ms.Contains(time_ms)) in_range.push_back(batch.entries[i]);
    }
    for (StreamsResult::Stream& stream : filter_.Apply(write.labels, in_range)) {
      passed.push_back(std::move(stream));
    }
  }
  if (passed.empty()) return;
  std::function<void()> wake;
  {
    MutexLock lock(&mutex_);
    if (stopped_) return;
    // What comes before the history is there is told from it by SetHistory.
    if (delay_.count() > 0 && has_history_) {
      Delay(std::move(passed));
    } else {
      for (StreamsResult::Stream& stream : passed) Add(std::move(stream));
    }
    wake = wake_;
  }
  if (wake) wake();
}

void LogTail::Start(std::function<void()> wake) {
  MutexLock lock(&mutex_);
  wake_ = std::move(wake);
}

StreamsResult LogTail::TakeWaiting() {
  StreamsResult taken;
  size_t bytes = 0;
  auto& waiting = waiting_.streams;
  size_t whole = 0;  // streams of which nothing is left
  for (; whole < waiting.size(); ++whole) {
    auto& lines = waiting[whole].lines;
    size_t count = 0;
    for (; count < lines.size(); ++count) {
      const size_t line_bytes = BytesOf(lines[count]);
      if (bytes > 0 && bytes + line_bytes > kFrameBytesMax) break;
      bytes += line_bytes;
    }
    if (count == lines.size()) {
      taken.streams.push_back(std::move(waiting[whole]));
      continue;
    }
    if (count == 0) break;
    const auto end = lines.begin() + static_cast<ptrdiff_t>(count);
    taken.streams.push_back({waiting[whole].labels, {}});
    taken.streams.back().lines.assign(std::make_move_iterator(lines.begin()),
                                      std::make_move_iterator(end));
    lines.erase(lines.begin(), end);
    // The others first: a stream that never ends must not keep them waiting.
    std::rotate(waiting.begin() + static_cast<ptrdiff_t>(whole),
                waiting.begin() + static_cast<ptrdiff_t>(whole) + 1, waiting.end());
    break;
  }
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<ptrdiff_t>(whole));
  waiting_bytes_ -= bytes;
  return taken;
}

std::optional<std::string> LogTail::NextFrame() {
  StreamsResult streams;
  std::vector<Dropped> dropped;
  {
    MutexLock lock(&mutex_);
    TakeDue();
    if (!has_history_ || (waiting_.streams.empty() && dropped_.empty())) return std::nullopt;
    streams = TakeWaiting();
    dropped = std::exchange(dropped_, {});
  }
  if (!categorize_labels_) streams = query::MergeLabels(std::move(streams));
  std::string frame;
  JsonWriter json(&frame);
  json.BeginObject();
  if (categorize_labels_) {
    json.Key("encodingFlags");
    json.Strings({"categorize-labels"});
  }
  json.Key("streams");
  WriteLokiStreams(streams, categorize_labels_, &json);
  if (!dropped.empty()) {
    json.Key("dropped_entries");
    json.BeginArray();
    for (const Dropped& one : dropped) {
      json.BeginObject();
      json.Key("labels");
      json.Labels(one.labels);
      json.Key("timestamp");
      json.String(std::to_string(one.timestamp_ns));
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  return frame;
}

void LogTail::Stop() {
  {
    MutexLock lock(&mutex_);
    if (std::exchange(stopped_, true)) return;
    wake_ = nullptr;
    waiting_ = {};
    waiting_bytes_ = 0;
    delayed_.clear();
    delayed_bytes_ = 0;
  }
  on_stop_();
}

uint64_t LogTail::dropped_total() const {
  MutexLock lock(&mutex_);
  return dropped_total_;
}

}  // namespace varve::server

// FlushSeries: writes what a head of series holds into parts, one for each UTC day it touches. It
// is the same for samples and for histograms.
//
// Threads:  the maintenance thread, between the head's BeginFlush and EndFlush.
// Errors:   those of FileSystem; DATA_LOSS when a chunk of the head does not decode. The parts
// named
//           so far are then orphans.
#ifndef STORAGE_SERIES_FLUSH_H_
#define STORAGE_SERIES_FLUSH_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/metrics/metric_part_writer.h"
#include "storage/model/label_set.h"
#include "storage/model/time_range.h"
#include "storage/part/compaction_planner.h"
#include "storage/part_set.h"
#include "storage/status_macros.h"

namespace varve::storage {

// So many days are written at a time; more (a backfill of years) take further passes over the head.
inline constexpr size_t kOpenDaysMax = 32;

// One pass: the days it writes, and those it met but has no room for.
template <typename Writer, typename Value>
class SeriesFlushPass {
 public:
  SeriesFlushPass(SignalKind kind, PartSet* parts, const std::set<int32_t>* done)
      : kind_(kind), parts_(parts), done_(done) {}

  // Series in the order of their labels; timestamps increase, one per value.
  absl::Status AddSeries(LabelSetView labels, std::span<const int64_t> timestamps_ms,
                         std::span<const Value> values) {
    for (size_t begin = 0; begin < timestamps_ms.size();) {
      const int64_t day = FloorDivide(timestamps_ms[begin], kMillisecondsPerDay);
      const int64_t day_end_ms = (day + 1) * kMillisecondsPerDay;
      size_t end = timestamps_ms.size();
      if (timestamps_ms.back() >= day_end_ms) {
        end = static_cast<size_t>(
            std::lower_bound(timestamps_ms.begin(), timestamps_ms.end(), day_end_ms) -
            timestamps_ms.begin());
      }
      Writer* writer = nullptr;
      VARVE_RETURN_IF_ERROR(OpenDay(static_cast<int32_t>(day), &writer));
      if (writer != nullptr) {
        VARVE_RETURN_IF_ERROR(writer->AddSeries(labels, timestamps_ms.subspan(begin, end - begin),
                                                values.subspan(begin, end - begin)));
      }
      begin = end;
    }
    return absl::OkStatus();
  }

  absl::Status Finish(std::set<int32_t>* done, std::vector<std::string>* names) {
    for (auto& [day, part] : open_) {
      VARVE_RETURN_IF_ERROR(part.writer->Finish().status());
      names->push_back(part.name);
      done->insert(day);
    }
    return absl::OkStatus();
  }

  bool left_some() const { return left_some_; }

 private:
  struct Part {
    std::string name;
    std::unique_ptr<Writer> writer;
  };

  // nullptr where an earlier pass wrote the day, or a later one will.
  absl::Status OpenDay(int32_t day, Writer** writer) {
    if (done_->count(day) > 0) return absl::OkStatus();
    auto found = open_.find(day);
    if (found == open_.end()) {
      if (open_.size() == kOpenDaysMax) {
        left_some_ = true;
        return absl::OkStatus();
      }
      Part part;
      MetricPartOptions options;
      part.name = parts_->NewPartName(kind_, &options.part_id);
      options.kind = kind_;
      options.partition_day = day;
      options.level = kLevelFlush;
      VARVE_ASSIGN_OR_RETURN(part.writer,
                             Writer::Open(parts_->files(), parts_->PathOf(part.name), options));
      found = open_.emplace(day, std::move(part)).first;
    }
    *writer = found->second.writer.get();
    return absl::OkStatus();
  }

  const SignalKind kind_;
  PartSet* parts_;
  const std::set<int32_t>* done_;
  std::map<int32_t, Part> open_;
  bool left_some_ = false;
};

// `decode(chunks, &timestamps_ms, &values)` replaces both columns by what the chunks of a series
// hold. Appends the names of the finished parts, which are of `kind`, to `*names`.
template <typename Writer, typename Value, typename Head, typename Decode>
absl::Status FlushSeries(SignalKind kind, Head* head, PartSet* parts, Decode decode,
                         std::vector<std::string>* names) {
  std::set<int32_t> done;
  std::vector<int64_t> timestamps_ms;
  std::vector<Value> values;
  bool left_some = true;
  while (left_some) {
    SeriesFlushPass<Writer, Value> pass(kind, parts, &done);
    absl::Status status;
    head->VisitFlushing([&](LabelSetView labels, std::vector<typename Head::ChunkPtr> chunks) {
      if (status.ok()) status = decode(chunks, &timestamps_ms, &values);
      if (status.ok()) status = pass.AddSeries(labels, timestamps_ms, values);
    });
    VARVE_RETURN_IF_ERROR(status);
    left_some = pass.left_some();
    VARVE_RETURN_IF_ERROR(pass.Finish(&done, names));
  }
  return absl::OkStatus();
}

}  // namespace varve::storage

#endif  // STORAGE_SERIES_FLUSH_H_

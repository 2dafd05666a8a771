#include "storage/metric_flush.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "storage/metrics/metric_part_writer.h"
#include "storage/model/time_range.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// So many days are written at a time; more (a backfill of years) take further passes over the head.
constexpr size_t kOpenDaysMax = 32;

// One pass: the days it writes, and those it met but has no room for.
class MetricFlushPass {
 public:
  MetricFlushPass(SignalKind kind, PartSet* parts, const std::set<int32_t>* done)
      : kind_(kind), parts_(parts), done_(done) {}

  absl::Status AddSeries(LabelSetView labels, const std::vector<HeadChunkPtr>& chunks) {
    timestamps_ms_.clear();
    values_.clear();
    VARVE_RETURN_IF_ERROR(DecodeChunks(chunks, TimeRange::All(), &timestamps_ms_, &values_));
    for (size_t begin = 0; begin < timestamps_ms_.size();) {
      const int64_t day = FloorDivide(timestamps_ms_[begin], kMillisecondsPerDay);
      const int64_t day_end_ms = (day + 1) * kMillisecondsPerDay;
      size_t end = timestamps_ms_.size();
      if (timestamps_ms_.back() >= day_end_ms) {
        end = static_cast<size_t>(
            std::lower_bound(timestamps_ms_.begin(), timestamps_ms_.end(), day_end_ms) -
            timestamps_ms_.begin());
      }
      VARVE_RETURN_IF_ERROR(AddDay(static_cast<int32_t>(day), labels, begin, end));
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
  struct OpenDay {
    std::string name;
    std::unique_ptr<MetricPartWriter> writer;
  };

  absl::Status AddDay(int32_t day, LabelSetView labels, size_t begin, size_t end) {
    if (done_->count(day) > 0) return absl::OkStatus();
    auto found = open_.find(day);
    if (found == open_.end()) {
      if (open_.size() == kOpenDaysMax) {
        left_some_ = true;
        return absl::OkStatus();
      }
      OpenDay part;
      MetricPartOptions options;
      part.name = parts_->NewPartName(kind_, &options.part_id);
      options.kind = kind_;
      options.partition_day = day;
      options.level = kLevelFlush;
      VARVE_ASSIGN_OR_RETURN(
          part.writer, MetricPartWriter::Open(parts_->files(), parts_->PathOf(part.name), options));
      found = open_.emplace(day, std::move(part)).first;
    }
    return found->second.writer->AddSeries(labels,
                                           std::span(timestamps_ms_).subspan(begin, end - begin),
                                           std::span(values_).subspan(begin, end - begin));
  }

  const SignalKind kind_;
  PartSet* parts_;
  const std::set<int32_t>* done_;
  std::map<int32_t, OpenDay> open_;
  bool left_some_ = false;
  std::vector<int64_t> timestamps_ms_;
  std::vector<double> values_;
};

}  // namespace

absl::Status FlushMetrics(SignalKind kind, MetricHead* head, PartSet* parts,
                          std::vector<std::string>* names) {
  std::set<int32_t> done;
  bool left_some = true;
  while (left_some) {
    MetricFlushPass pass(kind, parts, &done);
    absl::Status status;
    head->VisitFlushing([&](LabelSetView labels, std::vector<HeadChunkPtr> chunks) {
      if (status.ok()) status = pass.AddSeries(labels, chunks);
    });
    VARVE_RETURN_IF_ERROR(status);
    left_some = pass.left_some();
    VARVE_RETURN_IF_ERROR(pass.Finish(&done, names));
  }
  return absl::OkStatus();
}

}  // namespace varve::storage

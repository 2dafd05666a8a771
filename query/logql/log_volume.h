// SumLogVolumes: the bytes of lines that streams have, grouped by labels: what index/volume
// answers.
//
// Only the lengths of lines are read, never the lines.
//
// Threads:  functions; streams are read on the context's pool.
// Errors:   those of QueryContext and storage.
#ifndef QUERY_LOGQL_LOG_VOLUME_H_
#define QUERY_LOGQL_LOG_VOLUME_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "storage/querier.h"

namespace varve::query {

struct LogVolumeQuery {
  storage::TimeRange range_ns;
  // 0: one sum over the whole range. Steps begin at multiples of this, the first at the range's
  // begin.
  int64_t step_ns = 0;
  // The labels that groups are made of; none: those that the matchers name, or all labels where
  // no matcher excludes anything.
  std::vector<std::string> target_labels = {};
  // Sum by the names of these labels instead of by their values.
  bool by_label_name = false;
  uint64_t limit = 100;  // of groups; the largest stay
};

struct LogVolumeGroup {
  // Sorted by name. Summed by label names: one label without a value.
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<uint64_t> bytes;  // of each step
  uint64_t total_bytes = 0;
};

// When a step begins.
int64_t LogVolumeStepNs(const LogVolumeQuery& query, size_t step);

// The largest first; of equal ones the one with the smaller labels.
absl::StatusOr<std::vector<LogVolumeGroup>> SumLogVolumes(
    const storage::Querier& querier, const std::vector<storage::Matcher>& matchers,
    const LogVolumeQuery& query, QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOG_VOLUME_H_

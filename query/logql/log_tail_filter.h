// LogTailFilter: a log query applied to entries as they come in.
//
// Threads:  immutable; any number of threads may use one.
// Errors:   Create: INVALID_ARGUMENT, in Loki's words, for what does not parse or is no log query.
#ifndef QUERY_LOGQL_LOG_TAIL_FILTER_H_
#define QUERY_LOGQL_LOG_TAIL_FILTER_H_

#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/pipeline.h"
#include "query/result.h"
#include "storage/model/entry.h"
#include "storage/model/matcher.h"

namespace varve::query {

class LogTailFilter {
 public:
  static absl::StatusOr<LogTailFilter> Create(std::string_view query);

  bool Matches(storage::LabelSetView stream) const {
    return storage::MatchesAll(matchers_, stream);
  }
  // The entries of a stream that pass, in their order; entries whose stages change the stream's own
  // labels are put under the changed ones. REQUIRES: Matches(stream).
  std::vector<StreamsResult::Stream> Apply(storage::LabelSetView stream,
                                           std::span<const storage::Entry> entries) const;

 private:
  LogTailFilter(std::vector<storage::Matcher> matchers, Pipeline pipeline)
      : matchers_(std::move(matchers)), pipeline_(std::move(pipeline)) {}

  std::vector<storage::Matcher> matchers_;
  Pipeline pipeline_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOG_TAIL_FILTER_H_

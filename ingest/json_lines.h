// JSON lines: one JSON object per line becomes one log entry.
//
// Fields of objects inside objects are named with dots between (`kubernetes.pod`); arrays stay
// JSON. The fields that are named as those of the stream become labels, one is the time and one is
// the line; the others become structured metadata. Where no field is the line, the object as it
// came is the line, and what is in it is not repeated as metadata. Names become names of labels:
// what may not stand in one is `_`. Numbers keep the digits they came with.
//
// Threads:  one-thread.
// Owns:     the request owns all bytes.
// Errors:   DecodeJsonLines: those of Decompress. Lines that cannot be used are listed in the
//           request as rejected, by number; the others are kept.
// Source:   VictoriaLogs documentation, "JSON stream API" and "HTTP parameters".
#ifndef INGEST_JSON_LINES_H_
#define INGEST_JSON_LINES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ingest/loki_push.h"
#include "ingest/stream_gatherer.h"

namespace varve::ingest {

struct JsonLinesOptions {
  std::vector<std::string> stream_fields;            // become labels
  std::vector<std::string> line_fields = {"_msg"};   // the first that is there is the line
  std::vector<std::string> time_fields = {"_time"};  // the first that is there is the time
  std::vector<std::string> ignored_fields;           // `a.*`: all that begin with `a.`
  std::vector<std::pair<std::string, std::string>> extra_fields;
  int64_t now_ns = 0;  // of entries without a time
};

absl::Status DecodeJsonLines(const JsonLinesOptions& fields, std::string_view content_encoding,
                             std::string_view body, const LokiPushOptions& options,
                             LokiPushRequest* request);

// Takes objects one by one, for formats that have other things between them.
class JsonObjectSink {
 public:
  JsonObjectSink(const JsonLinesOptions& fields, const LokiPushOptions& options);
  ~JsonObjectSink();

  // INVALID_ARGUMENT says what is wrong with it. REQUIRES: 64 readable bytes behind the text.
  absl::Status Add(std::string_view object);
  // Moves what was taken to the request. `tell` as StreamGatherer has it: of the objects that Add
  // took.
  void Finish(LokiPushRequest* request, StreamGatherer::Tell tell);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace varve::ingest

#endif  // INGEST_JSON_LINES_H_

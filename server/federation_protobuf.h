// Samples as the protobuf messages that Prometheus scrapes: the only format of its that has native
// histograms.
//
// Each family is one MetricFamily message with its length in front (`encoding=delimited`).
//
// Threads:  one thread.
// Owns:     nothing; `out` outlives a writer.
// Source:   Prometheus, "Exposition formats"; client_model metrics.proto.
#ifndef SERVER_FEDERATION_PROTOBUF_H_
#define SERVER_FEDERATION_PROTOBUF_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/model/histogram.h"
#include "storage/model/label_set.h"

namespace varve::server {

class FederationProtobufWriter {
 public:
  explicit FederationProtobufWriter(std::string* out) : out_(out) {}

  // Samples of one metric name follow each other; `histogram` nullptr: a float. The format cannot
  // say histograms with custom buckets: they are left out. An empty instance is added as in text.
  void Sample(storage::LabelSetView labels, int64_t timestamp_ms, double value,
              const storage::Histogram* histogram);
  void End() { Close(); }

 private:
  void Close();

  std::string* out_;
  std::string name_;
  uint64_t type_ = 0;
  std::string metrics_;  // the Metric fields of the open family
};

}  // namespace varve::server

#endif  // SERVER_FEDERATION_PROTOBUF_H_

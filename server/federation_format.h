// FederationWriter: samples as text that Prometheus scrapes: its text format 0.0.4 or OpenMetrics
// 1.0.0; and which format a client wants, protobuf (federation_protobuf.h) being the third.
//
// Threads:  functions without state; a writer belongs to one thread.
// Owns:     nothing; `out` outlives a writer.
// Source:   Prometheus, "Exposition formats"; OpenMetrics 1.0.0; Prometheus, "Content negotiation".
#ifndef SERVER_FEDERATION_FORMAT_H_
#define SERVER_FEDERATION_FORMAT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/model/label_set.h"

namespace varve::server {

struct FederationFormat {
  enum class Kind { kText, kOpenMetrics, kProtobuf };

  Kind kind = Kind::kText;
  // Names that are not [a-zA-Z_:][a-zA-Z0-9_:]* stand in quotes; else `_` stands for what is not.
  bool allow_utf8 = false;

  std::string ContentType() const;
};

// By the value of an Accept header, which may be empty.
FederationFormat NegotiateFederation(std::string_view accept);

class FederationWriter {
 public:
  // `format` is one of the two texts.
  FederationWriter(FederationFormat format, std::string* out)
      : format_(format),
        open_metrics_(format.kind == FederationFormat::Kind::kOpenMetrics),
        out_(out) {}

  // Samples of one metric name follow each other. `labels` without an instance get an empty one, so
  // that a server that scrapes this with honor_labels does not put its own there.
  void Sample(storage::LabelSetView labels, int64_t timestamp_ms, double value);
  void End();

 private:
  // Of a metric, or of a label.
  void Name(std::string_view name, bool is_metric);
  void Labels(storage::LabelSetView labels, std::string_view metric_name);
  void Label(std::string_view name, std::string_view value, bool* first);

  FederationFormat format_;
  bool open_metrics_;
  std::string* out_;
  std::string family_;
  bool any_ = false;
};

}  // namespace varve::server

#endif  // SERVER_FEDERATION_FORMAT_H_

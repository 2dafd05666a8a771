// What labels of series and streams, and log entries, may look like. The numbers are what the
// systems we replace accept or more; those of logs are defaults of LokiPushOptions.
#ifndef INGEST_LABEL_LIMITS_H_
#define INGEST_LABEL_LIMITS_H_

#include <cstddef>

namespace varve::ingest {

inline constexpr size_t kSeriesLabelsMax = 128;
inline constexpr size_t kStreamLabelsMax = 64;
inline constexpr size_t kLabelNameBytesMax = 1024;
inline constexpr size_t kLabelValueBytesMax = 8192;
inline constexpr size_t kLineBytesMax = 256 << 10;
inline constexpr size_t kMetadataLabelsMax = 128;
inline constexpr size_t kMetadataBytesMax = 64 << 10;

}  // namespace varve::ingest

#endif  // INGEST_LABEL_LIMITS_H_

// DecodeHistogram: one Histogram message of remote write, which 1.0 and 2.0 number alike.
//
// On the wire the buckets of an integer histogram are deltas, each to the bucket before it; here
// they are counts. Whether spans and counts agree is checked by the storage, for every wire format,
// and it is the storage that reduces a resolution finer than it keeps.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT for a malformed message or more buckets than `buckets_max`.
// Source:   Prometheus, "Remote-Write 2.0 specification" and "Native Histograms" specification.
#ifndef INGEST_REMOTE_WRITE_HISTOGRAM_H_
#define INGEST_REMOTE_WRITE_HISTOGRAM_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "storage/appender.h"

namespace varve::ingest {

absl::Status DecodeHistogram(std::string_view message, size_t buckets_max,
                             storage::HistogramSample* sample);

}  // namespace varve::ingest

#endif  // INGEST_REMOTE_WRITE_HISTOGRAM_H_

// DecodeHistogram: one Histogram message of remote write, which 1.0 and 2.0 number alike.
//
// On the wire the buckets of an integer histogram are deltas, each to the bucket before it; here
// they are counts. A resolution finer than Prometheus stores (schema 9 to 52) is reduced to the
// finest it does. Whether spans and counts agree is checked by the storage, for every wire format.
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

// The finest schema the wire has room for; finer than kExponentialSchemaMax is reduced to that.
inline constexpr int32_t kExponentialSchemaReservedMax = 52;

absl::Status DecodeHistogram(std::string_view message, size_t buckets_max,
                             storage::HistogramSample* sample);

// Merges buckets until the schema is `schema`, which is not finer than the histogram's. Buckets
// whose spans and counts contradict each other are left for the storage to refuse.
void ReduceResolution(int32_t schema, storage::Histogram* histogram);

}  // namespace varve::ingest

#endif  // INGEST_REMOTE_WRITE_HISTOGRAM_H_

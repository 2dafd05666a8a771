// VerifyMetricPart and InspectMetricPart: the deep check of a part, and what its bytes are for. The
// same for parts of histograms, which differ only in what their chunks hold.
//
// Threads:  free functions without state.
// Owns:     nothing.
// Errors:   those of MetricPart; Verify..: DATA_LOSS for the first thing that is not as it
//           should be.
#ifndef STORAGE_METRICS_METRIC_PART_INSPECT_H_
#define STORAGE_METRICS_METRIC_PART_INSPECT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/part/part_format.h"

namespace varve::storage {

// Reads all of a part: every checksum, index, column and chunk, and whether they agree.
absl::Status VerifyMetricPart(FileSystem* files, const std::string& path);
absl::Status VerifyHistogramPart(FileSystem* files, const std::string& path);

struct MetricPartReport {
  PartMetadata metadata;
  uint64_t file_bytes = 0;
  std::vector<SectionInfo> sections;
  uint32_t columns = 0;
  uint64_t column_timestamps = 0;
  uint64_t column_bytes = 0;
  uint64_t groups = 0;
  uint64_t groups_compressed = 0;
  uint64_t group_raw_bytes = 0;
  uint64_t group_stored_bytes = 0;
  struct Codec {
    std::string_view name;
    uint64_t chunks = 0;
    uint64_t samples = 0;
    uint64_t bytes = 0;  // before a group is compressed
  };
  std::vector<Codec> codecs;  // by number
};

absl::StatusOr<MetricPartReport> InspectMetricPart(FileSystem* files, const std::string& path);
absl::StatusOr<MetricPartReport> InspectHistogramPart(FileSystem* files, const std::string& path);

// The report as lines of text for a person.
std::string FormatReport(const MetricPartReport& report);

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_INSPECT_H_

// WriteBlock: a Prometheus block with some series, for tests.
//
// Threads:  a free function.
// Errors:   the test fails where a file cannot be written.
// Source:   Prometheus, "Index Disk Format", "Chunks Disk Format", "Tombstones Disk Format".
#ifndef TESTS_TOOLS_PROMETHEUS_BLOCK_BLOCK_WRITER_H_
#define TESTS_TOOLS_PROMETHEUS_BLOCK_BLOCK_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/transfer/sample_source.h"

namespace varve::tools {

// Deleted samples of the series at a place.
struct TestTombstone {
  size_t series = 0;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
};

// Creates `directory`. Floats come in chunks of at most `chunk_samples`, histograms in one.
void WriteBlock(const std::string& directory, const std::vector<SeriesSamples>& series,
                const std::vector<TestTombstone>& tombstones, size_t chunk_samples);

}  // namespace varve::tools

#endif  // TESTS_TOOLS_PROMETHEUS_BLOCK_BLOCK_WRITER_H_

// Chunks as Prometheus writes them, for tests of the reader: every encoding, written from the
// format's description, with no thought of size or speed.
//
// Threads:  free functions.
// Source:   Prometheus, "Chunks Disk Format".
#ifndef TESTS_TOOLS_PROMETHEUS_BLOCK_CHUNK_WRITER_H_
#define TESTS_TOOLS_PROMETHEUS_BLOCK_CHUNK_WRITER_H_

#include <string>
#include <vector>

#include "storage/appender.h"
#include "storage/model/sample.h"

namespace varve::tools {

// The data of a chunk, without length, encoding and checksum.
std::string WriteXorChunk(const std::vector<storage::Sample>& samples);
// All samples have the spans, schema and kind of the first one; stale markers have none.
std::string WriteHistogramChunk(const std::vector<storage::HistogramSample>& samples);

}  // namespace varve::tools

#endif  // TESTS_TOOLS_PROMETHEUS_BLOCK_CHUNK_WRITER_H_

// Any bytes as the sections of a metric part, with valid checksums: reads, matches, deep check.
#include <cstdint>
#include <vector>

#include "storage/io/simulated_file_system.h"
#include "storage/metrics/metric_part.h"
#include "storage/metrics/metric_part_inspect.h"
#include "tests/fuzz/storage/part_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  SimulatedFileSystem files;
  if (!WritePart(&files, SignalKind::kMetrics, {reinterpret_cast<const char*>(data), size}))
    return 0;
  VerifyMetricPart(&files, "part").IgnoreError();
  InspectMetricPart(&files, "part").IgnoreError();
  const auto part = MetricPart::Open(&files, "part");
  if (!part.ok()) return 0;
  for (uint32_t id = 0; id < (*part)->series_count() && id < 8; ++id) {
    TimestampColumn timestamps_ms;
    std::vector<double> values;
    (*part)->Read(id, {1000, 100'000}, &timestamps_ms, &values).IgnoreError();
  }
  return 0;
}

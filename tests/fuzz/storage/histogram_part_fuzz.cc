// Any bytes as the sections of a histogram part, with valid checksums: reads and deep check.
#include <cstdint>
#include <vector>

#include "storage/io/simulated_file_system.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/metric_part_inspect.h"
#include "tests/fuzz/storage/part_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  SimulatedFileSystem files;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (!WritePart(&files, SignalKind::kHistograms, input)) return 0;
  VerifyHistogramPart(&files, "part").IgnoreError();
  InspectHistogramPart(&files, "part").IgnoreError();
  const auto part = HistogramPart::Open(&files, "part");
  if (!part.ok()) return 0;
  for (uint32_t id = 0; id < (*part)->series().series_count() && id < 8; ++id) {
    TimestampColumn timestamps_ms;
    std::vector<HistogramPtr> histograms;
    (*part)->Read(id, {1000, 100'000}, &timestamps_ms, &histograms).IgnoreError();
  }
  return 0;
}

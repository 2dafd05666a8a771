// Runs one parser stage over a line. The first byte chooses the stage; up to the byte 1 stands its
// pattern or path, then the line.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "query/logql/stage.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::query;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t end = std::min(input.find('\x01'), input.size());
  const std::string pattern(input.substr(0, end));
  const std::string line(input.substr(std::min(end + 1, input.size())));
  absl::StatusOr<StagePtr> stage = absl::UnknownError("no stage");
  switch (data[0] % 9) {
    case 0:
      stage = MakeJsonStage({});
      break;
    case 1:
      stage = MakeJsonStage({{{"x", pattern}}});
      break;
    case 2:
      stage = MakeLogfmtStage({});
      break;
    case 3:
      stage = MakeLogfmtStage({true, true, {{"x", pattern}}});
      break;
    case 4:
      stage = MakePatternStage({pattern});
      break;
    case 5:
      stage = MakeRegexpStage({pattern});
      break;
    case 6:
      stage = MakeUnpackStage();
      break;
    case 7:
      stage = MakeDecolorizeStage();
      break;
    default:
      stage = MakeLineFilterStage({LineMatch::kPattern, {{false, pattern}}});
      break;
  }
  if (!stage.ok()) return 0;
  const varve::storage::LabelSet stream{{"app", "x"}};
  LabelNeeds needs;
  PipelineEntry entry;
  entry.needs = &needs;
  entry.labels.BeginStream(stream);
  entry.labels.BeginEntry({});
  entry.line = line;
  (void)(*stage)->Process(&entry);
  (void)entry.labels.CollectAll().ToString();
  return 0;
}

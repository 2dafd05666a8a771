// Runs a stage over a line. One target for each parser: VARVE_FUZZ_STAGES names what is run, the
// first byte chooses of these; up to the byte 1 stands the pattern or path, then the line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "query/logql/stage.h"

namespace varve::query {
namespace {

enum class Kind {
  kJson,
  kJsonPath,
  kLogfmt,
  kLogfmtStrict,
  kPattern,
  kPatternFilter,
  kRegexp,
  kUnpack,
  kDecolorize,
};
using enum Kind;
constexpr Kind kKinds[] = {VARVE_FUZZ_STAGES};

absl::StatusOr<StagePtr> MakeStage(Kind kind, const std::string& pattern) {
  switch (kind) {
    case kJson:
      return MakeJsonStage({});
    case kJsonPath:
      return MakeJsonStage({{{"x", pattern}}});
    case kLogfmt:
      return MakeLogfmtStage({});
    case kLogfmtStrict:
      return MakeLogfmtStage({true, true, {{"x", pattern}}});
    case kPattern:
      return MakePatternStage({pattern});
    case kPatternFilter:
      return MakeLineFilterStage({LineMatch::kPattern, {{false, pattern}}});
    case kRegexp:
      return MakeRegexpStage({pattern});
    case kUnpack:
      return MakeUnpackStage();
    case kDecolorize:
      return MakeDecolorizeStage();
  }
  return absl::InternalError("no stage");
}

}  // namespace
}  // namespace varve::query

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::query;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t end = std::min(input.find('\x01'), input.size());
  const std::string pattern(input.substr(0, end));
  const std::string line(input.substr(std::min(end + 1, input.size())));
  const absl::StatusOr<StagePtr> stage = MakeStage(kKinds[data[0] % std::size(kKinds)], pattern);
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

#include "query/logql/unwrap_sample.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/logql/quantity.h"

namespace varve::query {
namespace {

constexpr std::string_view kExtractionError = "SampleExtractionErr";
constexpr double kNanosecondsPerSecond = 1e9;

}  // namespace

bool UnwrapSample(const UnwrapExpr& unwrap, const std::vector<StagePtr>& filters,
                  PipelineEntry* entry, double* value) {
  const std::string_view* text = entry->labels.Find(unwrap.label);
  if (text == nullptr) return false;
  absl::Status status;
  switch (unwrap.conversion) {
    case UnwrapExpr::Conversion::kBytes: {
      const absl::StatusOr<uint64_t> bytes = ParseBytesValue(*text);
      status = bytes.status();
      if (bytes.ok()) *value = static_cast<double>(*bytes);
      break;
    }
    case UnwrapExpr::Conversion::kDuration:
    case UnwrapExpr::Conversion::kDurationSeconds: {
      const absl::StatusOr<int64_t> duration = ParseDurationValue(*text);
      status = duration.status();
      if (duration.ok()) *value = static_cast<double>(*duration) / kNanosecondsPerSecond;
      break;
    }
    case UnwrapExpr::Conversion::kNone: {
      const absl::StatusOr<double> number = ParseFloatValue(*text);
      status = number.status();
      if (number.ok()) *value = *number;
      break;
    }
  }
  if (!status.ok()) {
    entry->labels.SetError(kExtractionError, entry->labels.Keep(std::string(status.message())));
  }
  for (const StagePtr& filter : filters) {
    if (!filter->Process(entry)) return false;
  }
  return true;
}

}  // namespace varve::query

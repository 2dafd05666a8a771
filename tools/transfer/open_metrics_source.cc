#include "tools/transfer/open_metrics_source.h"

#include <utility>

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

constexpr size_t kSamplesMax = 10'000;  // handed on together

}  // namespace

absl::StatusOr<std::optional<TextSample>> OpenMetricsSource::ReadSample() {
  if (next_) return std::exchange(next_, std::nullopt);
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
    if (!more) return std::optional<TextSample>();
    absl::StatusOr<std::optional<TextSample>> sample = ParseSampleText(line_);
    if (!sample.ok()) {
      return absl::InvalidArgumentError(storage::StrCat("cannot read line ", lines_->line_number(),
                                                        " of ", lines_->name(), ": ",
                                                        storage::ToStd(sample.status().message())));
    }
    if (*sample) return sample;
  }
}

absl::StatusOr<bool> OpenMetricsSource::Next(SeriesSamples* samples) {
  samples->Clear();
  if (!failed_.ok()) return failed_;
  while (samples->floats.size() < kSamplesMax) {
    absl::StatusOr<std::optional<TextSample>> read = ReadSample();
    if (!read.ok()) {
      failed_ = read.status();
      if (samples->floats.empty()) return failed_;
      break;
    }
    std::optional<TextSample> sample = *std::move(read);
    if (!sample) break;
    if (samples->floats.empty()) {
      samples->labels = sample->labels;
    } else if (!(sample->labels == samples->labels)) {
      next_ = std::move(sample);
      break;
    }
    samples->floats.push_back({sample->timestamp_ms.value_or(now_ms_), sample->value});
  }
  return !samples->floats.empty();
}

}  // namespace varve::tools

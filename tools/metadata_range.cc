#include "tools/metadata_range.h"

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tools {

absl::Status AddMetadataRange(std::string_view since, bool logs, const CommandContext& context,
                              HttpParameters* parameters) {
  if (since.empty()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span,
                         ResolveTimeSpan({std::string(since), {}, {}}, since, context.now_ns));
  const auto text = [logs](int64_t time_ns) {
    return logs ? storage::StrCat(time_ns) : UnixSecondsText(time_ns);
  };
  parameters->emplace_back("start", text(span.start_ns));
  parameters->emplace_back("end", text(span.end_ns));
  return absl::OkStatus();
}

}  // namespace varve::tools

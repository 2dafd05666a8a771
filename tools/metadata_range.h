// The range of time that `varve series` and `varve labels` send.
//
// Threads:  free function.
// Errors:   INVALID_ARGUMENT for a duration that cannot be read.
#ifndef TOOLS_METADATA_RANGE_H_
#define TOOLS_METADATA_RANGE_H_

#include <string_view>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/http_client.h"

namespace varve::tools {

// Adds start and end, `since` until now, in the unit of the API; nothing for an empty `since`.
absl::Status AddMetadataRange(std::string_view since, bool logs, const CommandContext& context,
                              HttpParameters* parameters);

}  // namespace varve::tools

#endif  // TOOLS_METADATA_RANGE_H_

#include "server/json_lines_parameters.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api_context.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"

namespace varve::server {
namespace {

using storage::StrCat;

std::string_view Setting(const HttpRequest& request, std::string_view parameter,
                         std::string_view header) {
  const std::string_view value = request.query.Get(parameter);
  return value.empty() ? request.Header(header) : value;
}

// `a, b`: the names between the commas.
std::vector<std::string> Names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    if (const std::string_view trimmed = TrimBlanks(name); !trimmed.empty()) {
      names.emplace_back(trimmed);
    }
  }
  return names;
}

}  // namespace

absl::Status ReadJsonLinesFields(const HttpRequest& request, ingest::JsonLinesOptions* fields) {
  fields->stream_fields = Names(Setting(request, "_stream_fields", "vl-stream-fields"));
  fields->ignored_fields = Names(Setting(request, "ignore_fields", "vl-ignore-fields"));
  if (auto names = Names(Setting(request, "_msg_field", "vl-msg-field")); !names.empty()) {
    fields->line_fields = std::move(names);
  }
  if (auto names = Names(Setting(request, "_time_field", "vl-time-field")); !names.empty()) {
    fields->time_fields = std::move(names);
  }
  for (const std::string& field : Names(Setting(request, "extra_fields", "vl-extra-fields"))) {
    const size_t equals = field.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          StrCat("cannot read extra_fields: ", storage::Quote(field), ", want name=value"));
    }
    fields->extra_fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
  fields->now_ns = NowMs() * storage::kNanosecondsPerMillisecond;
  return absl::OkStatus();
}

}  // namespace varve::server

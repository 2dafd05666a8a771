#include "tools/transfer/log_json.h"

#include <simdjson.h>

#include <algorithm>

#include "ingest/log_time.h"
#include "query/template/base64.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;
using simdjson::dom::object;
using storage::StrCat;

absl::Status Malformed(std::string_view found, std::string_view wanted) {
  return absl::InvalidArgumentError(StrCat(found, ", want ", wanted));
}

absl::Status ReadLabels(element value, std::string_view what, LogLabels* labels) {
  object fields;
  if (value.get(fields) != SUCCESS) return Malformed(StrCat(what, " that are no object"), "one");
  for (const auto& [name, field] : fields) {
    std::string_view text;
    if (field.get(text) != SUCCESS) {
      return Malformed(StrCat(what, " with a value that is no text"), "texts");
    }
    labels->emplace_back(std::string(std::string_view(name)), std::string(text));
  }
  return absl::OkStatus();
}

absl::Status ReadTimestamp(element value, int64_t* timestamp_ns) {
  if (value.get(*timestamp_ns) == SUCCESS) return absl::OkStatus();
  std::string_view text;
  if (value.get(text) == SUCCESS && ingest::ParseLogTime(text, timestamp_ns)) {
    return absl::OkStatus();
  }
  return Malformed("a timestamp that cannot be read", "RFC 3339 or nanoseconds");
}

}  // namespace

absl::Status ParseLogJson(std::string_view line, LogEntry* entry) {
  *entry = LogEntry();
  thread_local simdjson::dom::parser parser;
  const simdjson::padded_string text(line);
  object root;
  if (const auto error = parser.parse(text).get(root); error != SUCCESS) {
    return Malformed(simdjson::error_message(error), "a JSON object");
  }
  bool has_time = false;
  bool has_line = false;
  for (const auto& [key, value] : root) {
    if (key == "timestamp") {
      VARVE_RETURN_IF_ERROR(ReadTimestamp(value, &entry->timestamp_ns));
      has_time = true;
    } else if (key == "labels" || key == "stream") {
      VARVE_RETURN_IF_ERROR(ReadLabels(value, "labels", &entry->labels));
    } else if (key == "metadata") {
      VARVE_RETURN_IF_ERROR(ReadLabels(value, "metadata", &entry->metadata));
    } else if (key == "line") {
      std::string_view bytes;
      if (value.get(bytes) != SUCCESS) return Malformed("a line that is no text", "a text");
      entry->line = bytes;
      has_line = true;
    } else if (key == "line_base64") {
      std::string_view encoded;
      if (value.get(encoded) != SUCCESS || !query::DecodeBase64(encoded, &entry->line)) {
        return Malformed("a line that is no base64", "base64");
      }
      has_line = true;
    }
  }
  if (!has_time) return Malformed("no \"timestamp\"", "one");
  if (!has_line) return Malformed("no \"line\"", "one");
  return absl::OkStatus();
}

absl::StatusOr<bool> LogJsonSource::Next(LogEntry* entry) {
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const bool is_there, lines_->Next(&line_));
    if (!is_there) return false;
    if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (const absl::Status parsed = ParseLogJson(line_, entry); !parsed.ok()) {
      return absl::InvalidArgumentError(StrCat("cannot read line ", lines_->line_number(), " of ",
                                               lines_->name(), ": ",
                                               storage::ToStd(parsed.message())));
    }
    for (const auto& [name, value] : labels_) {
      std::erase_if(entry->labels, [&](const auto& label) { return label.first == name; });
      entry->labels.emplace_back(name, value);
    }
    return true;
  }
}

}  // namespace varve::tools

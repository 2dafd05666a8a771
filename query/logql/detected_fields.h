// DetectedFields: which fields the lines of a log query have, of what type, and with how many
// values: what Grafana's log explorer offers as filters.
//
// Fields are structured metadata, what the query's own parsers find, and, in lines that no stage
// parsed, the members of JSON objects (nested ones flattened with `_`) or logfmt pairs.
//
// Threads:  functions; values.
// Errors:   those of RunLogQuery.
#ifndef QUERY_LOGQL_DETECTED_FIELDS_H_
#define QUERY_LOGQL_DETECTED_FIELDS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "query/result.h"

namespace varve::query {

struct DetectedField {
  std::string type;  // int, float, boolean, duration, bytes or string; of the first value
  std::set<std::string> values;
  std::set<std::string> parsers;  // json, logfmt; none: structured metadata
  std::vector<std::string> json_path;
};
using DetectedFields = std::map<std::string, DetectedField>;

// Of all lines of a log query's answer. Stream labels are no fields.
DetectedFields DetectFields(const StreamsResult& result);

// The type a value is read as.
std::string_view DetectFieldType(std::string_view value);

}  // namespace varve::query

#endif  // QUERY_LOGQL_DETECTED_FIELDS_H_

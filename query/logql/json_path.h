// JsonPath: `job.tags[0]` and `job["first name"]`, the way to one value of a JSON text.
//
// Threads:  immutable.
// Errors:   Parse: INVALID_ARGUMENT, what was found where something else was wanted.
#ifndef QUERY_LOGQL_JSON_PATH_H_
#define QUERY_LOGQL_JSON_PATH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/json_scan.h"

namespace varve::query {

class JsonPath {
 public:
  static absl::StatusOr<JsonPath> Parse(std::string_view text);

  // Whether `json` has the value. The first of equal keys counts.
  bool Find(std::string_view json, JsonValue* value) const;
  // Whether the path goes through the member `key` of the outermost object.
  bool BeginsWith(std::string_view key) const {
    return !steps_.empty() && !steps_[0].is_index && steps_[0].key == key;
  }

 private:
  struct Step {
    bool is_index = false;
    size_t index = 0;
    std::string key;
  };
  std::vector<Step> steps_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_JSON_PATH_H_

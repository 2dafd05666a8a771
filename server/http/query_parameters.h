// QueryParameters: the `a=1&b=2` of a URL or of a form body, decoded, in the order they came.
//
// Threads:  a value.
// Errors:   Parse: INVALID_ARGUMENT for too many parameters. Those with a bad percent escape or a
//           semicolon are left out, as in Go, and error() tells of them: the APIs differ in whether
//           they refuse such a request.
#ifndef SERVER_HTTP_QUERY_PARAMETERS_H_
#define SERVER_HTTP_QUERY_PARAMETERS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve::server {

// A form with more parameters than this is refused: no client of ours sends a tenth of it.
inline constexpr size_t kQueryParametersMax = 10'000;

class QueryParameters {
 public:
  // Appends the parameters of `text`, where `+` is a blank and `%41` an A.
  absl::Status Parse(std::string_view text);
  void Add(std::string name, std::string value);
  // Appends all of `other`, its error included where there was none yet.
  void AddAll(const QueryParameters& other);

  // What was wrong with the first parameter that was left out.
  const absl::Status& error() const { return error_; }

  // The first value of `name`; empty where it is absent. What came first wins, so a form body has
  // to be parsed before the URL for the form to win, as it does in Go.
  std::string_view Get(std::string_view name) const;
  std::vector<std::string_view> GetAll(std::string_view name) const;
  bool Has(std::string_view name) const;

  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  absl::Status ParsePair(std::string_view part);

  std::vector<std::pair<std::string, std::string>> pairs_;
  absl::Status error_;
};

// Decodes %41 escapes; `plus_is_blank` for query texts, not for paths.
absl::StatusOr<std::string> DecodePercent(std::string_view text, bool plus_is_blank);

}  // namespace varve::server

#endif  // SERVER_HTTP_QUERY_PARAMETERS_H_

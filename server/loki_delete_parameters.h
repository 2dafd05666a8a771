// The parameters of a request to delete log entries as Loki reads them, with its words where they
// are wrong.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT.
#ifndef SERVER_LOKI_DELETE_PARAMETERS_H_
#define SERVER_LOKI_DELETE_PARAMETERS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/http/query_parameters.h"
#include "storage/database.h"

namespace varve::server {

struct LokiDeleteParameters {
  std::string query;  // as it was sent
  storage::EntryDeletion deletion;
  int64_t begin_ns = 0;  // the first and the last moment
  int64_t last_ns = 0;
};
// `max_interval` is checked and not needed: a delete is not split into smaller ones.
absl::StatusOr<LokiDeleteParameters> ReadLokiDeleteParameters(const QueryParameters& parameters,
                                                              int64_t now_ms);

}  // namespace varve::server

#endif  // SERVER_LOKI_DELETE_PARAMETERS_H_

// VARVE_RETURN_IF_ERROR and VARVE_ASSIGN_OR_RETURN: pass an error on to the caller.
#ifndef STORAGE_STATUS_MACROS_H_
#define STORAGE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define VARVE_RETURN_IF_ERROR(expression)        \
  do {                                           \
    absl::Status varve_status = (expression);    \
    if (!varve_status.ok()) return varve_status; \
  } while (false)

#define VARVE_CONCAT_INNER(a, b) a##b
#define VARVE_CONCAT(a, b) VARVE_CONCAT_INNER(a, b)

#define VARVE_ASSIGN_OR_RETURN(declaration, expression) \
  VARVE_ASSIGN_OR_RETURN_INNER(VARVE_CONCAT(varve_result_, __LINE__), declaration, expression)

#define VARVE_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                         \
  if (!result.ok()) return std::move(result).status();                \
  declaration = std::move(result).value()

#endif  // STORAGE_STATUS_MACROS_H_

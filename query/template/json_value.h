// ParseJsonValue: JSON as Go's encoding/json decodes it into an interface{}.
//
// Threads:  function without state.
// Errors:   false for a text that is not JSON, or is nested deeper than 200.
#ifndef QUERY_TEMPLATE_JSON_VALUE_H_
#define QUERY_TEMPLATE_JSON_VALUE_H_

#include <string_view>

#include "query/template/arena.h"
#include "query/template/value.h"

namespace varve::query {

// Numbers are floats, objects maps whose last of equal keys counts. Texts lie in the arena.
bool ParseJsonValue(std::string_view text, TemplateArena* arena, TemplateValue* value);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_JSON_VALUE_H_

// Values as text: what an action prints, and Go's print, println and printf.
//
// Threads:  functions without state.
// Source:   the documentation of Go's package fmt.
#ifndef QUERY_TEMPLATE_PRINT_H_
#define QUERY_TEMPLATE_PRINT_H_

#include <span>
#include <string>
#include <string_view>

#include "query/template/arena.h"
#include "query/template/value.h"

namespace varve::query {

// As %v.
void AppendValue(const TemplateValue& value, TemplateArena* arena, std::string* out);
// fmt.Sprint: a space between two values of which neither is a string.
void AppendSprint(std::span<const TemplateValue> values, TemplateArena* arena, std::string* out);
// fmt.Sprintln: a space between all, and a newline.
void AppendSprintln(std::span<const TemplateValue> values, TemplateArena* arena, std::string* out);
// fmt.Sprintf, with all verbs, flags, `*` and explicit indexes; what does not fit is printed as Go
// prints it: %!d(string=x), %!v(MISSING), %!(EXTRA int=1).
void AppendSprintf(std::string_view format, std::span<const TemplateValue> values,
                   TemplateArena* arena, std::string* out);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_PRINT_H_

// Conversions of any value to a number, as the math functions take their arguments: what does not
// convert is 0.
//
// Threads:  functions without state.
// Source:   the functions ToInt64 and ToFloat64 of the Go package spf13/cast, which sprig uses.
#ifndef QUERY_TEMPLATE_CONVERSION_H_
#define QUERY_TEMPLATE_CONVERSION_H_

#include <cstdint>

#include "query/template/value.h"

namespace varve::query {

int64_t ToInt64(const TemplateValue& value);
double ToFloat64(const TemplateValue& value);
// A float as an integer: cut, and the smallest one where it does not fit.
int64_t TruncateToInt64(double value);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_CONVERSION_H_

// strconv.AppendFloat: floats in each of Go's formats.
//
// Threads:  functions without state.
#ifndef QUERY_TEMPLATE_FLOAT_FORMAT_H_
#define QUERY_TEMPLATE_FLOAT_FORMAT_H_

#include <string>

namespace varve::query {

// `format` is one of b e E f g G x X; precision -1 asks for the fewest digits that read back.
std::string FormatGoFloat(double value, char format, int precision);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_FLOAT_FORMAT_H_

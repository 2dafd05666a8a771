// Comparison of values as the functions eq, ne, lt, le, gt and ge have it: within one kind only.
//
// Threads:  functions without state.
// Errors:   false, with Go's message.
#ifndef QUERY_TEMPLATE_COMPARISON_H_
#define QUERY_TEMPLATE_COMPARISON_H_

#include <string>

#include "query/template/value.h"

namespace varve::query {

bool ValuesEqual(const TemplateValue& a, const TemplateValue& b, bool* result, std::string* error);
bool ValuesDiffer(const TemplateValue& a, const TemplateValue& b, bool* result, std::string* error);
bool ValueIsLess(const TemplateValue& a, const TemplateValue& b, bool* result, std::string* error);
bool ValueIsLessOrEqual(const TemplateValue& a, const TemplateValue& b, bool* result,
                        std::string* error);
bool ValueIsGreater(const TemplateValue& a, const TemplateValue& b, bool* result,
                    std::string* error);
bool ValueIsGreaterOrEqual(const TemplateValue& a, const TemplateValue& b, bool* result,
                           std::string* error);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_COMPARISON_H_

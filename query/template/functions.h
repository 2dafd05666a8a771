// Families of functions that a table may have, beside those of the language.
//
// Their names, arguments and results are those of the Go package sprig and of Loki's documentation,
// "Template functions"; a panic there is an error of the call here.
//
// Threads:  functions without state.
#ifndef QUERY_TEMPLATE_FUNCTIONS_H_
#define QUERY_TEMPLATE_FUNCTIONS_H_

#include "query/template/function_table.h"

namespace varve::query {

// lower upper title trunc substr contains hasPrefix hasSuffix indent nindent replace repeat trim
// trimAll trimPrefix trimSuffix alignLeft alignRight default, and the older ToLower ToUpper Replace
// Trim TrimLeft TrimRight TrimPrefix TrimSuffix TrimSpace.
void AddTextFunctions(TemplateFunctionTable* table);
// regexReplaceAll regexReplaceAllLiteral count.
void AddRegexFunctions(TemplateFunctionTable* table);
// int float64 add sub mul div mod max min, addf subf mulf divf maxf minf, ceil floor round.
void AddMathFunctions(TemplateFunctionTable* table);
// b64enc b64dec urlencode urldecode fromJson.
void AddEncodingFunctions(TemplateFunctionTable* table);
// date toDate toDateInZone now unixEpoch unixEpochMillis unixEpochNanos unixToTime.
void AddTimeFunctions(TemplateFunctionTable* table);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_FUNCTIONS_H_

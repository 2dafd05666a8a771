// CollectFieldUse: which fields of the dot the trees of a template can read.
//
// Threads:  function without state.
#ifndef QUERY_TEMPLATE_FIELD_USE_H_
#define QUERY_TEMPLATE_FIELD_USE_H_

#include "query/template/parser.h"
#include "query/template/template.h"

namespace varve::query {

// More than is read may be named, never less: a dot that `with` or `range` sets counts as the dot.
TemplateFieldUse CollectFieldUse(const TemplateTrees& trees);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_FIELD_USE_H_

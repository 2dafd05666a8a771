// StoragePredicates: the filters of a log expression that the storage applies itself, exactly, so
// that lines that do not pass are never made and lines that pass need not be looked at.
//
// Threads:  free functions without state.
// Owns:     copies of literals and names.
// Errors:   none: what the storage does not know stays a stage.
#ifndef QUERY_LOGQL_STORAGE_PREDICATES_H_
#define QUERY_LOGQL_STORAGE_PREDICATES_H_

#include <optional>
#include <string_view>
#include <vector>

#include "query/logql/ast.h"
#include "storage/querier.h"

namespace varve::query {

struct StoragePredicates {
  std::vector<storage::LineCondition> line_conditions;
  // Of label filters, which stay stages: they say something of the metadata only in streams that do
  // not have the label.
  std::vector<storage::MetadataCondition> metadata_conditions;

  // Sets what holds for the entries of one stream.
  void SetOptions(storage::LabelSetView stream, storage::LogReadOptions* options) const;
};

// Takes the line filters out of `*stages` that the storage can apply.
StoragePredicates TakeStoragePredicates(std::vector<StageExpr>* stages);

// The condition that is equal to a line filter; nullopt where there is none.
std::optional<storage::LineCondition> LineConditionOf(const LineFilterExpr& filter);

}  // namespace varve::query

#endif  // QUERY_LOGQL_STORAGE_PREDICATES_H_

// Duration: a range, step or offset of PromQL: milliseconds, or an expression over the query's own
// step and range that becomes milliseconds once they are known.
//
// Threads:  functions without state; ResolveDurations needs the tree for itself.
// Owns:     a Duration its expression.
// Errors:   INVALID_ARGUMENT for a duration that is zero where it must not be, negative, infinite
//           or out of range, in Prometheus's words.
#ifndef QUERY_PROMQL_DURATION_EXPR_H_
#define QUERY_PROMQL_DURATION_EXPR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "query/promql/position_range.h"

namespace varve::query {

struct Expr;

enum class DurationOperator {
  kSeconds,  // a number
  kStep,     // step()
  kRange,    // range()
  kMinOf,
  kMaxOf,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kNegate,  // of left
};

struct DurationExpr {
  DurationOperator op = DurationOperator::kSeconds;
  double seconds = 0;                // of kSeconds
  bool written_as_duration = false;  // of kSeconds: `5m`, not `300`
  bool in_parens = false;            // written so; only printing cares
  std::unique_ptr<DurationExpr> left;
  std::unique_ptr<DurationExpr> right;
  PositionRange position;
  uint32_t height = 1;
};

struct Duration {
  int64_t ms = 0;                            // not yet meaningful while `expression` is unresolved
  std::unique_ptr<DurationExpr> expression;  // nullptr for a plain number or duration
};

// The query a duration expression is evaluated for: step() and range() (end - start), in
// milliseconds; both 0 for an instant query.
struct DurationScope {
  int64_t step_ms = 0;
  int64_t range_ms = 0;
};

// Sets Duration::ms of every duration expression in the tree. Call it once per query, before
// planning; calling it again with another scope is allowed.
absl::Status ResolveDurations(const DurationScope& scope, Expr* root);

}  // namespace varve::query

#endif  // QUERY_PROMQL_DURATION_EXPR_H_

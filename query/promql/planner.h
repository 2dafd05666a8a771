// Plan: what the evaluator wants to know of a tree before it starts.
//
// Threads:  immutable after construction.
// Owns:     nothing; the tree outlives it.
#ifndef QUERY_PROMQL_PLANNER_H_
#define QUERY_PROMQL_PLANNER_H_

#include "absl/container/flat_hash_set.h"
#include "query/promql/ast.h"

namespace varve::query {

class Plan {
 public:
  explicit Plan(const Expr& root) {
    Visit(root);
    FindStatistics(root, false);
  }

  // Whether the expression has the same value at every step, as `@` makes it: it is then evaluated
  // once. Literals are not counted in; repeating them is as cheap.
  bool IsStepInvariant(const Expr& expr) const { return invariant_.contains(&expr); }
  // Whether of the histograms that it selects only count and sum are looked at.
  bool WantsStatistics(const VectorSelector& selector) const {
    return statistics_.contains(&selector);
  }

 private:
  bool Visit(const Expr& expr);
  void FindStatistics(const Expr& expr, bool inside);

  absl::flat_hash_set<const Expr*> invariant_;
  absl::flat_hash_set<const Expr*> statistics_;
};

}  // namespace varve::query

#endif  // QUERY_PROMQL_PLANNER_H_

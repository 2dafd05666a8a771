// The syntax tree of a LogQL query.
//
// Source:   Loki's documentation, "LogQL: Log query language".
// Threads:  values; immutable once parsed.
#ifndef QUERY_LOGQL_AST_H_
#define QUERY_LOGQL_AST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "query/engine/aggregation.h"
#include "query/engine/binary_operation.h"
#include "storage/model/matcher.h"

namespace varve::query {

enum class LineMatch { kContains, kNotContains, kRegex, kNotRegex, kPattern, kNotPattern };
std::string_view LineMatchText(LineMatch match);
inline bool IsNegative(LineMatch match) {
  return match == LineMatch::kNotContains || match == LineMatch::kNotRegex ||
         match == LineMatch::kNotPattern;
}

// `|= "a" or ip("10.0.0.0/8")`: a positive filter keeps lines that have any of the terms, a
// negative one drops them.
struct LineFilterExpr {
  struct Term {
    bool is_ip = false;
    std::string text;
  };
  LineMatch match = LineMatch::kContains;
  std::vector<Term> terms;
};

enum class Comparison { kEqual, kNotEqual, kGreater, kGreaterOrEqual, kLess, kLessOrEqual };

struct LabelFilterExpr {
  enum class Kind { kAnd, kOr, kString, kNumber, kDuration, kBytes, kIp };
  Kind kind = Kind::kString;
  std::vector<LabelFilterExpr> operands;       // of kAnd and kOr: two
  std::string name;                            // of the others
  std::optional<storage::Matcher> matcher;     // of kString
  Comparison comparison = Comparison::kEqual;  // of the numeric kinds and kIp
  double number = 0;                           // kNumber: value; kDuration: nanoseconds; kBytes
  std::string text;                            // the operand as written; kIp: the pattern
};

// `level="severity"` of json and logfmt; `identifier` alone means a path of the same name.
struct LabelExtraction {
  std::string identifier;
  std::string path;
};

struct JsonExpr {
  std::vector<LabelExtraction> extractions;
};
struct LogfmtExpr {
  bool strict = false;
  bool keep_empty = false;
  std::vector<LabelExtraction> extractions;
};
struct PatternExpr {
  std::string pattern;
};
struct RegexpExpr {
  std::string pattern;
};
struct UnpackExpr {};
struct DecolorizeExpr {};

struct LineFormatExpr {
  std::string text;  // a template
};

// `label_format a=b, c="{{.d}}"`
struct LabelFormatExpr {
  struct Item {
    std::string target;
    bool is_rename = true;
    std::string source;  // the label, or the template
  };
  std::vector<Item> items;
};

// `drop a, b="x"` and `keep a, b=~"x.*"`.
struct LabelSelectExpr {
  struct Item {
    std::string name;
    std::optional<storage::Matcher> matcher;
  };
  bool keep = false;
  std::vector<Item> items;
};

using StageExpr =
    std::variant<LineFilterExpr, LabelFilterExpr, JsonExpr, LogfmtExpr, PatternExpr, RegexpExpr,
                 UnpackExpr, DecolorizeExpr, LineFormatExpr, LabelFormatExpr, LabelSelectExpr>;

struct LogExpr {
  std::vector<storage::Matcher> matchers;
  std::vector<StageExpr> stages;
};

struct UnwrapExpr {
  enum class Conversion { kNone, kBytes, kDuration, kDurationSeconds };
  std::string label;
  Conversion conversion = Conversion::kNone;
  std::vector<LabelFilterExpr> filters;  // that stand behind the unwrap
};

struct LogRangeExpr {
  LogExpr log;
  std::optional<UnwrapExpr> unwrap;
  int64_t range_ns = 0;
  int64_t offset_ns = 0;
};

enum class RangeFunction {
  kCount,
  kRate,
  kBytes,
  kBytesRate,
  kAbsent,
  kRateCounter,
  kSum,
  kAvg,
  kMin,
  kMax,
  kStddev,
  kStdvar,
  kFirst,
  kLast,
  kQuantile,
};
std::string_view RangeFunctionText(RangeFunction function);
std::optional<RangeFunction> FindRangeFunction(std::string_view name);

struct MetricExpr;
using MetricExprPtr = std::unique_ptr<MetricExpr>;

struct LiteralExpr {
  double value = 0;
};
struct VectorExpr {
  double value = 0;
};
struct RangeAggregationExpr {
  RangeFunction function = RangeFunction::kCount;
  double parameter = 0;  // of quantile_over_time
  LogRangeExpr range;
  std::optional<Grouping> grouping;
};
struct VectorAggregationExpr {
  enum class Sort { kNone, kAscending, kDescending };
  std::string name;  // as written: "sum", "topk", "sort", ...
  AggregateOperator op = AggregateOperator::kSum;
  Sort sort = Sort::kNone;   // sort and sort_desc
  bool approximate = false;  // approx_topk
  std::optional<double> parameter;
  std::optional<Grouping> grouping;
  MetricExprPtr operand;
};
struct LogqlBinaryExpr {
  BinaryOperation operation;
  MetricExprPtr left;
  MetricExprPtr right;
};
struct LabelReplaceExpr {
  MetricExprPtr operand;
  std::string target;
  std::string replacement;
  std::string source;
  std::string regex;
};

struct MetricExpr {
  std::variant<LiteralExpr, VectorExpr, RangeAggregationExpr, VectorAggregationExpr,
               LogqlBinaryExpr, LabelReplaceExpr>
      node;
};

// A whole query: lines or numbers.
using LogqlExpr = std::variant<LogExpr, MetricExprPtr>;

}  // namespace varve::query

#endif  // QUERY_LOGQL_AST_H_

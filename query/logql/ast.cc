#include "query/logql/ast.h"

namespace varve::query {

std::string_view LineMatchText(LineMatch match) {
  switch (match) {
    case LineMatch::kContains:
      return "|=";
    case LineMatch::kNotContains:
      return "!=";
    case LineMatch::kRegex:
      return "|~";
    case LineMatch::kNotRegex:
      return "!~";
    case LineMatch::kPattern:
      return "|>";
    case LineMatch::kNotPattern:
      return "!>";
  }
  return "";
}

std::string_view RangeFunctionText(RangeFunction function) {
  switch (function) {
    case RangeFunction::kCount:
      return "count_over_time";
    case RangeFunction::kRate:
      return "rate";
    case RangeFunction::kBytes:
      return "bytes_over_time";
    case RangeFunction::kBytesRate:
      return "bytes_rate";
    case RangeFunction::kAbsent:
      return "absent_over_time";
    case RangeFunction::kRateCounter:
      return "rate_counter";
    case RangeFunction::kSum:
      return "sum_over_time";
    case RangeFunction::kAvg:
      return "avg_over_time";
    case RangeFunction::kMin:
      return "min_over_time";
    case RangeFunction::kMax:
      return "max_over_time";
    case RangeFunction::kStddev:
      return "stddev_over_time";
    case RangeFunction::kStdvar:
      return "stdvar_over_time";
    case RangeFunction::kFirst:
      return "first_over_time";
    case RangeFunction::kLast:
      return "last_over_time";
    case RangeFunction::kQuantile:
      return "quantile_over_time";
  }
  return "";
}

std::optional<RangeFunction> FindRangeFunction(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(RangeFunction::kQuantile); ++i) {
    const auto function = static_cast<RangeFunction>(i);
    if (RangeFunctionText(function) == name) return function;
  }
  return std::nullopt;
}

}  // namespace varve::query

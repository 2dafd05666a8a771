// The functions of PromQL and their signatures.
//
// Threads:  immutable tables.
// Owns:     the rows live as long as the program.
// Source:   Prometheus documentation, "Query functions".
#ifndef QUERY_PROMQL_FUNCTIONS_TABLE_H_
#define QUERY_PROMQL_FUNCTIONS_TABLE_H_

#include <span>
#include <string_view>

#include "query/promql/ast.h"

namespace varve::query {

enum class FunctionId {
  kAbs,
  kAbsent,
  kAbsentOverTime,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kAvgOverTime,
  kCeil,
  kChanges,
  kClamp,
  kClampMax,
  kClampMin,
  kCos,
  kCosh,
  kCountOverTime,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kDaysInMonth,
  kDeg,
  kDelta,
  kDeriv,
  kDoubleExponentialSmoothing,
  kEnd,
  kExp,
  kFirstOverTime,
  kFloor,
  kHistogramAvg,
  kHistogramCount,
  kHistogramFraction,
  kHistogramQuantile,
  kHistogramQuantiles,
  kHistogramStddev,
  kHistogramStdvar,
  kHistogramSum,
  kHour,
  kIdelta,
  kIncrease,
  kInfo,
  kIrate,
  kLabelJoin,
  kLabelReplace,
  kLastOverTime,
  kLn,
  kLog10,
  kLog2,
  kMadOverTime,
  kMaxOf,
  kMaxOverTime,
  kMinOf,
  kMinOverTime,
  kMinute,
  kMonth,
  kPi,
  kPredictLinear,
  kPresentOverTime,
  kQuantileOverTime,
  kRad,
  kRange,
  kRate,
  kResets,
  kRound,
  kScalar,
  kSgn,
  kSin,
  kSinh,
  kSort,
  kSortByLabel,
  kSortByLabelDesc,
  kSortDesc,
  kSqrt,
  kStart,
  kStartTimestamp,
  kStddevOverTime,
  kStdvarOverTime,
  kStep,
  kSumOverTime,
  kTan,
  kTanh,
  kTime,
  kTimestamp,
  kTsOfFirstOverTime,
  kTsOfLastOverTime,
  kTsOfMaxOverTime,
  kTsOfMinOverTime,
  kVector,
  kYear,
};

struct FunctionSignature {
  FunctionId id;
  std::string_view name;
  std::span<const ValueType> argument_types;
  // 0: exactly these arguments. n > 0: the last may be left out, or stand up to n times. -1: the
  // last may be left out, or stand any number of times.
  int variadic;
  ValueType return_type;
  bool experimental;
};

// The number of arguments a call may have; ArgumentsMax is -1 where there is no greatest number.
int ArgumentsMin(const FunctionSignature& function);
int ArgumentsMax(const FunctionSignature& function);

// nullptr for an unknown name.
const FunctionSignature* FindFunction(std::string_view name);
// A function that only a range of logs has: bytes_over_time and its kin.
const FunctionSignature* FindLogFunction(std::string_view name);
// All, ordered by name.
std::span<const FunctionSignature> AllFunctions();

}  // namespace varve::query

#endif  // QUERY_PROMQL_FUNCTIONS_TABLE_H_

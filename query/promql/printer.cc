#include "query/promql/log_vector_source.h"
#include "query/promql/printer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "query/engine/number_format.h"
#include "query/promql/functions_table.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::Quote;
using storage::StrAppend;

constexpr size_t kLineCharactersMax = 100;

bool IsPlainLabelName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

// In `by` and its like a label may have colons, as a metric's name may.
bool IsPlainGroupingLabel(std::string_view name) {
  std::string without_colons(name);
  std::replace(without_colons.begin(), without_colons.end(), ':', '_');
  return IsPlainLabelName(without_colons);
}

std::string MatcherText(const storage::Matcher& matcher) {
  return storage::StrCat(IsPlainLabelName(matcher.name()) ? matcher.name() : Quote(matcher.name()),
                         storage::MatchTypeText(matcher.type()), Quote(matcher.value()));
}

void AppendLabels(const std::vector<std::string>& labels, std::string* out) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i > 0) *out += ", ";
    *out += IsPlainGroupingLabel(labels[i]) ? labels[i] : Quote(labels[i]);
  }
}

void AppendSignedDuration(int64_t milliseconds, std::string* out) {
  if (milliseconds < 0) out->push_back('-');
  AppendPromDuration(std::abs(milliseconds), out);
}

void AppendSeconds(double seconds, bool as_duration, std::string* out) {
  if (!as_duration) {
    AppendFloat(seconds, out);
    return;
  }
  AppendSignedDuration(static_cast<int64_t>(std::llround(seconds * 1000)), out);
}

// Stops soon after `size_max` characters, for callers that only ask whether a text is that long.
class Printer {
 public:
  explicit Printer(size_t size_max = std::numeric_limits<size_t>::max()) : size_max_(size_max) {}

  void Print(const Expr& expr);
  void PrintDurationExpr(const DurationExpr& expr);
  void PrintAggregateHead(const AggregateExpr& aggregate);
  void PrintBinaryHead(const BinaryExpr& binary);
  void PrintSubqueryTail(const SubqueryExpr& subquery);
  bool Full() const { return out_.size() > size_max_; }
  std::string Take() { return std::move(out_); }

 private:
  void PrintSelector(const VectorSelector& selector, const Duration* range);
  void PrintAt(const TimeModifiers& time);
  void PrintOffset(const TimeModifiers& time);
  void PrintDurationValue(const Duration& duration);
  void PrintMatching(const VectorMatching& matching);
  void PrintFill(std::string_view name, double value);

  size_t size_max_;
  std::string out_;
};

void Printer::PrintDurationExpr(const DurationExpr& expr) {
  if (expr.in_parens) out_ += "(";
  const auto infix = [&](std::string_view symbol) {
    PrintDurationExpr(*expr.left);
    StrAppend(&out_, " ", symbol, " ");
    PrintDurationExpr(*expr.right);
  };
  const auto call = [&](std::string_view name) {
    StrAppend(&out_, name, "(");
    PrintDurationExpr(*expr.left);
    out_ += ", ";
    PrintDurationExpr(*expr.right);
    out_ += ")";
  };
  switch (expr.op) {
    case DurationOperator::kSeconds:
      AppendSeconds(expr.seconds, expr.written_as_duration, &out_);
      break;
    case DurationOperator::kStep:
      out_ += "step()";
      break;
    case DurationOperator::kRange:
      out_ += "range()";
      break;
    case DurationOperator::kMinOf:
      call("min_of");
      break;
    case DurationOperator::kMaxOf:
      call("max_of");
      break;
    case DurationOperator::kAdd:
      infix("+");
      break;
    case DurationOperator::kSub:
      infix("-");
      break;
    case DurationOperator::kMul:
      infix("*");
      break;
    case DurationOperator::kDiv:
      infix("/");
      break;
    case DurationOperator::kMod:
      infix("%");
      break;
    case DurationOperator::kPow:
      infix("^");
      break;
    case DurationOperator::kNegate:
      out_ += "-";
      PrintDurationExpr(*expr.left);
      break;
  }
  if (expr.in_parens) out_ += ")";
}

void Printer::PrintDurationValue(const Duration& duration) {
  if (duration.expression != nullptr) {
    PrintDurationExpr(*duration.expression);
  } else {
    AppendSignedDuration(duration.ms, &out_);
  }
}

void Printer::PrintAt(const TimeModifiers& time) {
  switch (time.at) {
    case TimeModifiers::At::kNone:
      return;
    case TimeModifiers::At::kStart:
      out_ += " @ start()";
      return;
    case TimeModifiers::At::kEnd:
      out_ += " @ end()";
      return;
    case TimeModifiers::At::kTimestamp: {
      std::array<char, 48> text;
      std::snprintf(text.data(), text.size(), " @ %.3f", static_cast<double>(time.at_ms) / 1000);
      out_ += text.data();
      return;
    }
  }
}

void Printer::PrintOffset(const TimeModifiers& time) {
  if (time.offset.expression == nullptr && time.offset.ms == 0) return;
  out_ += " offset ";
  PrintDurationValue(time.offset);
}

void Printer::PrintSelector(const VectorSelector& selector, const Duration* range) {
  const bool is_log = !selector.log_query.empty();
  if (is_log) StrAppend(&out_, kLogSelectorWord, selector.log_query, " ");
  std::vector<std::string> matchers;
  for (const storage::Matcher& matcher : selector.matchers) {
    const bool is_name = matcher.name() == "__name__" &&
                         matcher.type() == storage::MatchType::kEqual && !selector.name.empty() &&
                         matcher.value() == selector.name;
    if (!is_name) matchers.push_back(MatcherText(matcher));
  }
  std::sort(matchers.begin(), matchers.end());
  out_ += selector.name;
  for (size_t i = 0; i < matchers.size(); ++i) StrAppend(&out_, i == 0 ? "{" : ",", matchers[i]);
  if (!matchers.empty()) {
    out_ += "}";
  } else if (selector.name.empty() && !is_log) {
    out_ += "{}";
  }
  if (range != nullptr) {
    out_ += "[";
    PrintDurationValue(*range);
    out_ += "]";
  } else {
    PrintAt(selector.time);
  }
  if (selector.anchored) out_ += " anchored";
  if (selector.smoothed) out_ += " smoothed";
  if (range != nullptr) PrintAt(selector.time);
  PrintOffset(selector.time);
}

void Printer::PrintSubqueryTail(const SubqueryExpr& subquery) {
  out_ += "[";
  PrintDurationValue(subquery.range);
  out_ += ":";
  if (subquery.has_step) PrintDurationValue(subquery.step);
  out_ += "]";
  PrintAt(subquery.time);
  PrintOffset(subquery.time);
}

void Printer::PrintFill(std::string_view name, double value) {
  StrAppend(&out_, " ", name, " (");
  AppendGeneralFloat(value, &out_);
  out_ += ")";
}

void Printer::PrintMatching(const VectorMatching& matching) {
  const bool grouped = matching.cardinality == MatchCardinality::kManyToOne ||
                       matching.cardinality == MatchCardinality::kOneToMany;
  if (!matching.labels.empty() || matching.on || grouped) {
    StrAppend(&out_, matching.on ? " on (" : " ignoring (");
    AppendLabels(matching.labels, &out_);
    out_ += ")";
  }
  if (grouped) {
    StrAppend(&out_, matching.cardinality == MatchCardinality::kManyToOne ? " group_left ("
                                                                          : " group_right (");
    AppendLabels(matching.include, &out_);
    out_ += ")";
  }
  const auto& left = matching.fill_left;
  const auto& right = matching.fill_right;
  if (left.has_value() && right.has_value() &&
      (*left == *right || (std::isnan(*left) && std::isnan(*right)))) {
    PrintFill("fill", *left);
    return;
  }
  if (left.has_value()) PrintFill("fill_left", *left);
  if (right.has_value()) PrintFill("fill_right", *right);
}

void Printer::PrintBinaryHead(const BinaryExpr& binary) {
  StrAppend(&out_, BinaryOperatorText(binary.operation.op));
  if (binary.operation.return_bool) out_ += " bool";
  if (binary.has_matching) PrintMatching(binary.operation.matching);
}

void Printer::PrintAggregateHead(const AggregateExpr& aggregate) {
  StrAppend(&out_, AggregateOperatorText(aggregate.op));
  if (aggregate.grouping.without || !aggregate.grouping.labels.empty()) {
    out_ += aggregate.grouping.without ? " without (" : " by (";
    AppendLabels(aggregate.grouping.labels, &out_);
    out_ += ") ";
  }
}

void Printer::Print(const Expr& expr) {
  if (Full()) return;
  switch (expr.kind) {
    case ExprKind::kNumberLiteral: {
      const auto& number = As<NumberLiteral>(expr);
      AppendSeconds(number.value, number.written_as_duration, &out_);
      return;
    }
    case ExprKind::kStringLiteral:
      out_ += Quote(As<StringLiteral>(expr).value);
      return;
    case ExprKind::kVectorSelector:
      PrintSelector(As<VectorSelector>(expr), nullptr);
      return;
    case ExprKind::kMatrixSelector: {
      const auto& matrix = As<MatrixSelector>(expr);
      PrintSelector(*matrix.selector, &matrix.range);
      return;
    }
    case ExprKind::kSubquery: {
      const auto& subquery = As<SubqueryExpr>(expr);
      Print(*subquery.expr);
      PrintSubqueryTail(subquery);
      return;
    }
    case ExprKind::kUnary: {
      const auto& unary = As<UnaryExpr>(expr);
      out_ += unary.negative ? "-" : "+";
      Print(*unary.expr);
      return;
    }
    case ExprKind::kBinary: {
      const auto& binary = As<BinaryExpr>(expr);
      Print(*binary.left);
      out_ += " ";
      PrintBinaryHead(binary);
      out_ += " ";
      Print(*binary.right);
      return;
    }
    case ExprKind::kAggregate: {
      const auto& aggregate = As<AggregateExpr>(expr);
      PrintAggregateHead(aggregate);
      out_ += "(";
      if (aggregate.parameter != nullptr) {
        Print(*aggregate.parameter);
        out_ += ", ";
      }
      Print(*aggregate.expr);
      out_ += ")";
      return;
    }
    case ExprKind::kCall: {
      const auto& call = As<Call>(expr);
      StrAppend(&out_, call.function->name, "(");
      for (size_t i = 0; i < call.arguments.size(); ++i) {
        if (i > 0) out_ += ", ";
        Print(*call.arguments[i]);
      }
      out_ += ")";
      return;
    }
    case ExprKind::kParen:
      out_ += "(";
      Print(*As<ParenExpr>(expr).expr);
      out_ += ")";
      return;
  }
}

class PrettyPrinter {
 public:
  // Without the indentation of the first line.
  void Print(const Expr& expr, size_t level) {
    Printer probe(kLineCharactersMax);
    probe.Print(expr);
    if (!probe.Full()) {
      out_ += probe.Take();
      return;
    }
    switch (expr.kind) {
      case ExprKind::kSubquery: {
        const auto& subquery = As<SubqueryExpr>(expr);
        Print(*subquery.expr, level);
        Printer tail;
        tail.PrintSubqueryTail(subquery);
        out_ += tail.Take();
        return;
      }
      case ExprKind::kUnary: {
        const auto& unary = As<UnaryExpr>(expr);
        out_ += unary.negative ? "-" : "+";
        // `-` binds weaker than `^`, whose left operand is not indented behind it.
        const size_t begin = out_.size();
        Print(*unary.expr, level);
        out_.erase(begin, out_.find_first_not_of(' ', begin) - begin);
        return;
      }
      case ExprKind::kBinary: {
        const auto& binary = As<BinaryExpr>(expr);
        // The operands stand one level deeper than the operator between them.
        Indent(1);
        Print(*binary.left, level + 1);
        Line(level);
        Printer head;
        head.PrintBinaryHead(binary);
        out_ += head.Take();
        Line(level + 1);
        Print(*binary.right, level + 1);
        return;
      }
      case ExprKind::kAggregate: {
        const auto& aggregate = As<AggregateExpr>(expr);
        Printer head;
        head.PrintAggregateHead(aggregate);
        out_ += head.Take();
        std::vector<const Expr*> arguments;
        if (aggregate.parameter != nullptr) arguments.push_back(aggregate.parameter.get());
        arguments.push_back(aggregate.expr.get());
        PrintList(arguments, level);
        return;
      }
      case ExprKind::kCall: {
        const auto& call = As<Call>(expr);
        StrAppend(&out_, call.function->name);
        std::vector<const Expr*> arguments;
        for (const ExprPtr& argument : call.arguments) arguments.push_back(argument.get());
        PrintList(arguments, level);
        return;
      }
      case ExprKind::kParen:
        PrintList({As<ParenExpr>(expr).expr.get()}, level);
        return;
      default:
        out_ += PrintExpression(expr);
        return;
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void Indent(size_t levels) { out_.append(2 * levels, ' '); }
  void Line(size_t level) {
    out_ += "\n";
    Indent(level);
  }
  void PrintList(const std::vector<const Expr*>& arguments, size_t level) {
    out_ += "(";
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (i > 0) out_ += ",";
      // A subquery that fits in a line is not indented, which is Prometheus's own way.
      const bool indented = arguments[i]->kind != ExprKind::kSubquery || !Fits(*arguments[i]);
      Line(indented ? level + 1 : 0);
      Print(*arguments[i], level + 1);
    }
    Line(level);
    out_ += ")";
  }
  static bool Fits(const Expr& expr) {
    Printer probe(kLineCharactersMax);
    probe.Print(expr);
    return !probe.Full();
  }

  std::string out_;
};

}  // namespace

std::string PrintExpression(const Expr& expr) {
  Printer printer;
  printer.Print(expr);
  return printer.Take();
}

std::string PrintDuration(const DurationExpr& expr) {
  Printer printer;
  printer.PrintDurationExpr(expr);
  return printer.Take();
}

std::string PrettyExpression(const Expr& expr) {
  PrettyPrinter printer;
  printer.Print(expr, 0);
  return printer.Take();
}

}  // namespace varve::query

#include "query/promql/ast_json.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "query/engine/number_format.h"
#include "query/promql/functions_table.h"
#include "query/promql/go_text.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrAppend;

std::string_view CardinalityText(MatchCardinality cardinality) {
  switch (cardinality) {
    case MatchCardinality::kOneToOne:
      return "one-to-one";
    case MatchCardinality::kManyToOne:
      return "many-to-one";
    case MatchCardinality::kOneToMany:
      return "one-to-many";
    case MatchCardinality::kManyToMany:
      return "many-to-many";
  }
  return "";
}

class TreeWriter {
 public:
  void Write(const Expr& expr) {
    out_ += "{";
    switch (expr.kind) {
      case ExprKind::kNumberLiteral:
        Type("numberLiteral");
        Text("val", FormatFloat(As<NumberLiteral>(expr).value));
        break;
      case ExprKind::kStringLiteral:
        Type("stringLiteral");
        Text("val", As<StringLiteral>(expr).value);
        break;
      case ExprKind::kVectorSelector:
        WriteSelector(As<VectorSelector>(expr), nullptr);
        break;
      case ExprKind::kMatrixSelector: {
        const auto& matrix = As<MatrixSelector>(expr);
        WriteSelector(*matrix.selector, &matrix.range);
        break;
      }
      case ExprKind::kSubquery:
        WriteSubquery(As<SubqueryExpr>(expr));
        break;
      case ExprKind::kUnary: {
        const auto& unary = As<UnaryExpr>(expr);
        Child("expr", unary.expr.get());
        Text("op", unary.negative ? "-" : "+");
        Type("unaryExpr");
        break;
      }
      case ExprKind::kBinary:
        WriteBinary(As<BinaryExpr>(expr));
        break;
      case ExprKind::kAggregate:
        WriteAggregate(As<AggregateExpr>(expr));
        break;
      case ExprKind::kCall:
        WriteCall(As<Call>(expr));
        break;
      case ExprKind::kParen:
        Child("expr", As<ParenExpr>(expr).expr.get());
        Type("parenExpr");
        break;
    }
    out_ += "}";
  }

  std::string Take() { return std::move(out_); }

 private:
  void Separate() {
    const char last = out_.empty() ? '{' : out_.back();
    if (last != '{' && last != '[') out_ += ",";
  }
  void Name(std::string_view name) {
    Separate();
    String(name);
    out_ += ":";
  }
  void String(std::string_view text) {
    out_ += "\"";
    while (!text.empty()) {
      const Rune rune = DecodeRune(text);
      text.remove_prefix(rune.bytes);
      if (rune.value == '"' || rune.value == '\\') {
        out_ += "\\";
        out_ += static_cast<char>(rune.value);
      } else if (rune.value < 0x20) {
        std::array<char, 8> escape;
        std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(rune.value));
        out_ += escape.data();
      } else {
        AppendUtf8(rune.value, &out_);
      }
    }
    out_ += "\"";
  }
  void Text(std::string_view name, std::string_view value) {
    Name(name);
    String(value);
  }
  void Type(std::string_view type) { Text("type", type); }
  void Integer(std::string_view name, int64_t value) {
    Name(name);
    StrAppend(&out_, value);
  }
  void Flag(std::string_view name, bool value) {
    Name(name);
    out_ += value ? "true" : "false";
  }
  void Child(std::string_view name, const Expr* expr) {
    Name(name);
    if (expr == nullptr) {
      out_ += "null";
    } else {
      Write(*expr);
    }
  }
  void Strings(std::string_view name, const std::vector<std::string>& values) {
    Name(name);
    out_ += "[";
    for (const std::string& value : values) {
      Separate();
      String(value);
    }
    out_ += "]";
  }
  void Number(std::string_view name, const std::optional<double>& value) {
    Name(name);
    if (value.has_value() && std::isfinite(*value)) {
      AppendJsonFloat(*value, &out_);
    } else {
      out_ += "null";
    }
  }

  void WriteTime(const TimeModifiers& time) {
    Name("startOrEnd");
    if (time.at == TimeModifiers::At::kStart) {
      String("start");
    } else if (time.at == TimeModifiers::At::kEnd) {
      String("end");
    } else {
      out_ += "null";
    }
  }
  void WriteTimestamp(const TimeModifiers& time) {
    Name("timestamp");
    if (time.at == TimeModifiers::At::kTimestamp) {
      StrAppend(&out_, time.at_ms);
    } else {
      out_ += "null";
    }
  }

  void WriteSelector(const VectorSelector& selector, const Duration* range) {
    if (selector.anchored) Flag("anchored", true);
    Name("matchers");
    out_ += "[";
    for (const storage::Matcher& matcher : selector.matchers) {
      Separate();
      out_ += "{";
      Text("name", matcher.name());
      Text("type", storage::MatchTypeText(matcher.type()));
      Text("value", matcher.value());
      out_ += "}";
    }
    out_ += "]";
    Text("name", selector.name);
    Integer("offset", selector.time.offset.ms);
    if (range != nullptr) Integer("range", range->ms);
    if (selector.smoothed) Flag("smoothed", true);
    WriteTime(selector.time);
    WriteTimestamp(selector.time);
    Type(range == nullptr ? "vectorSelector" : "matrixSelector");
  }

  void WriteSubquery(const SubqueryExpr& subquery) {
    Child("expr", subquery.expr.get());
    Integer("offset", subquery.time.offset.ms);
    Integer("range", subquery.range.ms);
    WriteTime(subquery.time);
    Integer("step", subquery.step.ms);
    WriteTimestamp(subquery.time);
    Type("subquery");
  }

  void WriteMatching(const BinaryExpr& binary) {
    Name("matching");
    if (!binary.has_matching) {
      out_ += "null";
      return;
    }
    const VectorMatching& matching = binary.operation.matching;
    out_ += "{";
    Text("card", CardinalityText(matching.cardinality));
    if (matching.fill_left.has_value() || matching.fill_right.has_value()) {
      Name("fillValues");
      out_ += "{";
      Number("lhs", matching.fill_left);
      Number("rhs", matching.fill_right);
      out_ += "}";
    }
    Strings("include", matching.include);
    Strings("labels", matching.labels);
    Flag("on", matching.on);
    out_ += "}";
  }

  void WriteBinary(const BinaryExpr& binary) {
    Flag("bool", binary.operation.return_bool);
    Child("lhs", binary.left.get());
    WriteMatching(binary);
    Text("op", BinaryOperatorText(binary.operation.op));
    Child("rhs", binary.right.get());
    Type("binaryExpr");
  }

  void WriteAggregate(const AggregateExpr& aggregate) {
    Child("expr", aggregate.expr.get());
    Strings("grouping", aggregate.grouping.labels);
    Text("op", AggregateOperatorText(aggregate.op));
    Child("param", aggregate.parameter.get());
    Type("aggregation");
    Flag("without", aggregate.grouping.without);
  }

  void WriteCall(const Call& call) {
    Name("args");
    out_ += "[";
    for (const ExprPtr& argument : call.arguments) {
      Separate();
      Write(*argument);
    }
    out_ += "]";
    Name("func");
    out_ += "{";
    std::vector<std::string> types;
    for (const ValueType type : call.function->argument_types) {
      types.emplace_back(ValueTypeText(type));
    }
    Strings("argTypes", types);
    Text("name", call.function->name);
    Text("returnType", ValueTypeText(call.function->return_type));
    Integer("variadic", call.function->variadic);
    out_ += "}";
    Type("call");
  }

  std::string out_;
};

}  // namespace

std::string ExpressionJson(const Expr& expr) {
  TreeWriter writer;
  writer.Write(expr);
  return writer.Take();
}

}  // namespace varve::query

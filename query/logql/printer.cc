#include "query/logql/printer.h"

#include <string_view>

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::Quote;
using storage::StrAppend;
using storage::StrCat;

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

std::string_view ComparisonText(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "==";
    case Comparison::kNotEqual:
      return "!=";
    case Comparison::kGreater:
      return ">";
    case Comparison::kGreaterOrEqual:
      return ">=";
    case Comparison::kLess:
      return "<";
    case Comparison::kLessOrEqual:
      return "<=";
  }
  return "";
}

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) StrAppend(&out, out.empty() ? "" : ",", name);
  return out;
}

void PrintDuration(int64_t nanoseconds, std::string* out) {
  if (nanoseconds % kNanosecondsPerMillisecond == 0 && nanoseconds >= 0) {
    AppendPromDuration(nanoseconds / kNanosecondsPerMillisecond, out);
  } else {
    AppendGoDuration(nanoseconds, out);
  }
}

void PrintGrouping(const Grouping& grouping, std::string* out) {
  StrAppend(out, grouping.without ? " without (" : " by (", Joined(grouping.labels), ")");
}

void PrintLabelFilter(const LabelFilterExpr& filter, std::string* out) {
  switch (filter.kind) {
    case LabelFilterExpr::Kind::kAnd:
    case LabelFilterExpr::Kind::kOr:
      out->append("( ");
      PrintLabelFilter(filter.operands[0], out);
      out->append(filter.kind == LabelFilterExpr::Kind::kAnd ? " , " : " or ");
      PrintLabelFilter(filter.operands[1], out);
      out->append(" )");
      return;
    case LabelFilterExpr::Kind::kString:
      out->append(filter.matcher->ToString());
      return;
    case LabelFilterExpr::Kind::kIp:
      StrAppend(out, filter.name, filter.comparison == Comparison::kEqual ? "=" : "!=", "ip(",
                Quote(filter.text), ")");
      return;
    default:
      StrAppend(out, filter.name, ComparisonText(filter.comparison), filter.text);
      return;
  }
}

void PrintExtractions(const std::vector<LabelExtraction>& extractions, std::string* out) {
  for (size_t i = 0; i < extractions.size(); ++i) {
    StrAppend(out, i == 0 ? " " : ",", extractions[i].identifier, "=", Quote(extractions[i].path));
  }
}

struct StagePrinter {
  std::string* out;

  void operator()(const LineFilterExpr& filter) const {
    StrAppend(out, LineMatchText(filter.match));
    for (size_t i = 0; i < filter.terms.size(); ++i) {
      const LineFilterExpr::Term& term = filter.terms[i];
      StrAppend(out, i == 0 ? " " : " or ", term.is_ip ? "ip(" : "", Quote(term.text),
                term.is_ip ? ")" : "");
    }
  }
  void operator()(const LabelFilterExpr& filter) const {
    out->append("| ");
    PrintLabelFilter(filter, out);
  }
  void operator()(const JsonExpr& json) const {
    out->append("| json");
    PrintExtractions(json.extractions, out);
  }
  void operator()(const LogfmtExpr& logfmt) const {
    StrAppend(out, "| logfmt", logfmt.strict ? " --strict" : "",
              logfmt.keep_empty ? " --keep-empty" : "");
    PrintExtractions(logfmt.extractions, out);
  }
  void operator()(const PatternExpr& stage) const {
    StrAppend(out, "| pattern ", Quote(stage.pattern));
  }
  void operator()(const RegexpExpr& stage) const {
    StrAppend(out, "| regexp ", Quote(stage.pattern));
  }
  void operator()(const UnpackExpr&) const { out->append("| unpack"); }
  void operator()(const DecolorizeExpr&) const { out->append("| decolorize"); }
  void operator()(const LineFormatExpr& format) const {
    StrAppend(out, "| line_format ", Quote(format.text));
  }
  void operator()(const LabelFormatExpr& format) const {
    out->append("| label_format ");
    for (size_t i = 0; i < format.items.size(); ++i) {
      const LabelFormatExpr::Item& item = format.items[i];
      StrAppend(out, i == 0 ? "" : ",", item.target, "=",
                item.is_rename ? item.source : Quote(item.source));
    }
  }
  void operator()(const LabelSelectExpr& select) const {
    out->append(select.keep ? "| keep " : "| drop ");
    for (size_t i = 0; i < select.items.size(); ++i) {
      const LabelSelectExpr::Item& item = select.items[i];
      StrAppend(out, i == 0 ? "" : ",", item.matcher ? item.matcher->ToString() : item.name);
    }
  }
};

void PrintLog(const LogExpr& log, std::string* out) {
  out->push_back('{');
  for (size_t i = 0; i < log.matchers.size(); ++i) {
    StrAppend(out, i == 0 ? "" : ", ", log.matchers[i].ToString());
  }
  out->push_back('}');
  for (const StageExpr& stage : log.stages) {
    out->push_back(' ');
    std::visit(StagePrinter{out}, stage);
  }
}

void PrintUnwrap(const UnwrapExpr& unwrap, std::string* out) {
  std::string_view conversion;
  switch (unwrap.conversion) {
    case UnwrapExpr::Conversion::kNone:
      break;
    case UnwrapExpr::Conversion::kBytes:
      conversion = "bytes";
      break;
    case UnwrapExpr::Conversion::kDuration:
      conversion = "duration";
      break;
    case UnwrapExpr::Conversion::kDurationSeconds:
      conversion = "duration_seconds";
      break;
  }
  StrAppend(out, " | unwrap ", conversion, conversion.empty() ? "" : "(", unwrap.label,
            conversion.empty() ? "" : ")");
  for (const LabelFilterExpr& filter : unwrap.filters) {
    out->append(" | ");
    PrintLabelFilter(filter, out);
  }
}

struct MetricPrinter {
  std::string* out;

  void Print(const MetricExpr& expr) const { std::visit(*this, expr.node); }

  void operator()(const LiteralExpr& literal) const { out->append(FormatFloat(literal.value)); }
  void operator()(const VectorExpr& vector) const {
    StrAppend(out, "vector(", FormatFloat(vector.value), ")");
  }
  void operator()(const RangeAggregationExpr& node) const {
    StrAppend(out, RangeFunctionText(node.function), "(");
    if (node.function == RangeFunction::kQuantile) {
      StrAppend(out, FormatFloat(node.parameter), ",");
    }
    PrintLog(node.range.log, out);
    if (node.range.unwrap) PrintUnwrap(*node.range.unwrap, out);
    out->push_back('[');
    PrintDuration(node.range.range_ns, out);
    out->push_back(']');
    if (node.range.offset_ns != 0) {
      out->append(" offset ");
      if (node.range.offset_ns < 0) out->push_back('-');
      PrintDuration(node.range.offset_ns < 0 ? -node.range.offset_ns : node.range.offset_ns, out);
    }
    out->push_back(')');
    if (node.grouping) PrintGrouping(*node.grouping, out);
  }
  void operator()(const VectorAggregationExpr& node) const {
    out->append(node.name);
    if (node.grouping) PrintGrouping(*node.grouping, out);
    out->push_back('(');
    if (node.parameter) StrAppend(out, FormatFloat(*node.parameter), ",");
    Print(*node.operand);
    out->push_back(')');
  }
  void operator()(const LogqlBinaryExpr& node) const {
    out->push_back('(');
    Print(*node.left);
    const VectorMatching& matching = node.operation.matching;
    StrAppend(out, " ", BinaryOperatorText(node.operation.op),
              node.operation.return_bool ? " bool" : "");
    const bool grouped = matching.cardinality == MatchCardinality::kManyToOne ||
                         matching.cardinality == MatchCardinality::kOneToMany;
    if (matching.on || grouped || !matching.labels.empty()) {
      StrAppend(out, matching.on ? " on (" : " ignoring (", Joined(matching.labels), ")");
    }
    if (grouped) {
      StrAppend(
          out,
          matching.cardinality == MatchCardinality::kManyToOne ? " group_left (" : " group_right (",
          Joined(matching.include), ")");
    }
    out->push_back(' ');
    Print(*node.right);
    out->push_back(')');
  }
  void operator()(const LabelReplaceExpr& node) const {
    out->append("label_replace(");
    Print(*node.operand);
    for (const std::string* text : {&node.target, &node.replacement, &node.source, &node.regex}) {
      StrAppend(out, ",", Quote(*text));
    }
    out->push_back(')');
  }
};

}  // namespace

std::string PrintStage(const StageExpr& stage) {
  std::string out;
  std::visit(StagePrinter{&out}, stage);
  return out;
}

std::string PrintLogql(const LogqlExpr& expr) {
  std::string out;
  if (const auto* log = std::get_if<LogExpr>(&expr)) {
    PrintLog(*log, &out);
  } else {
    MetricPrinter{&out}.Print(*std::get<MetricExprPtr>(expr));
  }
  return out;
}

}  // namespace varve::query

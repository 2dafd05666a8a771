// Label filters: `| level="error" and took > 1s`.
#include <cmath>
#include <optional>
#include <utility>

#include "query/logql/ip_matcher.h"
#include "query/logql/lexer.h"
#include "query/logql/quantity.h"
#include "query/logql/stage.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

constexpr std::string_view kLabelFilterError = "LabelFilterErr";

template <typename Number>
bool Compare(Comparison comparison, Number left, Number right) {
  switch (comparison) {
    case Comparison::kEqual:
      return left == right;
    case Comparison::kNotEqual:
      return left != right;
    case Comparison::kGreater:
      return left > right;
    case Comparison::kGreaterOrEqual:
      return left >= right;
    case Comparison::kLess:
      return left < right;
    case Comparison::kLessOrEqual:
      return left <= right;
  }
  return false;
}

struct Node {
  LabelFilterExpr expr;  // without its operands
  std::optional<IpMatcher> ip;
  std::vector<Node> operands;
};

absl::StatusOr<Node> Compile(const LabelFilterExpr& expr) {
  Node node;
  for (const LabelFilterExpr& operand : expr.operands) {
    VARVE_ASSIGN_OR_RETURN(Node compiled, Compile(operand));
    node.operands.push_back(std::move(compiled));
  }
  node.expr = expr;
  node.expr.operands.clear();
  if (expr.kind == LabelFilterExpr::Kind::kIp) {
    absl::StatusOr<IpMatcher> ip = IpMatcher::Create(expr.text);
    if (!ip.ok()) return ParseError(storage::ToStd(ip.status().message()));
    node.ip = *ip;
  }
  return node;
}

// A value that does not convert keeps the entry and marks it; the first filter that fails owns the
// error.
bool Fail(const absl::Status& status, EntryLabels* labels) {
  labels->SetError(kLabelFilterError, labels->has_error()
                                          ? std::string_view()
                                          : labels->Keep(std::string(status.message())));
  return true;
}

bool KeepsNumeric(const LabelFilterExpr& expr, EntryLabels* labels) {
  const std::string_view* value = labels->Find(expr.name);
  if (value == nullptr) return false;
  switch (expr.kind) {
    case LabelFilterExpr::Kind::kDuration: {
      const absl::StatusOr<int64_t> duration = ParseDurationValue(*value);
      if (!duration.ok()) return Fail(duration.status(), labels);
      return Compare(expr.comparison, *duration, static_cast<int64_t>(expr.number));
    }
    case LabelFilterExpr::Kind::kBytes: {
      const absl::StatusOr<uint64_t> bytes = ParseBytesValue(*value);
      if (!bytes.ok()) return Fail(bytes.status(), labels);
      return Compare(expr.comparison, static_cast<double>(*bytes), expr.number);
    }
    default: {
      const absl::StatusOr<double> number = ParseFloatValue(*value);
      if (!number.ok()) return Fail(number.status(), labels);
      return Compare(expr.comparison, *number, expr.number);
    }
  }
}

bool Keeps(const Node& node, EntryLabels* labels) {
  switch (node.expr.kind) {
    case LabelFilterExpr::Kind::kAnd: {
      // Both sides run, so that an error of the right one is seen.
      const bool left = Keeps(node.operands[0], labels);
      return Keeps(node.operands[1], labels) && left;
    }
    case LabelFilterExpr::Kind::kOr:
      return Keeps(node.operands[0], labels) || Keeps(node.operands[1], labels);
    case LabelFilterExpr::Kind::kString:
      return node.expr.matcher->Matches(labels->Get(node.expr.name));
    case LabelFilterExpr::Kind::kIp: {
      if (labels->has_error()) return true;
      const std::string_view* value = labels->Find(node.expr.name);
      if (value == nullptr) return false;
      return node.ip->MatchesAny(*value) == (node.expr.comparison == Comparison::kEqual);
    }
    default:
      return KeepsNumeric(node.expr, labels);
  }
}

class LabelFilterStage final : public Stage {
 public:
  explicit LabelFilterStage(Node node) : node_(std::move(node)) {}
  bool Process(PipelineEntry* entry) const override { return Keeps(node_, &entry->labels); }
  bool reads_line() const override { return false; }

 private:
  Node node_;
};

}  // namespace

absl::StatusOr<StagePtr> MakeLabelFilterStage(const LabelFilterExpr& expr) {
  VARVE_ASSIGN_OR_RETURN(Node node, Compile(expr));
  return StagePtr(std::make_unique<LabelFilterStage>(std::move(node)));
}

}  // namespace varve::query

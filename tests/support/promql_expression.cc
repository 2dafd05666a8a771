#include "tests/support/promql_expression.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "query/promql/functions_table.h"
#include "storage/model/text.h"

namespace varve::tests {
namespace {

using query::ValueType;
using storage::StrCat;

class Maker {
 public:
  explicit Maker(ByteChoices* choices) : choices_(*choices) {}

  std::string Make(ValueType type, int depth) {
    switch (type) {
      case ValueType::kScalar:
        return Scalar(depth);
      case ValueType::kMatrix:
        return Matrix(depth);
      case ValueType::kString:
        return std::string(OneOf("\"a\"", "\"b\"", "\"__name__\"", "\"$1\"", "\"(.*)\"", "\"\""));
      default:
        return Vector(depth);
    }
  }

 private:
  template <typename... Texts>
  std::string_view OneOf(Texts... texts) {
    const std::array<std::string_view, sizeof...(texts)> all = {texts...};
    return all[choices_.Below(all.size())];
  }

  std::string Selector() {
    if (choices_.Below(8) == 0) return "{__name__=~\"m.*\"}";
    return StrCat(OneOf("m", "m_total", "m_bucket"),
                  OneOf("", "", "{a=\"1\"}", "{b!=\"2\"}", "{le=~\".+\"}"));
  }
  std::string Modifiers() {
    return StrCat(OneOf("", "", "", " @ start()", " @ end()", " @ 30"),
                  OneOf("", "", "", " offset 20s", " offset -45s"));
  }
  std::string Labels() { return StrCat("(", OneOf("", "a", "b", "a, b", "le", "__name__"), ")"); }

  std::string Matrix(int depth) {
    if (depth > 1 && choices_.Below(3) == 0) {
      return StrCat("(", Vector(depth - 1), ")[", OneOf("1m", "2m", "30s"), ":",
                    OneOf("10s", "15s", "1m", ""), "]", Modifiers());
    }
    return StrCat(Selector(), "[", OneOf("10s", "30s", "1m", "2m", "step()"), "]",
                  OneOf("", "", "", " anchored", " smoothed"), Modifiers());
  }

  std::string Scalar(int depth) {
    switch (depth <= 0 ? 0 : choices_.Below(4)) {
      case 1:
        return StrCat("scalar(", Vector(depth - 1), ")");
      case 2:
        // In parentheses, because `-Inf ^ 2` prints as `-+Inf ^ 2`, which reads as another tree.
        return StrCat("((", Scalar(depth - 1), ") ", OneOf("+", "-", "*", "/", "%", "^", "== bool"),
                      " (", Scalar(depth - 1), "))");
      case 3:
        return std::string(OneOf("time()", "pi()", "step()", "start()", "range()"));
      default:
        return std::string(OneOf("0", "1", "-1", "0.5", "2", "NaN", "Inf", "-Inf", "1e300"));
    }
  }

  std::string CallOfTable(int depth) {
    const auto functions = query::AllFunctions();
    size_t index = choices_.Byte() % functions.size();
    while (functions[index].return_type != ValueType::kVector) {
      index = (index + 1) % functions.size();
    }
    const query::FunctionSignature& function = functions[index];
    std::string text = StrCat(function.name, "(");
    const int least = query::ArgumentsMin(function);
    const int most = query::ArgumentsMax(function);
    const int count =
        least +
        (most < 0 ? 2 : static_cast<int>(choices_.Below(static_cast<size_t>(most - least) + 1)));
    for (int i = 0; i < count; ++i) {
      const auto& types = function.argument_types;
      const size_t type = std::min(static_cast<size_t>(i), types.size() - 1);
      if (i > 0) text += ", ";
      const bool of_info = function.name == "info" && i == 1;
      text += of_info ? "{b=~\".*\"}" : Make(types[type], depth - 1);
    }
    return text + ")";
  }

  std::string Aggregation(int depth) {
    const bool has_parameter = choices_.Below(2) == 0;
    std::string text(has_parameter
                         ? OneOf("topk", "bottomk", "quantile", "limitk", "limit_ratio")
                         : OneOf("sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"));
    const std::string_view clause = OneOf("", " by ", " without ");
    if (!clause.empty()) storage::StrAppend(&text, clause, Labels());
    text += " (";
    if (has_parameter) storage::StrAppend(&text, OneOf("1", "0.5", "3", "time() % 3 / 3"), ", ");
    return StrCat(text, Vector(depth - 1), ")");
  }

  std::string Binary(int depth) {
    const bool of_sets = choices_.Below(3) == 0;
    std::string text = StrCat("(", Vector(depth - 1), ") ");
    text += of_sets ? OneOf("and", "or", "unless")
                    : OneOf("+", "-", "*", "/", "%", "^", "atan2", "==", "!= bool", "<", ">", "</",
                            ">/");
    const std::string_view clause = OneOf("", " on ", " ignoring ");
    if (!clause.empty()) {
      storage::StrAppend(&text, clause, Labels());
      if (!of_sets) text += OneOf("", "", " group_left ()", " group_right (b)", " fill (0)");
    }
    return StrCat(text, " (", Vector(depth - 1), ")");
  }

  std::string Vector(int depth) {
    if (depth <= 0) return Selector() + Modifiers();
    switch (choices_.Below(6)) {
      case 0:
        return Aggregation(depth);
      case 1:
        return Binary(depth);
      case 2:
        return StrCat("-(", Vector(depth - 1), ")");
      default:
        return CallOfTable(depth);
    }
  }

  ByteChoices& choices_;
};

}  // namespace

std::string ExpressionFromBytes(ByteChoices* choices, int depth) {
  Maker maker(choices);
  return maker.Make(choices->Below(8) == 0 ? ValueType::kScalar : ValueType::kVector, depth);
}

}  // namespace varve::tests

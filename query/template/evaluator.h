// TemplateEvaluator: one execution of a template.
//
// Functions answer false where the execution ends with an error, which is then in error_.
//
// Threads:  one thread.
// Owns:     nothing: values live in the data, the template and the arena of the run.
// Source:   the documentation of Go's package text/template.
#ifndef QUERY_TEMPLATE_EVALUATOR_H_
#define QUERY_TEMPLATE_EVALUATOR_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/template/node.h"
#include "query/template/template.h"
#include "query/template/value.h"

namespace varve::query {

class TemplateEvaluator {
 public:
  TemplateEvaluator(const Template& compiled, const void* environment, TemplateRun* run,
                    std::string* out)
      : template_(compiled), environment_(environment), run_(run), out_(out) {}

  absl::Status Run(const TemplateValue& dot);

 private:
  using Statements = std::vector<TemplateStatement>;
  using Operands = std::span<const TemplateOperand>;
  // Whether the statements ran to their end, or a loop has to react.
  enum class Flow { kNext, kBreak, kContinue, kFailed };
  // What the command before this one in the pipeline gave; none for the first.
  struct Piped {
    bool is_there = false;
    TemplateValue value;
  };

  // Statements (evaluator_statement.cc).
  Flow Walk(const TemplateValue& dot, const Statements& statements);
  Flow WalkOne(const TemplateValue& dot, const TemplateStatement& statement);
  Flow WalkBranch(const TemplateValue& dot, const TemplateStatement& statement);
  Flow WalkRange(const TemplateValue& dot, const TemplateStatement& statement);
  Flow Iterate(const TemplateStatement& range, const TemplateValue& index,
               const TemplateValue& element);
  bool CallTemplate(const TemplateValue& dot, const TemplateStatement& statement);
  bool PrintField(const TemplateValue& dot, const TemplateStatement& statement, bool* printed);

  // Pipelines (evaluator.cc).
  bool Evaluate(const TemplateValue& dot, const TemplatePipeline& pipeline, TemplateValue* value);
  bool EvaluateCommand(const TemplateValue& dot, const TemplateCommand& command, const Piped& piped,
                       TemplateValue* value);
  bool EvaluateOperand(const TemplateValue& dot, const TemplateOperand& operand,
                       TemplateValue* value);
  bool EvaluateArgument(const TemplateValue& dot, const TemplateOperand& operand,
                        TemplateParameter parameter, TemplateValue* value);
  bool EvaluateLiteral(const TemplateOperand& operand, TemplateParameter parameter,
                       TemplateValue* value);
  bool EvaluateVariable(const TemplateOperand& variable, bool has_arguments, TemplateValue* value);
  bool EvaluateFields(TemplateValue receiver, std::span<const std::string> names,
                      bool has_arguments, TemplateValue* value);
  bool EvaluateField(const TemplateValue& receiver, std::string_view name, bool has_arguments,
                     TemplateValue* value);
  bool EvaluateConstant(const TemplateOperand& number, TemplateValue* value);
  bool EvaluateCall(const TemplateValue& dot, const TemplateFunction& function,
                    const TemplateNode& node, Operands arguments, const Piped& piped,
                    TemplateValue* value);
  bool EvaluateLogic(const TemplateValue& dot, const TemplateFunction& function, Operands arguments,
                     const Piped& piped, TemplateValue* value);
  bool FailCall(const TemplateValue& dot, const TemplateNode& node, Operands arguments,
                const Piped& piped);
  bool CheckArgumentCount(const TemplateFunction& function, size_t written, size_t count);
  // Whether the parameter takes the value, which it may unbox.
  bool CheckType(TemplateParameter parameter, TemplateValue* value);
  bool RefuseArguments(Operands operands, const Piped& piped);

  // Variables.
  void Push(std::string_view name, const TemplateValue& value) {
    run_->variables_.push_back({name, value});
  }
  void SetVariable(std::string_view name, const TemplateValue& value);

  bool Fail(std::string_view what);
  bool FailLimit(std::string_view what);
  bool CheckSize();

  const Template& template_;
  const void* environment_;
  TemplateRun* run_;
  std::string* out_;
  size_t out_begin_ = 0;
  uint64_t steps_ = 0;
  int depth_ = 0;     // lists of statements inside each other
  size_t frame_ = 0;  // where the variables of the running template begin
  const TemplateTree* tree_ = nullptr;
  const TemplateNode* node_ = nullptr;  // what an error names
  absl::Status error_;
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_EVALUATOR_H_

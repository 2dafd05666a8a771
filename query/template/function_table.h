// TemplateFunctionTable: the functions a template may call, by name.
//
// Every user of templates has a table of its own: line_format and label_format one, alert
// annotations another. The functions of the language itself (and, or, not, len, index, slice, call,
// print, printf, println, html, js, urlquery, eq, ne, lt, le, gt, ge) are in every table.
//
// Threads:  immutable after the last Add.
// Owns:     nothing but the rows; names are literals.
#ifndef QUERY_TEMPLATE_FUNCTION_TABLE_H_
#define QUERY_TEMPLATE_FUNCTION_TABLE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/template/arena.h"
#include "query/template/value.h"
#include "storage/model/text.h"

namespace varve::query {

// What a function wants an argument to be. kAny and kValue take every value, kAny no value as nil;
// all others take their own type and nothing else, as Go does.
enum class TemplateParameter : uint8_t {
  kAny,
  kValue,
  kString,
  kInt,
  kInt64,
  kFloat,
  kBool,
  kTime
};
std::string_view TemplateParameterText(TemplateParameter parameter);

// One call: what the function gets, and where it says that it failed.
class TemplateCall {
 public:
  TemplateCall(std::span<const TemplateValue> args, TemplateArena* arena, const void* environment)
      : args_(args), arena_(arena), environment_(environment) {}

  size_t size() const { return args_.size(); }
  const TemplateValue& operator[](size_t i) const { return args_[i]; }
  std::span<const TemplateValue> args() const { return args_; }
  std::string_view text(size_t i) const { return args_[i].as_string(); }
  TemplateArena* arena() const { return arena_; }
  // What the caller of Template::Execute gave.
  const void* environment() const { return environment_; }

  // A text made by the function.
  TemplateValue Return(std::string_view text) const {
    return TemplateValue::String(arena_->Keep(text));
  }
  TemplateValue Fail(std::string message) {
    failed_ = true;
    error_ = std::move(message);
    return TemplateValue();
  }
  bool failed() const { return failed_; }
  const std::string& error() const { return error_; }

 private:
  std::span<const TemplateValue> args_;
  TemplateArena* arena_;
  const void* environment_;
  bool failed_ = false;
  std::string error_;
};

struct TemplateFunction {
  // What the evaluator does itself: and, or stop at the first operand that decides; the error of
  // call names the operand.
  enum class Logic : uint8_t { kNone, kAnd, kOr, kCall };

  std::string_view name;
  std::vector<TemplateParameter> parameters;
  bool variadic = false;  // the last parameter stands for any number of arguments
  TemplateValue (*run)(TemplateCall* call) = nullptr;
  Logic logic = Logic::kNone;
};

class TemplateFunctionTable {
 public:
  // With the functions of the language.
  TemplateFunctionTable();

  void Add(TemplateFunction function);
  const TemplateFunction* Find(std::string_view name) const;
  // Sorted.
  std::vector<std::string_view> Names() const;

 private:
  storage::StringMap<TemplateFunction> functions_;
};

// The rows of functions_language.cc.
void AddLanguageFunctions(TemplateFunctionTable* table);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_FUNCTION_TABLE_H_

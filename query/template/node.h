// The syntax tree of a template.
//
// Every node can print itself as Go prints it, because error messages name the node at fault.
//
// Threads:  immutable once parsed.
#ifndef QUERY_TEMPLATE_NODE_H_
#define QUERY_TEMPLATE_NODE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace varve::query {

struct TemplateFunction;
struct TemplatePipeline;

struct TemplateNode {
  explicit TemplateNode(size_t offset) : at(offset) {}
  virtual ~TemplateNode() = default;
  TemplateNode(TemplateNode&&) = default;
  TemplateNode& operator=(TemplateNode&&) = default;
  virtual void Print(std::string* out) const = 0;
  std::string ToString() const;

  size_t at;  // offset in the template
};

// A number may be several: `1` is an integer and a float, `1.5` only a float.
struct TemplateNumber {
  bool is_int = false;
  bool is_uint = false;
  bool is_float = false;
  bool is_complex = false;
  int64_t int_value = 0;
  uint64_t uint_value = 0;
  double float_value = 0;
  double real = 0;
  double imaginary = 0;
};

// One word of a command.
struct TemplateOperand final : TemplateNode {
  enum class Kind : uint8_t {
    kDot,
    kNil,
    kBool,
    kNumber,
    kString,
    kField,     // .a.b
    kVariable,  // $x.a
    kFunction,
    kPipeline,  // (..)
    kChain,     // (..).a.b
  };
  TemplateOperand(Kind what, size_t offset) : TemplateNode(offset), kind(what) {}
  void Print(std::string* out) const override;
  bool is_literal() const { return kind <= Kind::kString; }

  Kind kind;
  bool boolean = false;
  TemplateNumber number;
  std::string text;                // as written, where the kind has a text
  std::string string;              // of kString: what it stands for
  std::vector<std::string> names;  // kField, kChain: the fields; kVariable: its name, then fields
  const TemplateFunction* function = nullptr;
  std::unique_ptr<TemplatePipeline> pipeline;
  std::unique_ptr<TemplateOperand> inner;  // of kChain
};

struct TemplateCommand final : TemplateNode {
  explicit TemplateCommand(size_t offset) : TemplateNode(offset) {}
  void Print(std::string* out) const override;

  std::vector<TemplateOperand> operands;  // at least one
};

// `$a, $b := x | f y`
struct TemplatePipeline final : TemplateNode {
  explicit TemplatePipeline(size_t offset) : TemplateNode(offset) {}
  void Print(std::string* out) const override;

  std::vector<TemplateOperand> variables;
  bool assigns = false;  // `=` instead of `:=`
  std::vector<TemplateCommand> commands;
};

struct TemplateStatement final : TemplateNode {
  enum class Kind : uint8_t { kText, kAction, kIf, kWith, kRange, kBreak, kContinue, kTemplate };
  TemplateStatement(Kind what, size_t offset) : TemplateNode(offset), kind(what) {}
  void Print(std::string* out) const override;

  Kind kind;
  std::string text;                            // of kText; kTemplate: the name
  std::unique_ptr<TemplatePipeline> pipeline;  // none: kText, kBreak, kContinue; may be: kTemplate
  std::vector<TemplateStatement> body;
  bool has_else = false;
  std::vector<TemplateStatement> otherwise;
};

// One template of a set: the main one, or one that `define` or `block` made.
struct TemplateTree {
  std::string name;
  std::vector<TemplateStatement> statements;
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_NODE_H_

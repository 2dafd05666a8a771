// Template: a Go text/template, compiled once and executed many times.
//
// The language is the whole of Go's: actions, pipelines, variables, if, range, with, break,
// continue, define, template, block, comments and trim markers. A key that a map lacks is the zero
// of its type ("missingkey=zero"), as Loki and Prometheus have it.
//
// Threads:  immutable; any number of threads may execute one, each with its own TemplateRun.
// Owns:     its text and trees; the function table must outlive it.
// Errors:   Parse: INVALID_ARGUMENT; Execute: INVALID_ARGUMENT, RESOURCE_EXHAUSTED past a limit.
//           Both in Go's words, `template: line:1:3: executing "line" at <.x.y>: ...`.
// Source:   the documentation of Go's package text/template.
#ifndef QUERY_TEMPLATE_TEMPLATE_H_
#define QUERY_TEMPLATE_TEMPLATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/template/arena.h"
#include "query/template/function_table.h"
#include "query/template/parser.h"
#include "query/template/value.h"

namespace varve::query {

struct TemplateLimits {
  size_t output_bytes_max = 16 << 20;  // of one execution, texts made on the way included
  uint64_t steps_max = 1'000'000;      // statements of one execution
  int depth_max = 1000;                // blocks and templates inside each other
};

// What executions of one thread share: memory that is used again.
class TemplateRun {
 public:
  struct Variable {
    std::string_view name;
    TemplateValue value;
  };
  // The values of the execution at hand live here.
  TemplateArena& arena() { return arena_; }

 private:
  friend class TemplateEvaluator;
  TemplateArena arena_;
  std::vector<Variable> variables_;
  std::vector<TemplateValue> arguments_;
};

// The fields of the dot that a template reads.
struct TemplateFieldUse {
  bool all = false;  // the dot as a whole: any field may be read
  std::vector<std::string> names;
};

class Template {
 public:
  static absl::StatusOr<Template> Parse(std::string_view name, std::string_view text,
                                        const TemplateFunctionTable& functions,
                                        const TemplateLimits& limits = TemplateLimits());

  // Appends what the template makes of `dot` to `*out`; on an error the beginning may be there.
  // Functions get `environment`.
  absl::Status Execute(const TemplateValue& dot, const void* environment, TemplateRun* run,
                       std::string* out) const;

  // The field, where the template is `{{.field}}` and nothing else.
  const std::string* single_field() const;
  const TemplateFieldUse& fields() const { return fields_; }
  const std::string& name() const { return name_; }
  const std::string& text() const { return *text_; }

 private:
  friend class TemplateEvaluator;
  Template() = default;

  std::string name_;
  std::unique_ptr<std::string> text_;
  TemplateTrees trees_;
  const TemplateTree* root_ = nullptr;
  TemplateLimits limits_;
  TemplateFieldUse fields_;
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_TEMPLATE_H_

// FieldShortener: what `| json`, `| logfmt` and `| pattern` need of a line when a query looks at a
// few fields only. The storage then makes lines of these fields alone and reads no other column.
//
// A shape is shortened only where every line of it is well-formed whatever stands in its slots, so
// that the parser says of the short line what it would say of the whole one.
//
// Threads:  one thread.
// Owns:     copies of the parser's expressions.
// Errors:   none: what is not known to be equal is read whole.
#ifndef QUERY_LOGQL_FIELD_SHORTENER_H_
#define QUERY_LOGQL_FIELD_SHORTENER_H_

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "query/logql/ast.h"
#include "query/logql/stage.h"
#include "storage/model/line_shape.h"

namespace varve::query {

class FieldShortener final : public storage::LineShortener {
 public:
  using Test = std::function<bool(std::string_view line, storage::LabelSetView metadata)>;

  // The one parser of `stages`, if all that they take from a line is what it finds there; nullptr
  // otherwise.
  static const StageExpr* OnlyParser(const std::vector<StageExpr>& stages);

  // `parser` is what OnlyParser returned; it and `needs`, the labels looked at, outlive this.
  // `keeps` says which entries may be wanted; none: all.
  FieldShortener(const StageExpr* parser, const LabelNeeds* needs, Test keeps = {})
      : parser_(parser), needs_(needs), keeps_(std::move(keeps)) {}

  std::optional<storage::ShortLine> Shorten(const storage::LineShape& shape) override;
  bool Keeps(std::string_view line, storage::LabelSetView metadata) override {
    return !keeps_ || keeps_(line, metadata);
  }

 private:
  std::optional<storage::ShortLine> ShortenJson(const storage::LineShape& shape,
                                                const JsonExpr& json) const;
  std::optional<storage::ShortLine> ShortenLogfmt(const storage::LineShape& shape,
                                                  const LogfmtExpr& logfmt) const;
  std::optional<storage::ShortLine> ShortenPattern(const storage::LineShape& shape,
                                                   const PatternExpr& pattern) const;

  const StageExpr* parser_;
  const LabelNeeds* needs_;
  Test keeps_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_FIELD_SHORTENER_H_

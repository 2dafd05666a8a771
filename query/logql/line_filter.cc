#include "query/logql/line_filter.h"

#include <cstring>
#include <utility>

#include "query/logql/lexer.h"
#include "query/logql/stage.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {

using storage::Quote;
using storage::StrCat;

absl::StatusOr<LineFilter> LineFilter::Create(const LineFilterExpr& expr) {
  LineFilter filter;
  filter.negative_ = IsNegative(expr.match);
  for (const LineFilterExpr::Term& from : expr.terms) {
    const auto error = [&](std::string_view what) {
      return ParseError(StrCat("stage '", LineMatchText(expr.match), " ", from.is_ip ? "ip(" : "",
                               Quote(from.text), from.is_ip ? ")" : "", "' : ", what));
    };
    Term term;
    if (from.is_ip) {
      if (expr.match != LineMatch::kContains && expr.match != LineMatch::kNotContains) {
        return error("ip: invalid operation");
      }
      absl::StatusOr<IpMatcher> ip = IpMatcher::Create(from.text);
      if (!ip.ok()) return error(storage::ToStd(ip.status().message()));
      term.ip = *ip;
    } else if (expr.match == LineMatch::kRegex || expr.match == LineMatch::kNotRegex) {
      absl::StatusOr<LineRegex> regex = LineRegex::Create(from.text);
      if (!regex.ok()) return error(storage::ToStd(regex.status().message()));
      term.regex = *std::move(regex);
    } else if (expr.match == LineMatch::kPattern || expr.match == LineMatch::kNotPattern) {
      absl::StatusOr<LinePattern> pattern = LinePattern::ForFilter(from.text);
      if (!pattern.ok()) return error(storage::ToStd(pattern.status().message()));
      term.pattern = *std::move(pattern);
    } else {
      term.text = from.text;
    }
    filter.terms_.push_back(std::move(term));
  }
  return filter;
}

bool LineFilter::Matches(const Term& term, std::string_view line) {
  if (term.ip) return term.ip->MatchesAny(line);
  if (term.regex) return term.regex->Matches(line);
  if (term.pattern) return term.pattern->Matches(line);
  return memmem(line.data(), line.size(), term.text.data(), term.text.size()) != nullptr ||
         term.text.empty();
}

bool LineFilter::Keeps(std::string_view line) const {
  for (const Term& term : terms_) {
    if (Matches(term, line)) return !negative_;
  }
  return negative_;
}

std::string LineFilter::RequiredText() const {
  if (negative_ || terms_.size() != 1) return "";
  const Term& term = terms_[0];
  if (term.regex) return term.regex->literal();
  if (term.pattern) return term.pattern->literal();
  return term.text;
}

namespace {

class LineFilterStage final : public Stage {
 public:
  explicit LineFilterStage(LineFilter filter) : filter_(std::move(filter)) {}
  bool Process(PipelineEntry* entry) const override { return filter_.Keeps(entry->line); }

 private:
  LineFilter filter_;
};

}  // namespace

absl::StatusOr<StagePtr> MakeLineFilterStage(const LineFilterExpr& expr) {
  VARVE_ASSIGN_OR_RETURN(LineFilter filter, LineFilter::Create(expr));
  return StagePtr(std::make_unique<LineFilterStage>(std::move(filter)));
}

}  // namespace varve::query

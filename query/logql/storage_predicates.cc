#include "query/logql/storage_predicates.h"

#include <string>
#include <utility>

namespace varve::query {
namespace {

using storage::LineCondition;

constexpr std::string_view kFoldCase = "(?i)";
constexpr std::string_view kAnything = ".*";

// A regular expression that is literals and nothing else: `a`, `a|b`, `(?i)(a|b)`, `.*a.*`.
struct RegexLiterals {
  std::vector<std::string> texts;
  bool fold_case = false;
};

bool TakePrefix(std::string_view prefix, std::string_view* text) {
  if (text->substr(0, prefix.size()) != prefix) return false;
  text->remove_prefix(prefix.size());
  return true;
}

// One alternative; false where it is more than characters of ASCII.
bool TakeLiteral(std::string_view pattern, std::string* text) {
  constexpr std::string_view kSpecial = "\\^$.|?*+()[]{}";
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\') {
      if (++i == pattern.size()) return false;
      c = pattern[i];
      // A backslash takes the meaning from punctuation only; `\d` has one.
      if (kSpecial.find(c) == std::string_view::npos && c != '-' && c != '/') return false;
    } else if (kSpecial.find(c) != std::string_view::npos) {
      return false;
    }
    if (static_cast<unsigned char>(c) >= 0x80 || static_cast<unsigned char>(c) < 0x20) return false;
    text->push_back(c);
  }
  return true;
}

std::optional<RegexLiterals> ReadLiterals(std::string_view pattern) {
  RegexLiterals literals;
  literals.fold_case = TakePrefix(kFoldCase, &pattern);
  // What surrounds a text that may stand anywhere says nothing.
  const bool whole = pattern.find('|') == std::string_view::npos;
  if (whole) TakePrefix(kAnything, &pattern);
  if (whole && pattern.size() >= 2 && pattern.substr(pattern.size() - 2) == kAnything &&
      (pattern.size() == 2 || pattern[pattern.size() - 3] != '\\')) {
    pattern.remove_suffix(2);
  }
  if (pattern.size() >= 2 && pattern.front() == '(' && pattern.back() == ')') {
    std::string_view inner = pattern.substr(1, pattern.size() - 2);
    if (inner.substr(0, 2) == "?:") inner.remove_prefix(2);
    // Groups within, or two groups, are not literals: TakeLiteral finds their parentheses.
    if (inner.empty() || inner.back() != '\\') pattern = inner;
  }
  while (true) {
    const size_t bar = pattern.find('|');
    if (bar != std::string_view::npos && bar > 0 && pattern[bar - 1] == '\\') return std::nullopt;
    std::string text;
    if (!TakeLiteral(pattern.substr(0, bar), &text)) return std::nullopt;
    literals.texts.push_back(std::move(text));
    if (bar == std::string_view::npos) return literals;
    pattern.remove_prefix(bar + 1);
  }
}

bool ChangesOrParses(const StageExpr& stage) {
  return !std::holds_alternative<LineFilterExpr>(stage) &&
         !std::holds_alternative<LabelFilterExpr>(stage);
}

bool MayChangeLine(const StageExpr& stage) {
  // Parsers and what works on labels leave lines alone; the rest is not known to.
  return ChangesOrParses(stage) && !std::holds_alternative<JsonExpr>(stage) &&
         !std::holds_alternative<LogfmtExpr>(stage) &&
         !std::holds_alternative<PatternExpr>(stage) &&
         !std::holds_alternative<RegexpExpr>(stage) &&
         !std::holds_alternative<LabelFormatExpr>(stage) &&
         !std::holds_alternative<LabelSelectExpr>(stage);
}

// The equalities that must all hold.
void AddEqualities(const LabelFilterExpr& filter,
                   std::vector<storage::MetadataCondition>* conditions) {
  if (filter.kind == LabelFilterExpr::Kind::kAnd) {
    for (const LabelFilterExpr& operand : filter.operands) AddEqualities(operand, conditions);
    return;
  }
  if (filter.kind != LabelFilterExpr::Kind::kString || !filter.matcher) return;
  if (filter.matcher->type() != storage::MatchType::kEqual || filter.matcher->value().empty()) {
    return;
  }
  // `__error__` and the like are no metadata.
  if (filter.name.substr(0, 2) == "__") return;
  conditions->push_back({filter.name, std::string(filter.matcher->value())});
}

}  // namespace

std::optional<LineCondition> LineConditionOf(const LineFilterExpr& filter) {
  LineCondition condition;
  condition.negative = IsNegative(filter.match);
  const bool is_text =
      filter.match == LineMatch::kContains || filter.match == LineMatch::kNotContains;
  const bool is_regex = filter.match == LineMatch::kRegex || filter.match == LineMatch::kNotRegex;
  if (!is_text && !is_regex) return std::nullopt;
  for (size_t i = 0; i < filter.terms.size(); ++i) {
    const LineFilterExpr::Term& term = filter.terms[i];
    if (term.is_ip) return std::nullopt;
    if (is_text) {
      condition.any_of.push_back(term.text);
      continue;
    }
    std::optional<RegexLiterals> literals = ReadLiterals(term.text);
    if (!literals || (i > 0 && literals->fold_case != condition.fold_case)) return std::nullopt;
    condition.fold_case = literals->fold_case;
    for (std::string& text : literals->texts) condition.any_of.push_back(std::move(text));
  }
  return condition;
}

StoragePredicates TakeStoragePredicates(std::vector<StageExpr>* stages) {
  StoragePredicates predicates;
  std::vector<StageExpr> rest;
  bool line_is_stored = true;
  bool labels_are_stored = true;
  for (StageExpr& stage : *stages) {
    if (const auto* lines = std::get_if<LineFilterExpr>(&stage);
        lines != nullptr && line_is_stored) {
      if (std::optional<LineCondition> condition = LineConditionOf(*lines)) {
        predicates.line_conditions.push_back(*std::move(condition));
        continue;
      }
    }
    if (const auto* labels = std::get_if<LabelFilterExpr>(&stage);
        labels != nullptr && labels_are_stored) {
      AddEqualities(*labels, &predicates.metadata_conditions);
    }
    line_is_stored = line_is_stored && !MayChangeLine(stage);
    labels_are_stored = labels_are_stored && !ChangesOrParses(stage);
    rest.push_back(std::move(stage));
  }
  *stages = std::move(rest);
  return predicates;
}

void StoragePredicates::SetOptions(storage::LabelSetView stream,
                                   storage::LogReadOptions* options) const {
  options->line_conditions = line_conditions;
  for (const storage::MetadataCondition& condition : metadata_conditions) {
    if (!stream.Has(condition.name)) options->metadata_conditions.push_back(condition);
  }
}

}  // namespace varve::query

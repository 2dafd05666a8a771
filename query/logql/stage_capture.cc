// The stages pattern, regexp and decolorize: those that look at the line's form.
#include <re2/re2.h>

#include <map>
#include <utility>

#include "query/logql/lexer.h"
#include "query/logql/line_pattern.h"
#include "query/logql/regex.h"
#include "query/logql/stage.h"
#include "query/logql/utf8.h"
#include "query/template/go_regex.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

void AddCapture(std::string_view name, std::string_view value, EntryLabels* labels) {
  std::string buffer;
  const std::string_view clean = ReplaceInvalidUtf8(value, &buffer);
  labels->AddParsed(name, clean.data() == value.data() ? value : labels->Keep(std::string(clean)));
}

class PatternStage final : public Stage {
 public:
  explicit PatternStage(LinePattern pattern) : pattern_(std::move(pattern)) {}
  bool Process(PipelineEntry* entry) const override {
    if (entry->needs->none()) return true;
    pattern_.Capture(entry->line, [&](std::string_view name, std::string_view value) {
      AddCapture(name, value, &entry->labels);
    });
    return true;
  }

 private:
  LinePattern pattern_;
};

class RegexpStage final : public Stage {
 public:
  explicit RegexpStage(std::unique_ptr<const RE2> regex)
      : regex_(std::move(regex)), names_(regex_->CapturingGroupNames()) {}

  bool Process(PipelineEntry* entry) const override {
    if (entry->needs->none()) return true;
    const int groups = names_.rbegin()->first + 1;
    std::vector<re2::StringPiece> found(static_cast<size_t>(groups));
    const re2::StringPiece line = Piece(entry->line);
    if (!regex_->Match(line, 0, line.size(), RE2::UNANCHORED, found.data(), groups)) return true;
    for (const auto& [group, name] : names_) {
      const re2::StringPiece& value = found[static_cast<size_t>(group)];
      AddCapture(name, {value.data(), value.size()}, &entry->labels);
    }
    return true;
  }

 private:
  std::unique_ptr<const RE2> regex_;
  std::map<int, std::string> names_;
};

// The terminal's colour and cursor sequences.
class DecolorizeStage final : public Stage {
 public:
  DecolorizeStage()
      : regex_(
            "[\\x{1b}\\x{9b}][\\[\\]()#;?]*(?:(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\\x{07})|"
            "(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]))") {}
  bool changes_line() const override { return true; }
  bool Process(PipelineEntry* entry) const override {
    if (entry->line.find('\x1b') == entry->line.npos &&
        entry->line.find("\xc2\x9b") == entry->line.npos) {
      return true;
    }
    std::string line(entry->line);
    if (RE2::GlobalReplace(&line, regex_, "") > 0) {
      entry->line = entry->labels.Keep(std::move(line));
    }
    return true;
  }

 private:
  RE2 regex_;
};

// The name that two groups `(?P<name>` have; empty where there is none.
std::string DuplicateGroupName(std::string_view pattern) {
  std::vector<std::string_view> names;
  constexpr std::string_view kOpen = "(?P<";
  for (size_t at = pattern.find(kOpen); at != pattern.npos; at = pattern.find(kOpen, at + 1)) {
    const size_t begin = at + kOpen.size();
    const std::string_view name = pattern.substr(begin, pattern.find('>', begin) - begin);
    for (const std::string_view other : names) {
      if (other == name) return std::string(name);
    }
    names.push_back(name);
  }
  return "";
}

}  // namespace

absl::StatusOr<StagePtr> MakePatternStage(const PatternExpr& expr) {
  absl::StatusOr<LinePattern> pattern = LinePattern::ForParser(expr.pattern);
  if (!pattern.ok()) {
    return ParseError(
        StrCat("invalid pattern parser: ", storage::ToStd(pattern.status().message())));
  }
  return StagePtr(std::make_unique<PatternStage>(*std::move(pattern)));
}

absl::StatusOr<StagePtr> MakeRegexpStage(const RegexpExpr& expr) {
  RE2::Options options;
  options.set_log_errors(false);
  const std::string duplicate = DuplicateGroupName(expr.pattern);
  if (!duplicate.empty()) {
    return ParseError(
        StrCat("invalid regexp parser: duplicate extracted label name '", duplicate, "'"));
  }
  auto regex = std::make_unique<const RE2>(Piece(expr.pattern), options);
  if (!regex->ok()) {
    return ParseError(StrCat("invalid regexp parser: ", RegexError(expr.pattern)));
  }
  if (regex->CapturingGroupNames().empty()) {
    return ParseError("invalid regexp parser: at least one named capture must be supplied");
  }
  return StagePtr(std::make_unique<RegexpStage>(std::move(regex)));
}

StagePtr MakeDecolorizeStage() { return std::make_unique<DecolorizeStage>(); }

}  // namespace varve::query

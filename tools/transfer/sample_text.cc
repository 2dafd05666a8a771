#include "tools/transfer/sample_text.h"

#include <cmath>
#include <utility>
#include <vector>

#include "query/engine/number_format.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

using storage::Quote;
using storage::StrAppend;
using storage::StrCat;

bool IsNameCharacter(char c, bool first, bool colon) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':') ||
         (!first && c >= '0' && c <= '9');
}

bool IsPlainName(std::string_view name, bool colon) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (!IsNameCharacter(name[i], i == 0, colon)) return false;
  }
  return !name.empty();
}

// Takes the parts of a line off its front.
class LineParser {
 public:
  explicit LineParser(std::string_view line) : rest_(line) {}

  absl::StatusOr<TextSample> Parse() {
    std::vector<std::pair<std::string, std::string>> labels;
    if (std::string name = TakePlainName(true); !name.empty()) {
      labels.emplace_back(storage::kMetricNameLabel, std::move(name));
    }
    if (Take('{')) VARVE_RETURN_IF_ERROR(ParseLabels(&labels));
    if (labels.empty()) return Unexpected("a metric's name");
    TextSample sample;
    std::vector<std::pair<std::string_view, std::string_view>> views(labels.begin(), labels.end());
    sample.labels = storage::LabelSet::FromPairs(std::move(views));
    if (sample.labels.metric_name().empty()) return Unexpected("a metric's name");
    if (!query::ParseFloat(TakeWord(), &sample.value)) return Unexpected("a value");
    const std::string_view time = TakeWord();
    if (time.empty() || time == "#") return sample;
    double seconds = 0;
    if (!query::ParseFloat(time, &seconds) || !(std::abs(seconds) < 9.2e15)) {
      return Unexpected("a time in seconds");
    }
    sample.timestamp_ms = std::llround(seconds * 1000);
    const std::string_view behind = TakeWord();
    if (!behind.empty() && behind != "#") return Unexpected("the end of the line");
    return sample;
  }

 private:
  static absl::Status Add(std::string name, std::string value,
                          std::vector<std::pair<std::string, std::string>>* labels) {
    if (name.empty()) return absl::InvalidArgumentError("a label without a name");
    for (const auto& [known, unused] : *labels) {
      if (known == name) return absl::InvalidArgumentError(StrCat("label ", Quote(name), " twice"));
    }
    labels->emplace_back(std::move(name), std::move(value));
    return absl::OkStatus();
  }
  absl::Status Unexpected(std::string_view wanted) const {
    return absl::InvalidArgumentError(
        StrCat("unexpected ", Quote(word_.empty() ? rest_ : word_), ", want ", wanted));
  }

  void SkipBlanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
  }
  bool Take(char c) {
    SkipBlanks();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view TakeWord() {
    SkipBlanks();
    word_ = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(word_.size());
    return word_;
  }
  std::string TakePlainName(bool colon) {
    SkipBlanks();
    size_t length = 0;
    while (length < rest_.size() && IsNameCharacter(rest_[length], length == 0, colon)) ++length;
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
  }
  // "text" with \\, \" and \n.
  absl::StatusOr<std::string> TakeQuoted() {
    if (!Take('"')) return Unexpected("a text in quotes");
    std::string text;
    for (size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (c == '\\' && i + 1 < rest_.size()) {
        const char escaped = rest_[++i];
        if (escaped != 'n' && escaped != '"' && escaped != '\\') text.push_back('\\');
        text.push_back(escaped == 'n' ? '\n' : escaped);
      } else {
        text.push_back(c);
      }
    }
    return absl::InvalidArgumentError("a text in quotes that does not end");
  }

  absl::Status ParseLabels(std::vector<std::pair<std::string, std::string>>* labels) {
    while (!Take('}')) {
      std::string name = TakePlainName(false);
      if (name.empty()) {
        VARVE_ASSIGN_OR_RETURN(name, TakeQuoted());
        // A name by itself is the metric's.
        if (SkipBlanks(); rest_.empty() || rest_[0] != '=') {
          VARVE_RETURN_IF_ERROR(
              Add(std::string(storage::kMetricNameLabel), std::move(name), labels));
          if (!Take(',') && (rest_.empty() || rest_[0] != '}')) return Unexpected("`,` or `}`");
          continue;
        }
      }
      if (!Take('=')) return Unexpected("`=`");
      VARVE_ASSIGN_OR_RETURN(std::string value, TakeQuoted());
      VARVE_RETURN_IF_ERROR(Add(std::move(name), std::move(value), labels));
      if (!Take(',') && (rest_.empty() || rest_[0] != '}')) return Unexpected("`,` or `}`");
    }
    return absl::OkStatus();
  }

  std::string_view rest_;
  std::string_view word_;  // taken last
};

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    if (c == '\\' || c == '"') out->push_back('\\');
    if (c == '\n') {
      *out += "\\n";
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

}  // namespace

absl::StatusOr<std::optional<TextSample>> ParseSampleText(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos || line[begin] == '#') return std::optional<TextSample>();
  VARVE_ASSIGN_OR_RETURN(TextSample sample, LineParser(line).Parse());
  return std::optional<TextSample>(std::move(sample));
}

void AppendSeriesText(storage::LabelSetView labels, std::string* out) {
  const std::string_view name = labels.metric_name();
  const bool plain = IsPlainName(name, true);
  if (plain) *out += name;
  std::string_view before = "{";
  if (!plain && !name.empty()) {
    out->push_back('{');
    AppendQuoted(name, out);
    before = ",";
  }
  for (const storage::LabelView& label : labels) {
    if (label.name == storage::kMetricNameLabel) continue;
    *out += before;
    before = ",";
    if (IsPlainName(label.name, false)) {
      *out += label.name;
    } else {
      AppendQuoted(label.name, out);
    }
    out->push_back('=');
    AppendQuoted(label.value, out);
  }
  if (before == ",") out->push_back('}');
  out->push_back(' ');
}

void AppendValueText(const storage::Sample& sample, std::string* out) {
  query::AppendGeneralFloat(sample.value, out);
  out->push_back(' ');
  query::AppendTimestampSeconds(sample.timestamp_ms, true, out);
  out->push_back('\n');
}

}  // namespace varve::tools

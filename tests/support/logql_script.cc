#include "tests/support/logql_script.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <regex>
#include <sstream>

#include "query/engine/number_format.h"
#include "query/logql/logql_engine.h"
#include "query/logql/quantity.h"
#include "storage/model/text.h"
#include "tests/support/memory_log_querier.h"

namespace varve::test {
namespace {

using storage::StrCat;

// Scripts count from here, so that times are like real ones.
constexpr int64_t kEpochNs = 1'700'000'000'000'000'000;

using Labels = std::map<std::string, std::string>;
using Points = std::vector<std::optional<double>>;

struct Expectation {
  bool fails = false;
  std::string fail_kind;
  std::string fail_text;
  bool empty = false;
  bool ordered = false;
  std::optional<double> scalar;
  std::vector<std::pair<Labels, Points>> series;
};

std::string StripComment(const std::string& line) {
  std::string out;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '`') {
      quote = c;
    } else if (c == '#') {
      break;
    }
    out.push_back(c);
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
  return out;
}

std::string Trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == text.npos ? "" : text.substr(begin);
}

int64_t Duration(const std::string& text) { return query::ParseQueryDuration(text).value_or(0); }

// Splits `{a="b"} rest`.
Labels TakeLabels(const std::string& text, std::string* rest) {
  char quote = 0;
  size_t end = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (quote != 0) {
      if (c == '\\' && quote == '"') {
        ++end;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == '"' || c == '`') {
      quote = c;
    } else if (c == '}') {
      break;
    }
  }
  *rest = Trim(text.substr(end + 1));
  Labels labels;
  const auto matchers = query::ParseLogSelector(text.substr(0, end + 1));
  if (!matchers.ok()) return labels;
  for (const storage::Matcher& matcher : *matchers) labels[matcher.name()] = matcher.value();
  return labels;
}

storage::LabelSet ToLabelSet(const Labels& labels) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs(labels.begin(), labels.end());
  return storage::LabelSet::FromPairs(std::move(pairs));
}

Labels FromLabelSet(storage::LabelSetView set) {
  Labels labels;
  for (const storage::LabelView& label : set) {
    labels[std::string(label.name)] = std::string(label.value);
  }
  return labels;
}

double Number(const std::string& text) {
  double value = 0;
  query::ParseFloat(text, &value);
  return value;
}

Points ParsePoints(const std::string& text) {
  static const std::regex kRepeat(R"((.+?)(?:([+-][\d.]+)?x(\d+)))");
  Points points;
  std::istringstream words(text);
  std::string word;
  while (words >> word) {
    std::smatch match;
    if (word == "_") {
      points.emplace_back();
    } else if (std::regex_match(word, match, kRepeat)) {
      const int count = std::stoi(match[3].str());
      if (match[1].str() == "_") {
        points.insert(points.end(), static_cast<size_t>(count), std::nullopt);
        continue;
      }
      const double base = Number(match[1].str());
      const double step = match[2].matched ? Number(match[2].str()) : 0;
      for (int i = 0; i <= count; ++i) points.emplace_back(base + i * step);
    } else {
      points.emplace_back(Number(word));
    }
  }
  return points;
}

bool Close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::isfinite(a) && std::isfinite(b) &&
         std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

std::string Show(const Labels& labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels) storage::StrAppend(&out, name, "=", value, " ");
  return out + "}";
}

class Script {
 public:
  explicit Script(std::string_view text) {
    std::istringstream stream{std::string(text)};
    std::string line;
    for (int number = 1; std::getline(stream, line); ++number) {
      const std::string stripped = StripComment(line);
      if (!stripped.empty() || Trim(line).empty()) lines_.emplace_back(number, stripped);
    }
  }

  LogqlScriptResult Run() {
    while (at_ < lines_.size()) {
      const auto [number, line] = lines_[at_++];
      if (line.empty()) continue;
      if (line == "clear") {
        querier_.Clear();
      } else if (line == "load") {
        Load();
      } else {
        Eval(number, line);
      }
    }
    return std::move(result_);
  }

 private:
  bool AtIndented() const {
    return at_ < lines_.size() && !lines_[at_].second.empty() &&
           (lines_[at_].second[0] == ' ' || lines_[at_].second[0] == '\t');
  }

  void Load() {
    static const std::regex kEntry(R"re(("[^"]*"|`[^`]*`)\s*@\s*(\S+)\s*(.*))re");
    static const std::regex kRepeat(R"re(\[repeat\s+every\s+(\S+)\s+for\s+(\d+)\])re");
    static const std::regex kMetadata(R"re(\[metadata (.*)\])re");
    static const std::regex kPair(R"re(([\w.]+)="([^"]*)")re");
    for (; AtIndented(); ++at_) {
      std::string rest;
      const storage::LabelSet stream = ToLabelSet(TakeLabels(Trim(lines_[at_].second), &rest));
      std::smatch match;
      if (!std::regex_match(rest, match, kEntry)) {
        result_.failures.push_back(StrCat("line ", lines_[at_].first, ": cannot load"));
        continue;
      }
      const std::string line = match[1].str().substr(1, match[1].length() - 2);
      const int64_t start_ns = kEpochNs + Duration(match[2].str());
      const std::string options = match[3].str();
      int64_t every_ns = 0;
      int count = 1;
      if (std::regex_search(options, match, kRepeat)) {
        every_ns = Duration(match[1].str());
        count = std::stoi(match[2].str());
      }
      Labels metadata;
      if (std::regex_search(options, match, kMetadata)) {
        const std::string pairs = match[1].str();
        for (std::sregex_iterator it(pairs.begin(), pairs.end(), kPair), end; it != end; ++it) {
          metadata[(*it)[1].str()] = (*it)[2].str();
        }
      }
      for (int i = 0; i < count; ++i) {
        std::string text = line;
        if (const size_t found = text.find("{{.i}}"); found != text.npos) {
          text.replace(found, 6, std::to_string(i));
        }
        querier_.Add(stream, start_ns + i * every_ns, text,
                     storage::LabelSet::FromPairsWithEmpty({metadata.begin(), metadata.end()}));
      }
    }
  }

  void ReadExpectation(Expectation* want) {
    static const std::regex kFail(R"re(expect fail(?:\s+(msg|regex):\s*(.*))?)re");
    for (; AtIndented(); ++at_) {
      const std::string line = Trim(lines_[at_].second);
      std::smatch match;
      if (line.starts_with("skip ")) continue;
      if (line == "expect empty") {
        want->empty = true;
      } else if (line == "expect ordered") {
        want->ordered = true;
      } else if (std::regex_match(line, match, kFail)) {
        want->fails = true;
        want->fail_kind = match[1].str();
        want->fail_text = match[2].str();
      } else if (line[0] == '{') {
        std::string rest;
        Labels labels = TakeLabels(line, &rest);
        want->series.emplace_back(std::move(labels), ParsePoints(rest));
      } else {
        want->scalar = ParsePoints(line)[0];
      }
    }
  }

  void Eval(int number, const std::string& line) {
    static const std::regex kInstant(R"re(eval instant at (\S+)\s+(.*))re");
    static const std::regex kRange(R"re(eval range from (\S+) to (\S+) step (\S+)\s+(.*))re");
    std::smatch match;
    std::string text;
    Expectation want;
    query::QueryContext context(query::QueryLimits(), nullptr, nullptr);
    absl::StatusOr<query::QueryResult> got;
    int64_t start_ns = 0;
    int64_t step_ns = 1;
    if (std::regex_match(line, match, kInstant)) {
      start_ns = kEpochNs + Duration(match[1].str());
      text = match[2].str();
      got = engine_.Instant(querier_, text, start_ns, 100, storage::Direction::kBackward, &context);
    } else if (std::regex_match(line, match, kRange)) {
      start_ns = kEpochNs + Duration(match[1].str());
      step_ns = Duration(match[3].str());
      text = match[4].str();
      got = engine_.Range(querier_, text, start_ns, kEpochNs + Duration(match[2].str()), step_ns,
                          100, storage::Direction::kBackward, &context);
    } else {
      result_.failures.push_back(StrCat("line ", number, ": cannot read ", line));
      return;
    }
    ReadExpectation(&want);
    result_.cases.push_back(
        {text, want.scalar.has_value() || !want.series.empty(), want.fail_text});
    const std::string why = Check(want, got, start_ns, step_ns);
    if (why.empty()) {
      ++result_.passed;
    } else {
      result_.failures.push_back(StrCat("line ", number, ": ", text, " | ", why));
    }
  }

  static std::string Check(const Expectation& want, const absl::StatusOr<query::QueryResult>& got,
                           int64_t start_ns, int64_t step_ns) {
    if (want.fails) {
      if (got.ok()) return "should fail";
      const std::string message(got.status().message());
      if (want.fail_kind == "msg" && message.find(want.fail_text) == message.npos) {
        return StrCat("error lacks the text: ", message);
      }
      if (want.fail_kind == "regex" && !std::regex_search(message, std::regex(want.fail_text))) {
        return StrCat("error does not match: ", message);
      }
      return "";
    }
    if (!got.ok()) return std::string(got.status().message());
    // Every result as series of points at steps.
    std::vector<std::pair<Labels, std::map<int64_t, double>>> found;
    if (const auto* scalar = std::get_if<query::ScalarResult>(&got->value)) {
      if (want.scalar && Close(*want.scalar, scalar->sample.value)) return "";
      return StrCat("scalar ", scalar->sample.value);
    }
    if (const auto* vector = std::get_if<query::VectorResult>(&got->value)) {
      for (const auto& item : vector->items) {
        found.push_back({FromLabelSet(item.labels), {{0, item.sample.value}}});
      }
    } else if (const auto* matrix = std::get_if<query::MatrixResult>(&got->value)) {
      for (const auto& series : matrix->series) {
        std::map<int64_t, double> points;
        for (const storage::Sample& sample : series.samples) {
          points[(sample.timestamp_ms * 1'000'000 - start_ns) / step_ns] = sample.value;
        }
        found.push_back({FromLabelSet(series.labels), std::move(points)});
      }
    } else {
      return "lines instead of numbers";
    }
    if (want.scalar) {
      if (found.size() != 1) return StrCat(found.size(), " series instead of a scalar");
      for (const auto& [step, value] : found[0].second) {
        if (!Close(value, *want.scalar)) return StrCat("value ", value);
      }
      return "";
    }
    if (found.size() != want.series.size()) {
      std::string labels;
      for (const auto& series : found) labels += Show(series.first);
      return StrCat(found.size(), " series: ", labels);
    }
    for (size_t i = 0; i < want.series.size(); ++i) {
      const auto& [labels, points] = want.series[i];
      size_t at = i;
      if (!want.ordered) {
        for (at = 0; at < found.size() && found[at].first != labels;) ++at;
      }
      if (at == found.size() || found[at].first != labels) return StrCat("no ", Show(labels));
      std::map<int64_t, double> wanted;
      for (size_t step = 0; step < points.size(); ++step) {
        if (points[step]) wanted[static_cast<int64_t>(step)] = *points[step];
      }
      const auto& values = found[at].second;
      const bool same = std::equal(values.begin(), values.end(), wanted.begin(), wanted.end(),
                                   [](const auto& a, const auto& b) {
                                     return a.first == b.first && Close(a.second, b.second);
                                   });
      if (!same) {
        std::string shown;
        for (const auto& [step, value] : values) storage::StrAppend(&shown, step, ":", value, " ");
        return StrCat(Show(labels), " has ", shown);
      }
    }
    return "";
  }

  std::vector<std::pair<int, std::string>> lines_;
  size_t at_ = 0;
  MemoryLogQuerier querier_;
  query::LogqlEngine engine_;
  LogqlScriptResult result_;
};

}  // namespace

LogqlScriptResult RunLogqlScript(std::string_view text) { return Script(text).Run(); }

}  // namespace varve::test

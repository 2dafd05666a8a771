#include "tests/query/promql/script_parser.h"

#include <re2/re2.h>

#include <cmath>

#include "query/engine/number_format.h"
#include "storage/model/sample.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tests {
namespace {

absl::Status Bad(std::string_view what, std::string_view text) {
  return absl::InvalidArgumentError(storage::StrCat("cannot read ", what, ": ", text));
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

absl::StatusOr<int64_t> ParseDuration(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view rest = text.substr(negative ? 1 : 0);
  double seconds = 0;
  int64_t ms = 0;
  if (query::ParseFloat(rest, &seconds)) {
    ms = std::llround(seconds * 1000);
  } else {
    static const re2::RE2 part("(\\d+)(ms|[smhdwy])");
    re2::StringPiece piece(rest.data(), rest.size());
    int64_t count = 0;
    std::string unit;
    while (re2::RE2::Consume(&piece, part, &count, &unit)) {
      ms += count * (unit == "ms"  ? 1
                     : unit == "s" ? 1000
                     : unit == "m" ? 60'000
                     : unit == "h" ? 3'600'000
                     : unit == "d" ? 86'400'000
                     : unit == "w" ? 604'800'000
                                   : 31'536'000'000);
    }
    if (!piece.empty() || rest.empty()) return Bad("duration", text);
  }
  return negative ? -ms : ms;
}

// Takes a quoted string with Go's escapes from the front of `*text`.
bool TakeQuoted(std::string_view* text, std::string* out) {
  const char quote = (*text)[0];
  out->clear();
  for (size_t i = 1; i < text->size(); ++i) {
    char c = (*text)[i];
    if (c == quote) {
      text->remove_prefix(i + 1);
      return true;
    }
    if (c != '\\' || quote == '`') {
      out->push_back(c);
      continue;
    }
    if (++i == text->size()) return false;
    c = (*text)[i];
    if (c == 'x' && i + 2 < text->size()) {
      out->push_back(
          static_cast<char>(std::stoi(std::string(text->substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out->push_back(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c);
    }
  }
  return false;
}

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':' || c == '.';
}

// `name{label="value", ...}` at the front of `*text`.
absl::StatusOr<storage::LabelSet> TakeLabels(std::string_view* text) {
  storage::LabelSet labels;
  size_t name = 0;
  while (name < text->size() && IsNameByte((*text)[name])) ++name;
  if (name > 0) labels = labels.With(storage::kMetricNameLabel, text->substr(0, name));
  text->remove_prefix(name);
  if (!text->starts_with('{')) return labels;
  text->remove_prefix(1);
  for (;;) {
    while (!text->empty() && ((*text)[0] == ' ' || (*text)[0] == ',')) text->remove_prefix(1);
    if (text->empty()) return Bad("labels", "no closing brace");
    if ((*text)[0] == '}') {
      text->remove_prefix(1);
      return labels;
    }
    std::string key;
    if ((*text)[0] == '"' || (*text)[0] == '\'') {
      if (!TakeQuoted(text, &key)) return Bad("label name", *text);
    } else {
      while (!text->empty() && IsNameByte((*text)[0])) {
        key.push_back((*text)[0]);
        text->remove_prefix(1);
      }
    }
    while (!text->empty() && (*text)[0] == ' ') text->remove_prefix(1);
    if (text->empty() || (*text)[0] != '=') {
      labels = labels.With(storage::kMetricNameLabel, key);  // a quoted name alone
      continue;
    }
    text->remove_prefix(1);
    while (!text->empty() && (*text)[0] == ' ') text->remove_prefix(1);
    std::string value;
    if (text->empty() || !TakeQuoted(text, &value)) return Bad("label value", *text);
    labels = labels.With(key, value);
  }
}

// `1 2+3x4 _ _x2 stale NaN {{sum:1 count:1}}`
absl::Status ParsePoints(std::string_view text, ScriptPoints* points) {
  static const re2::RE2 token(
      "([+-]?(?:[0-9.]+(?:[eE][+-]?\\d+)?|[Ii]nf|[Nn]a[Nn]))"
      "(?:([+-](?:[0-9.]+(?:[eE][+-]?\\d+)?|[Ii]nf|[Nn]a[Nn])))?(?:x(\\d+))?");
  static const re2::RE2 repeated("(_|stale)(?:x(\\d+))?");
  while (!(text = Trim(text)).empty()) {
    if (text.starts_with("{{")) {
      VARVE_RETURN_IF_ERROR(TakeHistograms(&text, points));
      continue;
    }
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    const re2::StringPiece piece(word.data(), word.size());
    std::string kind, times_text, step_text;
    if (re2::RE2::FullMatch(piece, repeated, &kind, &times_text)) {
      const size_t times = times_text.empty() ? 1 : std::stoul(times_text) + (kind == "stale");
      std::optional<ScriptValue> point;
      if (kind == "stale") point = ScriptValue{storage::StaleMarker(), nullptr, false};
      for (size_t i = 0; i < times; ++i) points->push_back(point);
      continue;
    }
    if (!re2::RE2::FullMatch(piece, token, &kind, &step_text, &times_text)) {
      return Bad("point", word);
    }
    double value = 0;
    double step = 0;
    const auto number = [](std::string_view digits, double* out) {
      if (digits.starts_with('+')) digits.remove_prefix(1);
      return query::ParseFloat(digits, out);
    };
    if (!number(kind, &value)) {
      if (kind != "-NaN" && kind != "-nan") return Bad("point", word);
      value = std::nan("");
    }
    if (!step_text.empty() && !number(step_text, &step)) return Bad("point", word);
    const size_t times = times_text.empty() ? 0 : std::stoul(times_text);
    for (size_t i = 0; i <= times; ++i) {
      points->push_back(ScriptValue{value, nullptr, false});
      value += step;
    }
  }
  return absl::OkStatus();
}

// `-30s-1mx2 _ 0 +1m`: a distance, and how much is added to it how often.
absl::Status ParseStartDistances(std::string_view text,
                                 std::vector<std::optional<int64_t>>* distances) {
  static const re2::RE2 token(
      "([+-]?[0-9]+(?:\\.[0-9]+)?(?:ms|[smhd])?)([+-][0-9]+(?:ms|[smhd])?)?(?:x(\\d+))?");
  static const re2::RE2 repeated("_(?:x(\\d+))?");
  const auto milliseconds = [](std::string_view distance) {
    return ParseDuration(distance.substr(distance.starts_with('+') ? 1 : 0));
  };
  while (!(text = Trim(text)).empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    const re2::StringPiece piece(word.data(), word.size());
    std::string start, step_text, times_text;
    if (re2::RE2::FullMatch(piece, repeated, &times_text)) {
      distances->insert(distances->end(), times_text.empty() ? 1 : std::stoul(times_text),
                        std::nullopt);
      continue;
    }
    if (!re2::RE2::FullMatch(piece, token, &start, &step_text, &times_text)) {
      return Bad("start timestamp", word);
    }
    int64_t step_ms = 0;
    VARVE_ASSIGN_OR_RETURN(int64_t distance_ms, milliseconds(start));
    if (!step_text.empty()) {
      VARVE_ASSIGN_OR_RETURN(step_ms, milliseconds(step_text));
    }
    const size_t times = times_text.empty() ? 0 : std::stoul(times_text);
    for (size_t i = 0; i <= times; ++i) {
      distances->emplace_back(distance_ms);
      distance_ms += step_ms;
    }
  }
  return absl::OkStatus();
}

absl::Status ParseSeriesLine(std::string_view line, ScriptCommand* command) {
  ScriptSeries series;
  if (std::isdigit(static_cast<unsigned char>(line[0])) || line[0] == '-' || line[0] == '+' ||
      line[0] == '.' || line.starts_with("Inf") || line.starts_with("NaN") ||
      line.starts_with("{{")) {
    VARVE_RETURN_IF_ERROR(ParsePoints(line, &series.points));
  } else {
    VARVE_ASSIGN_OR_RETURN(series.labels, TakeLabels(&line));
    if (line.starts_with("@st")) {
      VARVE_RETURN_IF_ERROR(ParseStartDistances(line.substr(3), &series.start_distances_ms));
      command->series.push_back(std::move(series));
      return absl::OkStatus();
    }
    VARVE_RETURN_IF_ERROR(ParsePoints(line, &series.points));
  }
  command->series.push_back(std::move(series));
  return absl::OkStatus();
}

ScriptExpectation MakeExpectation(const std::string& kind, std::string_view text) {
  ScriptExpectation expectation;
  expectation.kind = kind.empty()    ? ScriptExpectation::Kind::kAny
                     : kind == "msg" ? ScriptExpectation::Kind::kMessage
                                     : ScriptExpectation::Kind::kRegex;
  expectation.text = Trim(text);
  return expectation;
}

// A line below `eval`.
absl::Status ParseEvalLine(std::string_view line, ScriptCommand* command) {
  static const re2::RE2 range_vector(
      "expect\\s+range vector\\s+from\\s+(\\S+)\\s+to\\s+(\\S+)\\s+step\\s+(\\S+)");
  static const re2::RE2 string("expect\\s+string\\s+(.+)");
  static const re2::RE2 expect(
      "expect\\s+(ordered|fail|warn|no_warn|info|no_info)(?:\\s+(regex|msg):(.+))?");
  static const re2::RE2 old_fail("expected_fail_(message|regexp)\\s+(.+)");
  const re2::StringPiece piece(line.data(), line.size());
  std::string first, second, third;
  if (re2::RE2::FullMatch(piece, range_vector, &first, &second, &third)) {
    ScriptCommand::RangeVector range;
    VARVE_ASSIGN_OR_RETURN(range.start_ms, ParseDuration(first));
    VARVE_ASSIGN_OR_RETURN(range.step_ms, ParseDuration(third));
    command->range_vector = range;
  } else if (re2::RE2::FullMatch(piece, string, &first)) {
    std::string_view quoted = first;
    std::string text;
    if (!TakeQuoted(&quoted, &text)) return Bad("string", first);
    command->string = text;
  } else if (re2::RE2::FullMatch(piece, expect, &first, &second, &third)) {
    if (first == "ordered") command->ordered = true;
    if (first == "no_warn") command->no_warn = true;
    if (first == "no_info") command->no_info = true;
    if (first == "fail") command->fail.push_back(MakeExpectation(second, third));
    if (first == "warn") command->warn.push_back(MakeExpectation(second, third));
    if (first == "info") command->info.push_back(MakeExpectation(second, third));
  } else if (re2::RE2::FullMatch(piece, old_fail, &first, &second)) {
    command->fail.push_back(MakeExpectation(first == "message" ? "msg" : "regex", second));
  } else {
    return ParseSeriesLine(line, command);
  }
  return absl::OkStatus();
}

absl::StatusOr<ScriptCommand> ParseEval(std::string_view line) {
  static const re2::RE2 instant("eval(?:_(\\w+))?\\s+instant\\s+(?:at\\s+(\\S+)\\s+)?(.+)");
  static const re2::RE2 range(
      "eval(?:_(\\w+))?\\s+range\\s+from\\s+(\\S+)\\s+to\\s+(\\S+)\\s+step\\s+(\\S+)\\s+(.+)");
  const re2::StringPiece piece(line.data(), line.size());
  ScriptCommand command;
  std::string flag, start, end, step;
  if (re2::RE2::FullMatch(piece, range, &flag, &start, &end, &step, &command.expr)) {
    command.kind = ScriptCommand::Kind::kRange;
    VARVE_ASSIGN_OR_RETURN(command.end_ms, ParseDuration(end));
    VARVE_ASSIGN_OR_RETURN(command.step_ms, ParseDuration(step));
  } else if (re2::RE2::FullMatch(piece, instant, &flag, &start, &command.expr)) {
    command.kind = ScriptCommand::Kind::kInstant;
  } else {
    return Bad("eval", line);
  }
  VARVE_ASSIGN_OR_RETURN(command.start_ms, ParseDuration(start.empty() ? "0" : start));
  if (flag == "ordered") command.ordered = true;
  if (flag == "fail") command.fail.emplace_back();
  if (flag == "warn") command.warn.emplace_back();
  if (flag == "info") command.info.emplace_back();
  return command;
}

bool StartsCommand(std::string_view line) {
  return line.starts_with("eval") || line.starts_with("load") || line.starts_with("clear") ||
         line.starts_with("features");
}

}  // namespace

absl::StatusOr<std::vector<ScriptCommand>> ParseScript(std::string_view text) {
  std::vector<ScriptCommand> commands;
  size_t line_number = 0;
  bool inside = false;  // lines belong to the last command
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const std::string_view line = Trim(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    ++line_number;
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      inside = false;
      continue;
    }
    absl::Status status;
    if (StartsCommand(line)) {
      inside = true;
      if (line.starts_with("eval")) {
        absl::StatusOr<ScriptCommand> command = ParseEval(line);
        status = command.status();
        if (command.ok()) commands.push_back(*std::move(command));
      } else {
        ScriptCommand& command = commands.emplace_back();
        if (line.starts_with("features")) {
          command.kind = ScriptCommand::Kind::kFeatures;
          command.expr = Trim(line.substr(std::string_view("features").size()));
        } else if (line.starts_with("load")) {
          command.kind = ScriptCommand::Kind::kLoad;
          command.with_custom_buckets = line.starts_with("load_with_nhcb");
          absl::StatusOr<int64_t> interval =
              ParseDuration(Trim(line.substr(line.find_last_of(" \t") + 1)));
          status = interval.status();
          if (interval.ok()) command.step_ms = *interval;
        }
      }
      if (status.ok()) commands.back().line = line_number;
    } else if (!inside || commands.empty()) {
      status = Bad("command", line);
    } else if (commands.back().kind == ScriptCommand::Kind::kLoad) {
      status = ParseSeriesLine(line, &commands.back());
    } else {
      status = ParseEvalLine(line, &commands.back());
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          storage::StrCat("line ", line_number, ": ", storage::ToStd(status.message())));
    }
  }
  return commands;
}

}  // namespace varve::tests

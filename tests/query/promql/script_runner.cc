#include "tests/query/promql/script_runner.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "query/engine/number_format.h"
#include "query/promql/promql_engine.h"
#include "storage/model/text.h"
#include "tests/query/promql/script_parser.h"
#include "tests/support/memory_querier.h"

namespace varve::tests {
namespace {

using query::FormatFloat;
using storage::StrCat;
using Points = std::map<int64_t, double>;

bool Close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  if (std::isinf(a) || std::isinf(b)) return false;
  if (a == 0 || b == 0) return std::abs(a - b) < 1e-300;
  return std::abs(a - b) / std::min(std::abs(a) + std::abs(b), 1.7e308) < 1e-6;
}

bool Meets(const ScriptExpectation& expectation, const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    switch (expectation.kind) {
      case ScriptExpectation::Kind::kAny:
        return true;
      case ScriptExpectation::Kind::kMessage:
        return text.find(expectation.text) != text.npos;
      case ScriptExpectation::Kind::kRegex:
        return re2::RE2::PartialMatch(text, expectation.text);
    }
    return false;
  });
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) storage::StrAppend(&joined, "[", text, "]");
  return joined;
}

std::string CheckAnnotations(std::string_view kind, const std::vector<ScriptExpectation>& wanted,
                             bool none_wanted, const std::vector<std::string>& found) {
  if (none_wanted && !found.empty()) return StrCat("unexpected ", kind, ": ", Joined(found));
  for (const ScriptExpectation& expectation : wanted) {
    if (!Meets(expectation, found)) {
      return StrCat(kind, " lacks ", expectation.text, ": ", Joined(found));
    }
  }
  return "";
}

std::string CheckVector(const query::VectorResult& vector, const ScriptCommand& command) {
  if (vector.items.size() != command.series.size()) {
    std::string found;
    for (const auto& item : vector.items) {
      storage::StrAppend(&found, " ", item.labels.ToString(), " ", FormatFloat(item.sample.value));
    }
    return StrCat(vector.items.size(), " series, want ", command.series.size(), ":", found);
  }
  for (size_t i = 0; i < command.series.size(); ++i) {
    const ScriptSeries& want = command.series[i];
    if (want.points.empty() || !want.points[0]) return "an expected series has no value";
    const auto found = command.ordered
                           ? vector.items.begin() + static_cast<ptrdiff_t>(i)
                           : std::find_if(vector.items.begin(), vector.items.end(),
                                          [&](const auto& x) { return x.labels == want.labels; });
    if (found == vector.items.end() || !(found->labels == want.labels)) {
      return StrCat("no series ", want.labels.ToString(), " at ", i);
    }
    if (!Close(found->sample.value, *want.points[0])) {
      return StrCat(want.labels.ToString(), ": ", FormatFloat(found->sample.value), ", want ",
                    FormatFloat(*want.points[0]));
    }
  }
  return "";
}

std::string CheckMatrix(const query::MatrixResult& matrix, const ScriptCommand& command,
                        int64_t start_ms, int64_t step_ms) {
  std::map<std::string, Points> found;
  for (const auto& series : matrix.series) {
    Points& points = found[series.labels.ToString()];
    for (const storage::Sample& sample : series.samples) {
      points[sample.timestamp_ms] = sample.value;
    }
  }
  size_t wanted = 0;
  for (const ScriptSeries& want : command.series) {
    Points points;
    for (size_t i = 0; i < want.points.size(); ++i) {
      if (want.points[i]) points[start_ms + static_cast<int64_t>(i) * step_ms] = *want.points[i];
    }
    if (points.empty()) continue;
    ++wanted;
    const std::string labels = want.labels.ToString();
    const auto at = found.find(labels);
    if (at == found.end()) {
      return StrCat("no series ", labels, " among ", found.size(),
                    found.empty() ? std::string() : StrCat(", first ", found.begin()->first));
    }
    for (const auto& [time, value] : points) {
      const auto point = at->second.find(time);
      if (point == at->second.end()) return StrCat(labels, " lacks a point at ", time);
      if (!Close(point->second, value)) {
        return StrCat(labels, " at ", time, ": ", FormatFloat(point->second), ", want ",
                      FormatFloat(value));
      }
    }
    if (at->second.size() != points.size()) {
      return StrCat(labels, " has ", at->second.size(), " points, want ", points.size());
    }
  }
  if (found.size() != wanted) return StrCat(found.size(), " series, want ", wanted);
  return "";
}

std::string CheckResult(const absl::StatusOr<query::QueryResult>& result,
                        const ScriptCommand& command) {
  if (!command.fail.empty()) {
    if (result.ok()) return "should fail";
    const std::vector<std::string> message = {std::string(result.status().message())};
    for (const ScriptExpectation& expectation : command.fail) {
      if (!Meets(expectation, message)) {
        return StrCat("error is not ", expectation.text, ": ", message[0]);
      }
    }
    return "";
  }
  if (!result.ok()) return StrCat("error: ", storage::ToStd(result.status().message()));
  std::string why = CheckAnnotations("warning", command.warn, command.no_warn, result->warnings);
  if (why.empty()) why = CheckAnnotations("info", command.info, command.no_info, result->infos);
  if (!why.empty()) return why;
  if (const auto* text = std::get_if<query::StringResult>(&result->value)) {
    return command.string == text->text ? "" : StrCat("string ", text->text);
  }
  if (const auto* scalar = std::get_if<query::ScalarResult>(&result->value)) {
    if (command.series.size() != 1 || command.series[0].points.size() != 1) return "a scalar";
    const double want = *command.series[0].points[0];
    return Close(scalar->sample.value, want)
               ? ""
               : StrCat("scalar ", FormatFloat(scalar->sample.value), ", want ", FormatFloat(want));
  }
  if (const auto* vector = std::get_if<query::VectorResult>(&result->value)) {
    return CheckVector(*vector, command);
  }
  const auto& matrix = std::get<query::MatrixResult>(result->value);
  if (command.kind == ScriptCommand::Kind::kRange) {
    return CheckMatrix(matrix, command, command.start_ms, command.step_ms);
  }
  if (!command.range_vector) return "a matrix";
  return CheckMatrix(matrix, command, command.range_vector->start_ms,
                     command.range_vector->step_ms);
}

}  // namespace

ScriptOutcome RunScript(std::string_view text, query::WorkerPool* pool) {
  ScriptOutcome outcome;
  const absl::StatusOr<std::vector<ScriptCommand>> commands = ParseScript(text);
  if (!commands.ok()) {
    outcome.failures.push_back(std::string(commands.status().message()));
    return outcome;
  }
  MemoryQuerier querier;
  const query::QueryLimits limits;
  const query::PromqlEngine engine(pool, limits);
  bool histograms_loaded = false;
  for (const ScriptCommand& command : *commands) {
    if (command.kind == ScriptCommand::Kind::kClear) {
      querier.Clear();
      histograms_loaded = false;
    } else if (command.kind == ScriptCommand::Kind::kLoad) {
      histograms_loaded |= command.needs_histograms;
      for (const ScriptSeries& series : command.series) {
        std::vector<storage::Sample> samples;
        for (size_t i = 0; i < series.points.size(); ++i) {
          if (!series.points[i]) continue;
          samples.push_back({static_cast<int64_t>(i) * command.step_ms, *series.points[i]});
        }
        if (!samples.empty()) querier.Add(series.labels, samples);
      }
    } else {
      query::QueryContext context(limits, pool, nullptr);
      const absl::StatusOr<query::QueryResult> result =
          command.kind == ScriptCommand::Kind::kInstant
              ? engine.Instant(querier, command.expr, command.start_ms, &context)
              : engine.Range(querier, command.expr,
                             {command.start_ms, command.end_ms, command.step_ms}, &context);
      const std::string why = command.needs_histograms ? "" : CheckResult(result, command);
      if (command.needs_histograms || (histograms_loaded && !why.empty())) {
        ++outcome.needs_histograms;
      } else if (why.empty()) {
        ++outcome.passed;
      } else {
        outcome.failures.push_back(StrCat("line ", command.line, ": ", command.expr, " | ", why));
      }
    }
  }
  return outcome;
}

}  // namespace varve::tests

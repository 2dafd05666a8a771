#include "tests/query/promql/script_runner.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>

#include "query/engine/number_format.h"
#include "query/promql/promql_engine.h"
#include "storage/model/text.h"
#include "tests/query/promql/script_custom_buckets.h"
#include "tests/query/promql/script_parser.h"
#include "tests/support/memory_querier.h"

namespace varve::tests {
namespace {

using query::FormatFloat;
using storage::StrCat;

// A point of a result.
struct Found {
  double number = 0;
  storage::HistogramPtr histogram;
};

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
      storage::StrAppend(&found, " ", item.labels.ToString(), " ",
                         ValueText(item.sample.value, item.histogram));
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
    if (!Close(*want.points[0], found->sample.value, found->histogram)) {
      return StrCat(want.labels.ToString(), ": ", ValueText(found->sample.value, found->histogram),
                    ", want ", ValueText(want.points[0]->number, want.points[0]->histogram));
    }
  }
  return "";
}

std::string CheckMatrix(const query::MatrixResult& matrix, const ScriptCommand& command,
                        int64_t start_ms, int64_t step_ms) {
  std::map<std::string, std::map<int64_t, Found>> found;
  for (const auto& series : matrix.series) {
    std::map<int64_t, Found>& points = found[series.labels.ToString()];
    for (const storage::Sample& sample : series.samples) {
      points[sample.timestamp_ms] = {sample.value, nullptr};
    }
    for (const auto& sample : series.histograms) {
      points[sample.timestamp_ms] = {0, sample.histogram};
    }
  }
  size_t wanted = 0;
  for (const ScriptSeries& want : command.series) {
    std::map<int64_t, ScriptValue> points;
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
      const Found& got = point->second;
      if (!Close(value, got.number, got.histogram)) {
        return StrCat(labels, " at ", time, ": ", ValueText(got.number, got.histogram), ", want ",
                      ValueText(value.number, value.histogram));
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
    const double want = command.series[0].points[0]->number;
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

void Load(const ScriptSeries& series, int64_t interval_ms, MemoryQuerier* querier) {
  std::vector<storage::Sample> samples;
  std::vector<MemoryQuerier::HistogramSample> histograms;
  for (size_t i = 0; i < series.points.size(); ++i) {
    if (!series.points[i]) continue;
    const int64_t time_ms = static_cast<int64_t>(i) * interval_ms;
    if (series.points[i]->histogram != nullptr) {
      histograms.push_back({time_ms, series.points[i]->histogram});
    } else {
      samples.push_back({time_ms, series.points[i]->number});
    }
  }
  if (!samples.empty() || !histograms.empty()) querier->Add(series.labels, samples, histograms);
  for (size_t i = 0; i < series.start_distances_ms.size(); ++i) {
    if (!series.start_distances_ms[i]) continue;
    const int64_t time_ms = static_cast<int64_t>(i) * interval_ms;
    querier->SetStartTimestamp(series.labels, time_ms, time_ms + *series.start_distances_ms[i]);
  }
}

// Why not, or nothing.
std::string SetFeatures(std::string_view names, query::QueryFeatures* features) {
  *features = query::QueryFeatures();
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(' '));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (!query::EnableFeature(name, features)) return StrCat("unknown feature ", name);
  }
  return "";
}

}  // namespace

ScriptOutcome RunScript(std::string_view text, query::WorkerPool* pool,
                        const query::QueryFeatures& features) {
  ScriptOutcome outcome;
  const absl::StatusOr<std::vector<ScriptCommand>> commands = ParseScript(text);
  if (!commands.ok()) {
    outcome.failures.push_back(std::string(commands.status().message()));
    return outcome;
  }
  MemoryQuerier querier;
  query::QueryLimits limits;
  limits.features = features;
  const query::PromqlEngine engine(pool, limits);
  for (const ScriptCommand& command : *commands) {
    if (command.kind == ScriptCommand::Kind::kClear) {
      querier.Clear();
    } else if (command.kind == ScriptCommand::Kind::kFeatures) {
      std::string why = SetFeatures(command.expr, &limits.features);
      if (!why.empty()) outcome.failures.push_back(std::move(why));
    } else if (command.kind == ScriptCommand::Kind::kLoad) {
      for (const ScriptSeries& series : command.series) Load(series, command.step_ms, &querier);
      if (!command.with_custom_buckets) continue;
      for (const ScriptSeries& series : CustomBucketSeries(command.series)) {
        Load(series, command.step_ms, &querier);
      }
    } else {
      query::QueryContext context(limits, pool, nullptr);
      const absl::StatusOr<query::QueryResult> result =
          command.kind == ScriptCommand::Kind::kInstant
              ? engine.Instant(querier, command.expr, command.start_ms, &context)
              : engine.Range(querier, command.expr,
                             {command.start_ms, command.end_ms, command.step_ms}, &context);
      const std::string why = CheckResult(result, command);
      if (why.empty()) {
        ++outcome.passed;
      } else {
        outcome.failures.push_back(StrCat("line ", command.line, ": ", command.expr, " | ", why));
      }
    }
  }
  return outcome;
}

}  // namespace varve::tests

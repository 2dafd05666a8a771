#include "tools/query_answer.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/timestamp_text.h"

namespace varve::tools {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;
using storage::Quote;
using storage::StrAppend;
using storage::StrCat;

absl::Status AnswerError(std::string_view found, std::string_view wanted) {
  return absl::InternalError(
      StrCat("cannot read the server's answer: found ", found, ", want ", wanted));
}

template <typename T>
absl::StatusOr<T> As(simdjson::simdjson_result<element> value, std::string_view wanted) {
  T result;
  if (const auto error = value.get(result); error != simdjson::SUCCESS) {
    return AnswerError(simdjson::error_message(error), wanted);
  }
  return result;
}

// An element of an array, as looking one up would give it.
simdjson::simdjson_result<element> Found(element value) { return {std::move(value)}; }

template <typename T>
absl::StatusOr<T> As(element value, std::string_view wanted) {
  return As<T>(Found(value), wanted);
}

// An answer and the memory that its elements lie in.
struct Envelope {
  simdjson::dom::parser parser;
  simdjson::padded_string text;
  object root;
  std::vector<std::string> notices;
  std::string data;  // empty where the answer has none
};

void CollectNotices(const object& root, const char* key, std::vector<std::string>* notices) {
  array texts;
  if (root[key].get(texts) != simdjson::SUCCESS) return;
  for (const element notice : texts) {
    if (std::string_view text; notice.get(text) == simdjson::SUCCESS) notices->emplace_back(text);
  }
}

absl::Status OpenEnvelope(std::string_view body, Envelope* envelope) {
  envelope->text = simdjson::padded_string(body);
  VARVE_ASSIGN_OR_RETURN(envelope->root,
                         As<object>(envelope->parser.parse(envelope->text), "a JSON object"));
  VARVE_ASSIGN_OR_RETURN(const std::string_view status,
                         As<std::string_view>(envelope->root["status"], "a status"));
  if (status != "success") return AnswerError(StrCat("status ", Quote(status)), "success");
  CollectNotices(envelope->root, "warnings", &envelope->notices);
  CollectNotices(envelope->root, "infos", &envelope->notices);
  // The text between the braces is cut out as it is, so that numbers keep their digits.
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::value data;
  std::string_view raw;
  if (parser.iterate(envelope->text).get(document) != simdjson::SUCCESS ||
      document["data"].get(data) != simdjson::SUCCESS) {
    return absl::OkStatus();
  }
  simdjson::ondemand::object data_object;
  simdjson::ondemand::array data_array;
  if ((data.get(data_object) == simdjson::SUCCESS &&
       data_object.raw_json().get(raw) == simdjson::SUCCESS) ||
      (data.get(data_array) == simdjson::SUCCESS &&
       data_array.raw_json().get(raw) == simdjson::SUCCESS)) {
    envelope->data = raw;
  }
  return absl::OkStatus();
}

absl::StatusOr<AnswerLabels> ReadLabels(simdjson::simdjson_result<element> value) {
  VARVE_ASSIGN_OR_RETURN(const object fields, As<object>(value, "an object of labels"));
  AnswerLabels labels;
  for (const auto field : fields) {
    VARVE_ASSIGN_OR_RETURN(const std::string_view text,
                           As<std::string_view>(field.value, "a label's value"));
    labels.emplace_back(std::string(field.key), std::string(text));
  }
  return labels;
}

// {"count":..,"sum":..,"buckets":[[boundary rule, lower, upper, count], ..]}
absl::StatusOr<std::string> HistogramText(const object& histogram) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view count,
                         As<std::string_view>(histogram["count"], "a histogram's count"));
  VARVE_ASSIGN_OR_RETURN(const std::string_view sum,
                         As<std::string_view>(histogram["sum"], "a histogram's sum"));
  std::string text = StrCat("{count:", count, ", sum:", sum);
  array buckets;
  if (histogram["buckets"].get(buckets) == simdjson::SUCCESS) {
    for (const element bucket : buckets) {
      VARVE_ASSIGN_OR_RETURN(const int64_t rule, As<int64_t>(bucket.at(0), "a boundary rule"));
      VARVE_ASSIGN_OR_RETURN(const auto lower, As<std::string_view>(bucket.at(1), "a boundary"));
      VARVE_ASSIGN_OR_RETURN(const auto upper, As<std::string_view>(bucket.at(2), "a boundary"));
      VARVE_ASSIGN_OR_RETURN(const auto in_bucket, As<std::string_view>(bucket.at(3), "a count"));
      StrAppend(&text, ", ", rule == 1 || rule == 3 ? "[" : "(", lower, ",", upper,
                rule == 0 || rule == 3 ? "]" : ")", ":", in_bucket);
    }
  }
  return text + "}";
}

// [seconds, "value"] or [seconds, {histogram}].
absl::StatusOr<AnswerSample> ReadSample(simdjson::simdjson_result<element> pair) {
  AnswerSample sample;
  VARVE_ASSIGN_OR_RETURN(const double seconds, As<double>(pair.at(0), "a sample's time"));
  const double milliseconds = std::round(seconds * 1000);
  if (!(std::abs(milliseconds) < 9.2e12)) return AnswerError("a time out of range", "a time");
  sample.time_ns = static_cast<int64_t>(milliseconds) * kNanosecondsPerMillisecond;
  if (object histogram; pair.at(1).get(histogram) == simdjson::SUCCESS) {
    VARVE_ASSIGN_OR_RETURN(sample.value, HistogramText(histogram));
    return sample;
  }
  VARVE_ASSIGN_OR_RETURN(sample.value, As<std::string_view>(pair.at(1), "a sample's value"));
  return sample;
}

absl::Status ReadSamples(const object& series, const char* key,
                         std::vector<AnswerSample>* samples) {
  array values;
  if (series[key].get(values) != simdjson::SUCCESS) return absl::OkStatus();
  for (const element value : values) {
    VARVE_ASSIGN_OR_RETURN(AnswerSample sample, ReadSample(Found(value)));
    samples->push_back(std::move(sample));
  }
  return absl::OkStatus();
}

absl::Status ReadSeries(const object& fields, ResultKind kind, QueryAnswer* answer) {
  AnswerSeries series;
  VARVE_ASSIGN_OR_RETURN(series.labels, ReadLabels(fields["metric"]));
  if (kind == ResultKind::kVector) {
    const auto histogram = fields["histogram"];
    VARVE_ASSIGN_OR_RETURN(
        AnswerSample sample,
        ReadSample(histogram.error() == simdjson::SUCCESS ? histogram : fields["value"]));
    series.samples.push_back(std::move(sample));
  } else {
    VARVE_RETURN_IF_ERROR(ReadSamples(fields, "values", &series.samples));
    const size_t floats = series.samples.size();
    VARVE_RETURN_IF_ERROR(ReadSamples(fields, "histograms", &series.samples));
    if (floats > 0 && series.samples.size() > floats) {
      std::inplace_merge(
          series.samples.begin(), series.samples.begin() + static_cast<std::ptrdiff_t>(floats),
          series.samples.end(),
          [](const AnswerSample& a, const AnswerSample& b) { return a.time_ns < b.time_ns; });
    }
  }
  answer->series.push_back(std::move(series));
  return absl::OkStatus();
}

absl::Status ReadStream(const object& fields, QueryAnswer* answer) {
  AnswerStream stream;
  VARVE_ASSIGN_OR_RETURN(stream.labels, ReadLabels(fields["stream"]));
  VARVE_ASSIGN_OR_RETURN(const array values, As<array>(fields["values"], "a stream's entries"));
  for (const element value : values) {
    AnswerLine line;
    VARVE_ASSIGN_OR_RETURN(const auto time, As<std::string_view>(value.at(0), "an entry's time"));
    const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), line.time_ns);
    if (error != std::errc() || end != time.data() + time.size()) {
      return AnswerError(Quote(time), "an entry's time in nanoseconds");
    }
    VARVE_ASSIGN_OR_RETURN(line.line, As<std::string_view>(value.at(1), "an entry's line"));
    stream.lines.push_back(std::move(line));
  }
  answer->streams.push_back(std::move(stream));
  return absl::OkStatus();
}

absl::StatusOr<ResultKind> KindOf(std::string_view type) {
  if (type == "scalar") return ResultKind::kScalar;
  if (type == "string") return ResultKind::kString;
  if (type == "vector") return ResultKind::kVector;
  if (type == "matrix") return ResultKind::kMatrix;
  if (type == "streams") return ResultKind::kStreams;
  return AnswerError(StrCat("result type ", Quote(type)), "one of the query API");
}

bool IsIdentifier(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) {
      return false;
    }
  }
  return true;
}

// An answer whose data is a list, each item of which `read` adds to it; no data is an empty list.
template <typename Answer, typename Read>
absl::StatusOr<Answer> ParseListAnswer(std::string_view body, Read read) {
  Envelope envelope;
  VARVE_RETURN_IF_ERROR(OpenEnvelope(body, &envelope));
  Answer answer;
  answer.notices = std::move(envelope.notices);
  answer.data = envelope.data.empty() ? "[]" : std::move(envelope.data);
  array items;
  if (envelope.root["data"].get(items) != simdjson::SUCCESS) return answer;
  for (const element item : items) VARVE_RETURN_IF_ERROR(read(item, &answer));
  return answer;
}

}  // namespace

absl::StatusOr<QueryAnswer> ParseQueryAnswer(std::string_view body) {
  Envelope envelope;
  VARVE_RETURN_IF_ERROR(OpenEnvelope(body, &envelope));
  QueryAnswer answer;
  answer.notices = std::move(envelope.notices);
  answer.data = std::move(envelope.data);
  VARVE_ASSIGN_OR_RETURN(const object data, As<object>(envelope.root["data"], "data"));
  VARVE_ASSIGN_OR_RETURN(const auto type,
                         As<std::string_view>(data["resultType"], "a result type"));
  VARVE_ASSIGN_OR_RETURN(answer.kind, KindOf(type));
  VARVE_ASSIGN_OR_RETURN(const array result, As<array>(data["result"], "a result"));
  if (answer.kind == ResultKind::kScalar || answer.kind == ResultKind::kString) {
    VARVE_ASSIGN_OR_RETURN(AnswerSample sample, ReadSample(data["result"]));
    answer.series.push_back({{}, {std::move(sample)}});
    return answer;
  }
  for (const element item : result) {
    VARVE_ASSIGN_OR_RETURN(const object fields, As<object>(item, "a series"));
    if (answer.kind == ResultKind::kStreams) {
      VARVE_RETURN_IF_ERROR(ReadStream(fields, &answer));
    } else {
      VARVE_RETURN_IF_ERROR(ReadSeries(fields, answer.kind, &answer));
    }
  }
  return answer;
}

absl::StatusOr<TextsAnswer> ParseTextsAnswer(std::string_view body) {
  return ParseListAnswer<TextsAnswer>(body, [](const element& item, TextsAnswer* answer) {
    VARVE_ASSIGN_OR_RETURN(const auto text, As<std::string_view>(item, "a text"));
    answer->texts.emplace_back(text);
    return absl::OkStatus();
  });
}

absl::StatusOr<LabelSetsAnswer> ParseLabelSetsAnswer(std::string_view body) {
  return ParseListAnswer<LabelSetsAnswer>(body, [](const element& item, LabelSetsAnswer* answer) {
    VARVE_ASSIGN_OR_RETURN(AnswerLabels labels, ReadLabels(Found(item)));
    answer->label_sets.push_back(std::move(labels));
    return absl::OkStatus();
  });
}

std::string SeriesText(const AnswerLabels& labels) {
  std::string name;
  std::string rest;
  for (const auto& [label, value] : labels) {
    if (label == "__name__" && IsIdentifier(value)) {
      name = value;
      continue;
    }
    StrAppend(&rest, rest.empty() ? "" : ", ", IsIdentifier(label) ? label : Quote(label), "=",
              Quote(value));
  }
  if (rest.empty() && !name.empty()) return name;
  return StrCat(name, "{", rest, "}");
}

}  // namespace varve::tools

#include "tools/transfer/sample_json.h"

#include <simdjson.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "query/engine/number_format.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;
using storage::Histogram;
using storage::HistogramSpan;
using storage::StrAppend;
using storage::StrCat;

constexpr std::string_view kStaleText = "StaleNaN";
constexpr std::string_view kBitsPrefix = "NaN:";
constexpr double kIntegersMax = 1e15;
constexpr uint64_t kGoNanBits = 0x7ff8000000000001;

void AppendValue(double value, std::string* out) {
  if (std::isfinite(value)) {
    const size_t begin = out->size();
    query::AppendJsonFloat(value, out);
    // Readers take numbers without a fraction for integers, which have no -0 and an end.
    const bool integral = out->find_first_of(".e", begin) == std::string::npos;
    if (integral && (std::signbit(value) || std::abs(value) > kIntegersMax)) *out += ".0";
  } else if (storage::IsStaleMarker(value)) {
    StrAppend(out, "\"", kStaleText, "\"");
  } else if (std::isnan(value) && std::bit_cast<uint64_t>(value) != kGoNanBits) {
    char digits[17] = {};
    const auto end =
        std::to_chars(digits, digits + sizeof(digits), std::bit_cast<uint64_t>(value), 16);
    StrAppend(out, "\"", kBitsPrefix, std::string_view(digits, end.ptr), "\"");
  } else {
    StrAppend(out, "\"", std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf", "\"");
  }
}

template <typename List, typename Append>
void AppendList(std::string_view key, const List& list, std::string* out, Append append) {
  StrAppend(out, ",\"", key, "\":[");
  bool first = true;
  for (const auto& item : list) {
    if (!first) out->push_back(',');
    first = false;
    append(item);
  }
  out->push_back(']');
}

void AppendHistogram(const storage::HistogramSample& sample, std::string* out) {
  const Histogram& histogram = sample.histogram;
  const auto value = [&](double number) { AppendValue(number, out); };
  const auto span = [&](const HistogramSpan& one) {
    StrAppend(out, "[", one.offset, ",", one.length, "]");
  };
  StrAppend(out, "{\"timestamp\":", sample.timestamp_ms, ",\"schema\":", histogram.schema,
            ",\"float\":", histogram.is_float ? "true" : "false",
            ",\"reset_hint\":", static_cast<int>(histogram.reset_hint));
  const std::pair<std::string_view, double> numbers[] = {
      {"zero_threshold", histogram.zero_threshold},
      {"zero_count", histogram.zero_count},
      {"count", histogram.count},
      {"sum", histogram.sum}};
  for (const auto& [key, number] : numbers) {
    StrAppend(out, ",\"", key, "\":");
    value(number);
  }
  AppendList("positive_spans", histogram.positive_spans, out, span);
  AppendList("positive_counts", histogram.positive_counts, out, value);
  AppendList("negative_spans", histogram.negative_spans, out, span);
  AppendList("negative_counts", histogram.negative_counts, out, value);
  AppendList("custom_values", histogram.custom_values, out, value);
  out->push_back('}');
}

absl::Status Unexpected(std::string_view what, std::string_view wanted) {
  return absl::InvalidArgumentError(StrCat(what, " is not ", wanted));
}

template <typename T>
absl::Status Read(const object& from, const char* key, std::string_view wanted, T* value) {
  return from[key].get(*value) == simdjson::SUCCESS ? absl::OkStatus() : Unexpected(key, wanted);
}

bool ReadValue(element from, double* value) {
  if (from.get(*value) == simdjson::SUCCESS) return true;
  std::string_view text;
  if (from.is_null()) {  // as VictoriaMetrics writes NaN
    *value = std::bit_cast<double>(kGoNanBits);
    return true;
  }
  if (from.get(text) != simdjson::SUCCESS) return false;
  if (text == kStaleText) {
    *value = std::bit_cast<double>(storage::kStaleMarkerBits);
    return true;
  }
  if (text.starts_with(kBitsPrefix)) {
    text.remove_prefix(kBitsPrefix.size());
    uint64_t bits = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
    *value = std::bit_cast<double>(bits);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
           std::isnan(*value);
  }
  if (text == "NaN") {
    *value = std::bit_cast<double>(kGoNanBits);
    return true;
  }
  return query::ParseFloat(text, value);
}

absl::Status ReadValues(const object& from, const char* key, std::vector<double>* values) {
  array list;
  if (from[key].get(list) != simdjson::SUCCESS) return Unexpected(key, "a list");
  for (const element item : list) {
    double value = 0;
    if (!ReadValue(item, &value)) return Unexpected(key, "a list of numbers");
    values->push_back(value);
  }
  return absl::OkStatus();
}

absl::Status ReadSpans(const object& from, const char* key, std::vector<HistogramSpan>* spans) {
  array list;
  if (from[key].get(list) != simdjson::SUCCESS) return Unexpected(key, "a list");
  for (const element item : list) {
    int64_t offset = 0;
    uint64_t length = 0;
    if (item.at(0).get(offset) != simdjson::SUCCESS ||
        item.at(1).get(length) != simdjson::SUCCESS || offset != static_cast<int32_t>(offset) ||
        length != static_cast<uint32_t>(length)) {
      return Unexpected(key, "a list of [offset, length]");
    }
    spans->push_back({static_cast<int32_t>(offset), static_cast<uint32_t>(length)});
  }
  return absl::OkStatus();
}

absl::Status ReadHistogram(element from, storage::HistogramSample* sample) {
  object fields;
  if (from.get(fields) != simdjson::SUCCESS) return Unexpected("a histogram", "an object");
  Histogram& histogram = sample->histogram;
  int64_t schema = 0;
  int64_t hint = 0;
  VARVE_RETURN_IF_ERROR(Read(fields, "timestamp", "milliseconds", &sample->timestamp_ms));
  VARVE_RETURN_IF_ERROR(Read(fields, "schema", "a number", &schema));
  VARVE_RETURN_IF_ERROR(Read(fields, "float", "true or false", &histogram.is_float));
  VARVE_RETURN_IF_ERROR(Read(fields, "reset_hint", "a number", &hint));
  if (hint < 0 || hint > 3) return Unexpected("reset_hint", "0 to 3");
  histogram.schema = static_cast<int32_t>(schema);
  histogram.reset_hint = static_cast<storage::CounterResetHint>(hint);
  const std::pair<const char*, double*> numbers[] = {{"zero_threshold", &histogram.zero_threshold},
                                                     {"zero_count", &histogram.zero_count},
                                                     {"count", &histogram.count},
                                                     {"sum", &histogram.sum}};
  for (const auto& [key, value] : numbers) {
    element number;
    if (fields[key].get(number) != simdjson::SUCCESS || !ReadValue(number, value)) {
      return Unexpected(key, "a number");
    }
  }
  VARVE_RETURN_IF_ERROR(ReadSpans(fields, "positive_spans", &histogram.positive_spans));
  VARVE_RETURN_IF_ERROR(ReadValues(fields, "positive_counts", &histogram.positive_counts));
  VARVE_RETURN_IF_ERROR(ReadSpans(fields, "negative_spans", &histogram.negative_spans));
  VARVE_RETURN_IF_ERROR(ReadValues(fields, "negative_counts", &histogram.negative_counts));
  return ReadValues(fields, "custom_values", &histogram.custom_values);
}

absl::Status ReadLabels(const object& from, storage::LabelSet* labels) {
  object metric;
  VARVE_RETURN_IF_ERROR(Read(from, "metric", "an object of labels", &metric));
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const auto field : metric) {
    std::string_view value;
    if (field.value.get(value) != simdjson::SUCCESS) return Unexpected("a label", "a text");
    pairs.emplace_back(field.key, value);
  }
  *labels = storage::LabelSet::FromPairs(std::move(pairs));
  return absl::OkStatus();
}

absl::Status ReadFloats(const object& from, std::vector<storage::Sample>* floats) {
  array times;
  if (from["timestamps"].get(times) != simdjson::SUCCESS) return absl::OkStatus();
  std::vector<double> values;
  VARVE_RETURN_IF_ERROR(ReadValues(from, "values", &values));
  for (const element item : times) {
    int64_t timestamp_ms = 0;
    if (item.get(timestamp_ms) != simdjson::SUCCESS) {
      return Unexpected("timestamps", "a list of milliseconds");
    }
    if (floats->size() == values.size()) return Unexpected("timestamps", "as long as values");
    floats->push_back({timestamp_ms, values[floats->size()]});
  }
  if (floats->size() != values.size()) return Unexpected("timestamps", "as long as values");
  return absl::OkStatus();
}

}  // namespace

void AppendSampleJson(const SeriesSamples& samples, std::string* out) {
  *out += "{\"metric\":{";
  bool first = true;
  for (const storage::LabelView& label : samples.labels) {
    if (!first) out->push_back(',');
    first = false;
    StrAppend(out, JsonQuote(label.name), ":", JsonQuote(label.value));
  }
  out->push_back('}');
  if (!samples.floats.empty()) {
    AppendList("values", samples.floats, out,
               [&](const storage::Sample& sample) { AppendValue(sample.value, out); });
    AppendList("timestamps", samples.floats, out,
               [&](const storage::Sample& sample) { StrAppend(out, sample.timestamp_ms); });
  }
  if (!samples.histograms.empty()) {
    AppendList("histograms", samples.histograms, out,
               [&](const storage::HistogramSample& sample) { AppendHistogram(sample, out); });
  }
  *out += "}\n";
}

absl::Status ParseSampleJson(std::string_view line, SeriesSamples* samples) {
  samples->Clear();
  simdjson::dom::parser parser;
  const simdjson::padded_string text(line);
  object fields;
  if (const auto error = parser.parse(text).get(fields); error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(simdjson::error_message(error));
  }
  VARVE_RETURN_IF_ERROR(ReadLabels(fields, &samples->labels));
  VARVE_RETURN_IF_ERROR(ReadFloats(fields, &samples->floats));
  array histograms;
  if (fields["histograms"].get(histograms) != simdjson::SUCCESS) return absl::OkStatus();
  for (const element item : histograms) {
    VARVE_RETURN_IF_ERROR(ReadHistogram(item, &samples->histograms.emplace_back()));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> JsonLinesSource::Next(SeriesSamples* samples) {
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
    if (!more) return false;
    if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
    const absl::Status status = ParseSampleJson(line_, samples);
    if (status.ok()) return true;
    return absl::InvalidArgumentError(StrCat("cannot read line ", lines_->line_number(), " of ",
                                             lines_->name(), ": ",
                                             storage::ToStd(status.message())));
  }
}

}  // namespace varve::tools

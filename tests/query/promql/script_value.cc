#include "tests/query/promql/script_value.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "query/engine/histogram_sum.h"
#include "query/engine/histogram_text.h"
#include "query/engine/number_format.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tests {
namespace {

using query::OpenHistogram;
using storage::CounterResetHint;
using storage::Histogram;

absl::Status Bad(std::string_view what, std::string_view text) {
  return absl::InvalidArgumentError(storage::StrCat("cannot read ", what, ": ", text));
}

bool ParseNumber(std::string_view text, double* number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return query::ParseFloat(text, number);
}

absl::StatusOr<std::vector<double>> ParseList(std::string_view text) {
  std::vector<double> numbers;
  re2::StringPiece rest(text.data() + 1, text.size() - 2);
  std::string word;
  static const re2::RE2 kWord("[\\s,]*([^\\s,]+)");
  while (re2::RE2::Consume(&rest, kWord, &word)) {
    double number = 0;
    if (!ParseNumber(word, &number)) return Bad("bucket", word);
    numbers.push_back(number);
  }
  return numbers;
}

absl::Status ParseHint(std::string_view text, CounterResetHint* hint) {
  if (text == "unknown") {
    *hint = CounterResetHint::kUnknown;
  } else if (text == "reset") {
    *hint = CounterResetHint::kReset;
  } else if (text == "not_reset") {
    *hint = CounterResetHint::kNotReset;
  } else if (text == "gauge") {
    *hint = CounterResetHint::kGauge;
  } else {
    return Bad("counter reset hint", text);
  }
  return absl::OkStatus();
}

// What stands between the braces.
absl::StatusOr<ScriptValue> ParseHistogram(std::string_view text) {
  ScriptValue value;
  Histogram histogram;
  histogram.is_float = true;
  int32_t offset = 0;
  int32_t negative_offset = 0;
  static const re2::RE2 kField("\\s*(\\w+):\\s*(\\[[^\\]]*\\]|[^\\s\\[\\]]+)");
  re2::StringPiece rest(text.data(), text.size());
  std::string key, field;
  while (re2::RE2::Consume(&rest, kField, &key, &field)) {
    if (field[0] == '[') {
      VARVE_ASSIGN_OR_RETURN(std::vector<double> list, ParseList(field));
      if (key == "buckets") {
        histogram.positive_counts = std::move(list);
      } else if (key == "n_buckets") {
        histogram.negative_counts = std::move(list);
      } else if (key == "custom_values") {
        histogram.custom_values = std::move(list);
      } else {
        return Bad("list of a histogram", key);
      }
      continue;
    }
    if (key == "counter_reset_hint") {
      VARVE_RETURN_IF_ERROR(ParseHint(field, &histogram.reset_hint));
      value.has_hint = true;
      continue;
    }
    double number = 0;
    if (!ParseNumber(field, &number)) return Bad("number of a histogram", field);
    if (key == "schema") {
      histogram.schema = static_cast<int32_t>(number);
    } else if (key == "sum") {
      histogram.sum = number;
    } else if (key == "count") {
      histogram.count = number;
    } else if (key == "z_bucket") {
      histogram.zero_count = number;
    } else if (key == "z_bucket_w") {
      histogram.zero_threshold = number;
    } else if (key == "offset") {
      offset = static_cast<int32_t>(number);
    } else if (key == "n_offset") {
      negative_offset = static_cast<int32_t>(number);
    } else {
      return Bad("field of a histogram", key);
    }
  }
  if (!re2::RE2::FullMatch(rest, "\\s*")) return Bad("histogram", text);
  const auto spans = [](int32_t first, const std::vector<double>& counts) {
    std::vector<storage::HistogramSpan> found;
    if (!counts.empty()) found.push_back({first, static_cast<uint32_t>(counts.size())});
    return found;
  };
  histogram.positive_spans = spans(offset, histogram.positive_counts);
  histogram.negative_spans = spans(negative_offset, histogram.negative_counts);
  value.histogram = std::make_shared<const Histogram>(std::move(histogram));
  return value;
}

bool CloseColumns(const query::BucketColumn& want, const query::BucketColumn& found) {
  return want.indices == found.indices &&
         std::equal(want.counts.begin(), want.counts.end(), found.counts.begin(),
                    [](double a, double b) { return Close(a, b); });
}

}  // namespace

absl::Status TakeHistograms(std::string_view* text, ScriptPoints* points) {
  static const re2::RE2 kSequence("\\{\\{(.*?)\\}\\}(?:([+-])\\{\\{(.*?)\\}\\})?(?:x(\\d+))?");
  re2::StringPiece rest(text->data(), text->size());
  std::string first_text, sign, step_text, times_text;
  if (!re2::RE2::Consume(&rest, kSequence, &first_text, &sign, &step_text, &times_text)) {
    return Bad("histogram", *text);
  }
  *text = std::string_view(rest.data(), rest.size());
  VARVE_ASSIGN_OR_RETURN(ScriptValue value, ParseHistogram(first_text));
  VARVE_ASSIGN_OR_RETURN(const ScriptValue step, ParseHistogram(step_text));
  const size_t times = times_text.empty() ? 0 : std::stoul(times_text);
  query::HistogramSum sum(*value.histogram, false);
  for (size_t i = 0; i <= times; ++i) {
    if (i > 0 && !sign.empty()) {
      if (sum.Add(*step.histogram, sign == "-" ? -1 : 1).incompatible) {
        return Bad("sequence of histograms", step_text);
      }
      value.histogram = std::make_shared<const Histogram>(sum.Value());
    }
    points->push_back(value);
  }
  return absl::OkStatus();
}

bool Close(double want, double found) {
  if (std::isnan(want) || std::isnan(found)) return std::isnan(want) && std::isnan(found);
  if (want == found) return true;
  if (std::isinf(want) || std::isinf(found)) return false;
  if (want == 0 || found == 0) return std::abs(want - found) < 1e-300;
  return std::abs(want - found) / std::min(std::abs(want) + std::abs(found), 1.7e308) < 1e-6;
}

bool Close(const ScriptValue& want, double number, const storage::HistogramPtr& histogram) {
  if ((want.histogram == nullptr) != (histogram == nullptr)) return false;
  if (histogram == nullptr) return Close(want.number, number);
  OpenHistogram a(*want.histogram);
  OpenHistogram b(*histogram);
  a.DropEmptyBuckets();
  b.DropEmptyBuckets();
  if (want.has_hint && a.reset_hint != b.reset_hint) return false;
  return a.schema == b.schema && Close(a.count, b.count) && Close(a.sum, b.sum) &&
         Close(a.zero_count, b.zero_count) && Close(a.zero_threshold, b.zero_threshold) &&
         a.custom_values == b.custom_values && CloseColumns(a.positive, b.positive) &&
         CloseColumns(a.negative, b.negative);
}

std::string ValueText(double number, const storage::HistogramPtr& histogram) {
  if (histogram == nullptr) return query::FormatFloat(number);
  return storage::StrCat("schema ", histogram->schema, " hint ",
                         static_cast<int>(histogram->reset_hint), " ",
                         query::HistogramText(*histogram));
}

}  // namespace varve::tests

#include "ingest/prometheus_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ingest/compression.h"
#include "ingest/float_text.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::MetricMetadata;
using storage::Quote;
using storage::StrCat;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsNameCharacter(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (!first && c >= '0' && c <= '9');
}

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(storage::ToAbsl(what));
}

// Reads the parts of one line from its front.
class LineReader {
 public:
  LineReader(std::string_view line, std::deque<std::string>* unescaped)
      : rest_(line), unescaped_(unescaped) {}

  void SkipBlanks() {
    while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
  }
  bool AtEnd() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool At(char c) const { return !rest_.empty() && rest_.front() == c; }
  std::string_view rest() const { return rest_; }

  // A name of letters, digits, `_` and `:`; empty where none stands here.
  std::string_view Name() {
    size_t size = 0;
    while (size < rest_.size() && IsNameCharacter(rest_[size], size == 0)) ++size;
    return Cut(size);
  }
  // What stands before the next blank.
  std::string_view Word() {
    size_t size = 0;
    while (size < rest_.size() && !IsBlank(rest_[size])) ++size;
    return Cut(size);
  }
  // A text in quotes, its escapes resolved.
  absl::Status Quoted(std::string_view* text) {
    if (!Take('"')) return Wrong("want a text in quotes");
    size_t end = 0;
    bool escaped = false;
    while (end < rest_.size() && rest_[end] != '"') {
      escaped = escaped || rest_[end] == '\\';
      end += rest_[end] == '\\' ? 2 : 1;
    }
    if (end >= rest_.size()) return Wrong("a text in quotes does not end");
    *text = Cut(end);
    rest_.remove_prefix(1);
    if (escaped) *text = Unescape(*text);
    return absl::OkStatus();
  }
  // `\n`, `\\` and `\"`; other escapes stand for themselves.
  std::string_view Unescape(std::string_view text) {
    if (text.find('\\') == std::string_view::npos) return text;
    std::string& plain = unescaped_->emplace_back();
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        const char next = text[i + 1];
        if (next == 'n' || next == '\\' || next == '"') {
          plain.push_back(next == 'n' ? '\n' : next);
          ++i;
          continue;
        }
      }
      plain.push_back(text[i]);
    }
    return plain;
  }

 private:
  std::string_view Cut(size_t size) {
    const std::string_view cut = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return cut;
  }

  std::string_view rest_;
  std::deque<std::string>* unescaped_;
};

class Decoder {
 public:
  Decoder(const PrometheusTextOptions& options, PrometheusTextRequest* request)
      : options_(options), request_(request) {}

  absl::Status Decode(std::string_view text) {
    for (uint64_t number = 1; !text.empty() && !request_->ended; ++number) {
      const size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      const absl::Status status = DecodeLine(line);
      if (request_->batch.series.size() > kPrometheusTextSamplesMax) {
        return Wrong(
            StrCat("cannot parse text: more than ", kPrometheusTextSamplesMax, " samples"));
      }
      if (request_->arena.bytes() > kPrometheusTextLabelBytesMax) {
        return Wrong(StrCat("cannot parse text: more than ", kPrometheusTextLabelBytesMax,
                            " bytes of labels"));
      }
      if (status.ok()) continue;
      ++request_->rejected;
      if (request_->rejections.size() < storage::kRejectionsMax) {
        request_->rejections.push_back(
            {storage::RejectReason::kInvalidLabels,
             StrCat("cannot parse line ", number, ": ", storage::ToStd(status.message()))});
      }
    }
    CloseFamily();
    return absl::OkStatus();
  }

 private:
  absl::Status DecodeLine(std::string_view line) {
    LineReader reader(line, &request_->unescaped);
    reader.SkipBlanks();
    if (reader.AtEnd()) return absl::OkStatus();
    if (reader.Take('#')) return DecodeComment(&reader);
    return DecodeSample(&reader);
  }

  absl::Status DecodeComment(LineReader* reader) {
    reader->SkipBlanks();
    const std::string_view word = reader->Word();
    if (options_.open_metrics && word == "EOF" && reader->AtEnd()) {
      request_->ended = true;
      return absl::OkStatus();
    }
    if (word != "HELP" && word != "TYPE" && word != "UNIT") return absl::OkStatus();
    reader->SkipBlanks();
    std::string_view family = reader->Name();
    if (family.empty() && reader->At('"')) VARVE_RETURN_IF_ERROR(reader->Quoted(&family));
    if (family.empty()) return Wrong("want the name of a metric");
    reader->SkipBlanks();
    if (family_.family != family) CloseFamily();
    family_.family = family;
    if (word == "HELP") family_.help = reader->Unescape(reader->rest());
    if (word == "UNIT") family_.unit = reader->rest();
    if (word == "TYPE") {
      const std::string_view type = reader->Word();
      family_.type = type == "untyped" ? "unknown" : type;
      constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram", "gaugehistogram",
                                             "summary", "info",  "stateset",  "unknown"};
      if (std::find(std::begin(kTypes), std::end(kTypes), family_.type) == std::end(kTypes)) {
        family_.type = "";
        return Wrong(StrCat("invalid metric type ", Quote(type)));
      }
    }
    return absl::OkStatus();
  }

  void CloseFamily() {
    if (!family_.family.empty()) {
      if (family_.type.empty()) family_.type = "unknown";
      request_->metadata.push_back(family_);
    }
    family_ = {};
  }

  // `name="value",...}`; the opening brace has been read. A text in quotes without a value is the
  // name of the metric.
  absl::Status DecodeLabels(LineReader* reader, std::string_view* metric, LabelPairs* pairs) {
    while (true) {
      reader->SkipBlanks();
      if (reader->Take('}')) return absl::OkStatus();
      std::string_view name = reader->Name();
      const bool quoted = name.empty();
      if (quoted) VARVE_RETURN_IF_ERROR(reader->Quoted(&name));
      reader->SkipBlanks();
      if (reader->Take('=')) {
        reader->SkipBlanks();
        std::string_view value;
        VARVE_RETURN_IF_ERROR(reader->Quoted(&value));
        pairs->emplace_back(name, value);
      } else if (quoted && metric != nullptr && metric->empty()) {
        *metric = name;
      } else {
        return Wrong(StrCat("want = behind label ", Quote(name)));
      }
      reader->SkipBlanks();
      if (!reader->Take(',') && !reader->At('}')) return Wrong("want , or } behind a label");
    }
  }

  bool ParseTimestamp(std::string_view text, int64_t* timestamp_ms) const {
    if (!options_.open_metrics) {
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *timestamp_ms);
      return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    }
    double seconds = 0;
    if (!ParseFloatText(text, &seconds) || !(std::abs(seconds) < 9.2e15)) return false;
    *timestamp_ms = static_cast<int64_t>(std::round(seconds * 1000));
    return true;
  }

  absl::Status DecodeSample(LineReader* reader) {
    std::string_view metric = reader->Name();
    pairs_.clear();
    reader->SkipBlanks();
    if (reader->Take('{')) VARVE_RETURN_IF_ERROR(DecodeLabels(reader, &metric, &pairs_));
    if (metric.empty()) return Wrong("want the name of a metric");
    reader->SkipBlanks();
    storage::Sample sample;
    const std::string_view value = reader->Word();
    if (!ParseFloatText(value, &sample.value)) return Wrong(StrCat("invalid value ", Quote(value)));
    reader->SkipBlanks();
    sample.timestamp_ms = options_.timestamp_ms;
    if (!reader->AtEnd() && !reader->At('#')) {
      const std::string_view timestamp = reader->Word();
      if (!ParseTimestamp(timestamp, &sample.timestamp_ms)) {
        return Wrong(StrCat("invalid timestamp ", Quote(timestamp)));
      }
      reader->SkipBlanks();
    }
    storage::MetricBatch& batch = request_->batch;
    storage::SeriesWrite write;
    write.begin = static_cast<uint32_t>(batch.samples.size());
    write.histograms_begin = write.histograms_end = static_cast<uint32_t>(batch.histograms.size());
    write.exemplars_begin = static_cast<uint32_t>(batch.exemplars.size());
    if (reader->At('#')) {
      if (!options_.open_metrics) return Wrong("an exemplar is OpenMetrics");
      reader->Take('#');
      VARVE_RETURN_IF_ERROR(DecodeExemplar(reader, sample.timestamp_ms));
    } else if (!reader->AtEnd()) {
      return Wrong(StrCat("unexpected ", Quote(reader->rest())));
    }
    batch.samples.push_back(sample);
    write.end = write.begin + 1;
    write.exemplars_end = static_cast<uint32_t>(batch.exemplars.size());
    write.raw_labels = RawLabels(metric);
    batch.series.push_back(write);
    return absl::OkStatus();
  }

  // `{trace_id="abc"} 0.5 1600000000.5`; the `#` has been read.
  absl::Status DecodeExemplar(LineReader* reader, int64_t timestamp_ms) {
    reader->SkipBlanks();
    if (!reader->Take('{')) return Wrong("want { behind #");
    exemplar_pairs_.clear();
    VARVE_RETURN_IF_ERROR(DecodeLabels(reader, nullptr, &exemplar_pairs_));
    reader->SkipBlanks();
    storage::Exemplar exemplar;
    const std::string_view value = reader->Word();
    if (!ParseFloatText(value, &exemplar.value)) {
      return Wrong(StrCat("invalid value ", Quote(value), " of an exemplar"));
    }
    reader->SkipBlanks();
    exemplar.timestamp_ms = timestamp_ms;
    const std::string_view timestamp = reader->Word();
    if (!timestamp.empty() && !ParseTimestamp(timestamp, &exemplar.timestamp_ms)) {
      return Wrong(StrCat("invalid timestamp ", Quote(timestamp), " of an exemplar"));
    }
    reader->SkipBlanks();
    if (!reader->AtEnd()) return Wrong(StrCat("unexpected ", Quote(reader->rest())));
    if (CheckExemplarLabels(exemplar_pairs_, &exemplar.labels).ok()) {
      request_->batch.exemplars.push_back(std::move(exemplar));
    } else {
      ++request_->exemplars_dropped;
    }
    return absl::OkStatus();
  }

  // The block of the current labels, sorted, so that a series is one whatever the order of its
  // labels.
  std::string_view RawLabels(std::string_view metric) {
    for (const auto& extra : options_.extra_labels) {
      std::erase_if(pairs_, [&](const auto& pair) { return pair.first == extra.first; });
      pairs_.push_back(extra);
    }
    pairs_.emplace_back(storage::kMetricNameLabel, metric);
    std::sort(pairs_.begin(), pairs_.end());
    return request_->arena.Add(pairs_);
  }

  const PrometheusTextOptions& options_;
  PrometheusTextRequest* request_;
  MetricMetadata family_;  // what the comments of the current family say
  LabelPairs pairs_;
  LabelPairs exemplar_pairs_;
};

}  // namespace

bool IsOpenMetrics(std::string_view content_type) {
  constexpr std::string_view kOpenMetrics = "application/openmetrics-text";
  return content_type.substr(0, kOpenMetrics.size()) == kOpenMetrics;
}

absl::Status DecodePrometheusText(const PrometheusTextOptions& options,
                                  std::string_view content_encoding, std::string_view body,
                                  PrometheusTextRequest* request) {
  *request = PrometheusTextRequest{};
  request->batch.parse = ParseRemoteWriteLabels;
  std::string_view text;
  VARVE_RETURN_IF_ERROR(
      Decompress(content_encoding, body, kPrometheusTextBytesMax, &request->buffer, &text));
  return Decoder(options, request).Decode(text);
}

}  // namespace varve::ingest

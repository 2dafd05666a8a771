#include "server/federation_format.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "query/engine/number_format.h"
#include "server/http/http_message.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

bool IsNameStart(char c, bool colon) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
}

bool IsPlainName(std::string_view name, bool colon) {
  return !name.empty() && IsNameStart(name[0], colon) &&
         std::all_of(name.begin(), name.end(),
                     [colon](char c) { return IsNameStart(c, colon) || (c >= '0' && c <= '9'); });
}

// One `_` for each character that may not stand in a name.
std::string Underscored(std::string_view name, bool colon) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool digit = c >= '0' && c <= '9';
    if (IsNameStart(c, colon) || (digit && i > 0)) {
      plain.push_back(c);
    } else if ((static_cast<uint8_t>(c) & 0xc0) != 0x80) {
      plain.push_back('_');
    }
  }
  return plain;
}

void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    if (c == '\n') {
      out->append("\\n");
    } else {
      if (c == '\\' || c == '"') out->push_back('\\');
      out->push_back(c);
    }
  }
}

// A value of a parameter of a media type, `; q=0.5`; empty where it is absent.
std::string_view ParameterOf(std::string_view media_range, std::string_view name) {
  size_t at = media_range.find(';');
  while (at != std::string_view::npos) {
    media_range.remove_prefix(at + 1);
    at = media_range.find(';');
    const std::string_view parameter = TrimBlanks(media_range.substr(0, at));
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (EqualsIgnoreCase(TrimBlanks(parameter.substr(0, equals)), name)) {
      return TrimBlanks(parameter.substr(equals + 1));
    }
  }
  return {};
}

double QualityOf(std::string_view media_range) {
  const std::string_view text = ParameterOf(media_range, "q");
  double quality = 1;
  if (!text.empty() && !query::ParseFloat(text, &quality)) return 0;
  return quality;
}

// The format a media range of an Accept header asks for, where it is one of ours.
std::optional<FederationFormat::Kind> KindOf(std::string_view range) {
  const std::string_view type = TrimBlanks(range.substr(0, range.find(';')));
  const std::string_view version = ParameterOf(range, "version");
  if (EqualsIgnoreCase(type, "application/vnd.google.protobuf") &&
      ParameterOf(range, "proto") == "io.prometheus.client.MetricFamily" &&
      ParameterOf(range, "encoding") == "delimited") {
    return FederationFormat::Kind::kProtobuf;
  }
  if (EqualsIgnoreCase(type, "application/openmetrics-text") &&
      (version.empty() || version == "1.0.0")) {
    return FederationFormat::Kind::kOpenMetrics;
  }
  const bool text = EqualsIgnoreCase(type, "text/plain") &&
                    (version.empty() || version == "0.0.4" || version == "1.0.0");
  if (text || type == "*/*" || EqualsIgnoreCase(type, "text/*")) {
    return FederationFormat::Kind::kText;
  }
  return std::nullopt;
}

}  // namespace

std::string FederationFormat::ContentType() const {
  std::string_view type = "text/plain; version=0.0.4; charset=utf-8";
  if (kind == Kind::kOpenMetrics) {
    type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  }
  if (kind == Kind::kProtobuf) {
    type =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
        "encoding=delimited";
  }
  return storage::StrCat(type, "; escaping=", allow_utf8 ? "allow-utf-8" : "underscores");
}

FederationFormat NegotiateFederation(std::string_view accept) {
  FederationFormat format;
  double best = 0;
  while (!accept.empty()) {
    const size_t comma = std::min(accept.find(','), accept.size());
    const std::string_view range = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    const std::optional<FederationFormat::Kind> kind = KindOf(range);
    const double quality = QualityOf(range);
    if (!kind || !(quality > best)) continue;
    best = quality;
    format.kind = *kind;
    format.allow_utf8 = EqualsIgnoreCase(ParameterOf(range, "escaping"), "allow-utf-8");
  }
  // Names in protobuf need no quotes.
  format.allow_utf8 = format.allow_utf8 || format.kind == FederationFormat::Kind::kProtobuf;
  return format;
}

void FederationWriter::Name(std::string_view name, bool is_metric) {
  if (IsPlainName(name, is_metric)) {
    out_->append(name);
  } else if (format_.allow_utf8) {
    out_->push_back('"');
    AppendEscaped(name, out_);
    out_->push_back('"');
  } else {
    out_->append(Underscored(name, is_metric));
  }
}

void FederationWriter::Label(std::string_view name, std::string_view value, bool* first) {
  out_->push_back(*first ? '{' : ',');
  *first = false;
  Name(name, false);
  out_->append("=\"");
  AppendEscaped(value, out_);
  out_->push_back('"');
}

void FederationWriter::Labels(storage::LabelSetView labels, std::string_view metric_name) {
  bool first = true;
  if (format_.allow_utf8 && !IsPlainName(metric_name, true)) {
    out_->push_back('{');
    Name(metric_name, true);
    first = false;
  } else {
    Name(metric_name, true);
  }
  bool has_instance = false;
  for (const storage::LabelView label : labels) {
    if (label.name == storage::kMetricNameLabel) continue;
    has_instance = has_instance || label.name == "instance";
    Label(label.name, label.value, &first);
  }
  if (!has_instance) Label("instance", "", &first);
  out_->push_back('}');
}

void FederationWriter::Sample(storage::LabelSetView labels, int64_t timestamp_ms, double value) {
  const std::string_view metric_name = labels.metric_name();
  if (!any_ || family_ != metric_name) {
    any_ = true;
    family_ = metric_name;
    out_->append("# TYPE ");
    Name(metric_name, true);
    out_->append(open_metrics_ ? " unknown\n" : " untyped\n");
  }
  Labels(labels, metric_name);
  out_->push_back(' ');
  const size_t begin = out_->size();
  query::AppendGeneralFloat(value, out_);
  // OpenMetrics writes floats as floats.
  if (open_metrics_ && std::isfinite(value) &&
      out_->find_first_of(".e", begin) == std::string::npos) {
    out_->append(".0");
  }
  out_->push_back(' ');
  if (open_metrics_) {
    query::AppendTimestampSeconds(timestamp_ms, true, out_);
  } else {
    out_->append(std::to_string(timestamp_ms));
  }
  out_->push_back('\n');
}

void FederationWriter::End() {
  if (open_metrics_) out_->append("# EOF\n");
}

}  // namespace varve::server

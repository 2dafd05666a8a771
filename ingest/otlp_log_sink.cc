#include "ingest/otlp_log_sink.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "ingest/log_level.h"
#include "ingest/otlp_logs.h"
#include "storage/model/text.h"

namespace varve::ingest {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The severity numbers of the specification: four to a level.
std::string_view LevelOfSeverity(int64_t number) {
  constexpr std::array<std::string_view, 6> kLevels = {"trace", "debug", "info",
                                                       "warn",  "error", "fatal"};
  if (number < 1 || number > 24) return {};
  return kLevels[static_cast<size_t>((number - 1) / 4)];
}

bool NamesStream(std::string_view attribute) {
  return std::find(kOtlpStreamAttributes.begin(), kOtlpStreamAttributes.end(), attribute) !=
         kOtlpStreamAttributes.end();
}

}  // namespace

std::string_view OtlpLogSink::LabelName(std::string_view attribute) {
  const bool is_name = !attribute.empty() && !IsDigit(attribute.front()) &&
                       std::all_of(attribute.begin(), attribute.end(), IsNameByte);
  if (is_name) return attribute;
  std::string name = attribute.empty() || IsDigit(attribute.front()) ? "key_" : "";
  for (const char c : attribute) name.push_back(IsNameByte(c) ? c : '_');
  return Keep(std::move(name));
}

void OtlpLogSink::AddMetadata(const OtlpAttributes& attributes, LogBatchBuilder::Pairs* metadata) {
  for (const auto& [name, value] : attributes) metadata->emplace_back(LabelName(name), value);
}

void OtlpLogSink::BeginResource(const OtlpAttributes& attributes) {
  LogBatchBuilder::Pairs labels;
  resource_.clear();
  scope_.clear();
  for (const auto& [name, value] : attributes) {
    (NamesStream(name) ? labels : resource_).emplace_back(LabelName(name), value);
  }
  // A stream needs a label; discovery may not be there to add one.
  if (labels.empty()) labels.emplace_back(kServiceNameLabel, kUnknownService);
  builder_.BeginStream(std::move(labels));
}

void OtlpLogSink::BeginScope(const OtlpScope& scope) {
  scope_.clear();
  if (!scope.name.empty()) scope_.emplace_back("scope_name", scope.name);
  if (!scope.version.empty()) scope_.emplace_back("scope_version", scope.version);
  AddMetadata(scope.attributes, &scope_);
}

void OtlpLogSink::Add(const OtlpLogRecord& record) {
  LogBatchBuilder::Pairs metadata = resource_;
  metadata.insert(metadata.end(), scope_.begin(), scope_.end());
  AddMetadata(record.attributes, &metadata);
  if (record.observed_time_ns != 0) {
    metadata.emplace_back("observed_timestamp", Keep(std::to_string(record.observed_time_ns)));
  }
  if (record.severity_number != 0) {
    metadata.emplace_back("severity_number", Keep(std::to_string(record.severity_number)));
  }
  if (!record.severity_text.empty()) metadata.emplace_back("severity_text", record.severity_text);
  if (record.flags != 0) metadata.emplace_back("flags", Keep(std::to_string(record.flags)));
  if (!record.trace_id.empty()) metadata.emplace_back("trace_id", record.trace_id);
  if (!record.span_id.empty()) metadata.emplace_back("span_id", record.span_id);
  if (const std::string_view level = LevelOfSeverity(record.severity_number);
      options_.discover_level && !level.empty()) {
    metadata.emplace_back(kDetectedLevelLabel, level);
  }
  const int64_t time_ns = record.time_ns != 0            ? record.time_ns
                          : record.observed_time_ns != 0 ? record.observed_time_ns
                                                         : now_ns_;
  builder_.AddEntry(time_ns, record.body, std::move(metadata));
}

std::string NestedAttributeName(std::string_view prefix, std::string_view name) {
  std::string nested(prefix);
  if (!nested.empty()) nested.push_back('_');
  nested.append(name);
  return nested;
}

std::string OtlpNumberText(double value) {
  if (std::isnan(value)) return "json: unsupported value: NaN";
  if (std::isinf(value))
    return storage::StrCat("json: unsupported value: ", value > 0 ? "+" : "-", "Inf");
  char text[32];
  const auto [end, error] =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
  // [-]d[.ddd]e[+-]dd, the fewest digits that give the value back.
  std::string_view rest(text, static_cast<size_t>(end - text));
  std::string result;
  if (rest.starts_with('-')) result = "-";
  rest.remove_prefix(result.size());
  const size_t e = rest.find('e');
  std::string digits(rest.substr(0, 1));
  if (e > 1) digits.append(rest.substr(2, e - 2));
  const bool negative = rest[e + 1] == '-';
  int exponent = 0;
  std::from_chars(rest.data() + e + 2, rest.data() + rest.size(), exponent);
  if (negative) exponent = -exponent;
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-6 || size >= 1e21)) {
    result += storage::StrCat(rest.substr(0, e), negative ? "e-" : "e+", std::abs(exponent));
    return result;
  }
  // Plainly, with zeros where there are no digits.
  if (exponent < 0) {
    result += "0.";
    result.append(static_cast<size_t>(-exponent - 1), '0');
    return result + digits;
  }
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  result.append(digits, 0, whole);
  if (digits.size() > whole) result.append(".").append(digits, whole);
  return result;
}

std::string HexText(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string Base64Text(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      text.push_back(j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return text;
}

void AppendOtlpJsonString(std::string_view text, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (byte < 0x20) {
      out->append("\\u00");
      out->push_back(kDigits[byte >> 4]);
      out->push_back(kDigits[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

}  // namespace varve::ingest

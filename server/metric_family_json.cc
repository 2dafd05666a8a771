#include "server/metric_family_json.h"

#include <cmath>
#include <cstdlib>
#include <string>

namespace varve::server {
namespace {

constexpr std::string_view kBoundLabel = "le";

void WriteNumber(double value, JsonWriter* json) {
  if (std::isfinite(value)) return json->Double(value);
  json->String(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

void WriteCount(double value, JsonWriter* json) {
  json->String(std::to_string(static_cast<uint64_t>(value)));
}

// [{"name": .., "value": ..}], without the bound of a bucket.
void WriteLabels(const MetricLabels& labels, JsonWriter* json) {
  json->Key("label");
  json->BeginArray();
  for (const auto& [name, value] : labels) {
    if (name == kBoundLabel) continue;
    json->BeginObject();
    json->Key("name");
    json->String(name);
    json->Key("value");
    json->String(value);
    json->EndObject();
  }
  json->EndArray();
}

void WriteBucket(const MetricSample& sample, JsonWriter* json) {
  json->BeginObject();
  json->Key("cumulativeCount");
  WriteCount(sample.value, json);
  json->Key("upperBound");
  WriteNumber(std::strtod(sample.labels.back().second.c_str(), nullptr), json);
  json->EndObject();
}

// A histogram's samples: its buckets, its sum and its count, in this order.
size_t WriteHistogram(const std::vector<MetricSample>& samples, size_t at, JsonWriter* json) {
  json->BeginObject();
  WriteLabels(samples[at].labels, json);
  json->Key("histogram");
  json->BeginObject();
  const size_t buckets = at;
  while (at < samples.size() && samples[at].suffix == "_bucket") ++at;
  const size_t buckets_end = at;
  for (; at < samples.size() && samples[at].suffix != "_bucket"; ++at) {
    if (samples[at].suffix == "_count") {
      json->Key("sampleCount");
      WriteCount(samples[at].value, json);
    } else {
      json->Key("sampleSum");
      WriteNumber(samples[at].value, json);
    }
  }
  json->Key("bucket");
  json->BeginArray();
  for (size_t i = buckets; i < buckets_end; ++i) WriteBucket(samples[i], json);
  json->EndArray();
  json->EndObject();
  json->EndObject();
  return at;
}

}  // namespace

void WriteMetricFamily(const MetricFamily& family, JsonWriter* json) {
  std::string type = family.type;
  for (char& c : type) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  json->BeginObject();
  json->Key("name");
  json->String(family.name);
  json->Key("help");
  json->String(family.help);
  json->Key("type");
  json->String(type);
  json->Key("metric");
  json->BeginArray();
  for (size_t i = 0; i < family.samples.size();) {
    if (family.type == "histogram") {
      i = WriteHistogram(family.samples, i, json);
      continue;
    }
    json->BeginObject();
    WriteLabels(family.samples[i].labels, json);
    json->Key(family.type);  // "counter" or "gauge", as the message names its fields
    json->BeginObject();
    json->Key("value");
    WriteNumber(family.samples[i].value, json);
    json->EndObject();
    json->EndObject();
    ++i;
  }
  json->EndArray();
  json->EndObject();
}

}  // namespace varve::server

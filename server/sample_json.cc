#include "server/sample_json.h"

#include <array>
#include <cstring>

#include "query/engine/histogram_buckets.h"
#include "query/engine/number_format.h"

namespace varve::server {
namespace {

void AppendQuotedFloat(double value, std::string* out) {
  out->push_back('"');
  query::AppendJsonFloat(value, out);
  out->push_back('"');
}

// {"count":"3","sum":"1.5","buckets":[[rule,"lower","upper","count"],...]} without empty buckets.
// The rule says which bounds are in the bucket: 0 the upper one, 1 the lower one, 2 none, 3 both.
void AppendHistogram(const storage::Histogram& histogram, std::string* out) {
  *out += "{\"count\":";
  AppendQuotedFloat(histogram.count, out);
  *out += ",\"sum\":";
  AppendQuotedFloat(histogram.sum, out);
  std::vector<query::BoundedBucket> buckets;
  query::AppendBuckets(histogram, &buckets);
  bool any = false;
  for (const query::BoundedBucket& bucket : buckets) {
    if (bucket.count == 0) continue;
    *out += any ? ",[" : ",\"buckets\":[[";
    any = true;
    const int rule = bucket.lower_inclusive ? (bucket.upper_inclusive ? 3 : 1)
                                            : (bucket.upper_inclusive ? 0 : 2);
    out->push_back(static_cast<char>('0' + rule));
    for (const double number : {bucket.lower, bucket.upper, bucket.count}) {
      out->push_back(',');
      AppendQuotedFloat(number, out);
    }
    out->push_back(']');
  }
  *out += any ? "]}" : "}";
}

}  // namespace

void AppendSample(const storage::Sample& sample, std::string* out) {
  out->push_back('[');
  query::AppendTimestampSeconds(sample.timestamp_ms, false, out);
  *out += ",\"";
  query::AppendJsonFloat(sample.value, out);
  *out += "\"]";
}

void AppendHistogramSample(int64_t timestamp_ms, const storage::Histogram& histogram,
                           std::string* out) {
  out->push_back('[');
  query::AppendTimestampSeconds(timestamp_ms, false, out);
  out->push_back(',');
  AppendHistogram(histogram, out);
  out->push_back(']');
}

SampleTimes::Text& SampleTimes::Format(size_t place, int64_t time_ms) {
  if (place >= texts_.size()) texts_.resize(place + 1);
  Text& text = texts_[place];
  buffer_.assign("[");
  query::AppendTimestampSeconds(time_ms, false, &buffer_);
  buffer_ += ",\"";
  // The longest, of the smallest integer, takes 24 bytes.
  text.time_ms = time_ms;
  text.length = buffer_.copy(text.bytes, kTextBytes);
  return text;
}

void SampleTimes::AppendSamples(std::span<const storage::Sample> samples, std::string* out) {
  // Samples are gathered here and appended many at once. Both writes into it are of fixed length,
  // however long the texts are.
  constexpr size_t kSampleRoom = kTextBytes + query::kJsonFloatRoom + 4;
  std::array<char, 4096> chunk;
  char* const chunk_last = chunk.data() + chunk.size() - kSampleRoom;
  char* at = chunk.data();
  *at++ = '[';
  for (size_t i = 0; i < samples.size(); ++i) {
    if (at > chunk_last) {
      out->append(chunk.data(), at);
      at = chunk.data();
    }
    const storage::Sample& sample = samples[i];
    const bool known =
        i < texts_.size() && texts_[i].length > 0 && texts_[i].time_ms == sample.timestamp_ms;
    const Text& text = known ? texts_[i] : Format(i, sample.timestamp_ms);
    std::memcpy(at, text.bytes, kTextBytes);
    at = query::WriteJsonFloat(sample.value, at + text.length);
    std::memcpy(at, "\"],", 4);
    at += 3;
  }
  if (!samples.empty()) --at;  // the last comma
  *at++ = ']';
  out->append(chunk.data(), at);
}

}  // namespace varve::server

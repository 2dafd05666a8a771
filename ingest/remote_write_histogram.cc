#include "ingest/remote_write_histogram.h"

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "ingest/protobuf_reader.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::CounterResetHint;
using storage::Histogram;
using storage::HistogramSpan;

// Field numbers of prometheus.Histogram and of io.prometheus.write.v2.Histogram.
enum HistogramField : uint32_t {
  kCountInt = 1,
  kCountFloat = 2,
  kSum = 3,
  kSchema = 4,
  kZeroThreshold = 5,
  kZeroCountInt = 6,
  kZeroCountFloat = 7,
  kNegativeSpans = 8,
  kNegativeDeltas = 9,
  kNegativeCounts = 10,
  kPositiveSpans = 11,
  kPositiveDeltas = 12,
  kPositiveCounts = 13,
  kResetHint = 14,
  kTimestamp = 15,
  kCustomValues = 16,
  kStartTimestamp = 17,  // 2.0 only
};
constexpr uint32_t kSpanOffset = 1;
constexpr uint32_t kSpanLength = 2;

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(
      storage::StrCat("cannot decode remote-write request: malformed ", what));
}

int64_t Unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

// What of the message has to wait for all of it: whether its numbers are deltas or counts depends
// on which count it has.
struct Buckets {
  std::vector<double> from_deltas;
  uint64_t last = 0;  // wraps, as hostile deltas may
  std::vector<double> counts;

  void AddDelta(uint64_t zigzag) {
    last += static_cast<uint64_t>(Unzigzag(zigzag));
    from_deltas.push_back(static_cast<double>(static_cast<int64_t>(last)));
  }
};

absl::Status ReadSpan(std::string_view message, std::vector<HistogramSpan>* spans) {
  HistogramSpan& span = spans->emplace_back();
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kSpanOffset, WireType::kVarint)) {
      span.offset = static_cast<int32_t>(Unzigzag(reader.number()));
    }
    if (reader.Is(kSpanLength, WireType::kVarint)) {
      span.length = static_cast<uint32_t>(reader.number());
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("histogram span");
}

// The current field is numbers of a repeated one: packed, or a single one.
absl::Status ReadDeltas(const ProtobufReader& reader, size_t buckets_max, Buckets* buckets) {
  if (reader.wire_type() == WireType::kVarint) {
    buckets->AddDelta(reader.number());
    return absl::OkStatus();
  }
  PackedVarints packed(reader.bytes());
  uint64_t zigzag = 0;
  while (buckets->from_deltas.size() <= buckets_max && packed.Next(&zigzag)) {
    buckets->AddDelta(zigzag);
  }
  return packed.ok() ? absl::OkStatus() : Malformed("histogram deltas");
}

absl::Status ReadDoubles(const ProtobufReader& reader, std::vector<double>* values) {
  if (reader.wire_type() == WireType::kFixed64) {
    values->push_back(reader.fixed_double());
    return absl::OkStatus();
  }
  const std::string_view bytes = reader.bytes();
  if (bytes.size() % sizeof(double) != 0) return Malformed("histogram counts");
  const size_t before = values->size();
  values->resize(before + bytes.size() / sizeof(double));
  if (!bytes.empty()) std::memcpy(values->data() + before, bytes.data(), bytes.size());
  return absl::OkStatus();
}

bool IsDeltas(const ProtobufReader& reader, uint32_t field) {
  return reader.Is(field, WireType::kBytes) || reader.Is(field, WireType::kVarint);
}
bool IsDoubles(const ProtobufReader& reader, uint32_t field) {
  return reader.Is(field, WireType::kBytes) || reader.Is(field, WireType::kFixed64);
}

// The scalar fields; false for another one.
bool ReadScalar(const ProtobufReader& reader, storage::HistogramSample* sample) {
  Histogram& histogram = sample->histogram;
  if (reader.wire_type() == WireType::kVarint) {
    const uint64_t number = reader.number();
    switch (reader.field()) {
      case kCountInt:
        histogram.is_float = false;
        histogram.count = static_cast<double>(number);
        return true;
      case kSchema:
        histogram.schema = static_cast<int32_t>(Unzigzag(number));
        return true;
      case kZeroCountInt:
        histogram.zero_count = static_cast<double>(number);
        return true;
      case kResetHint:
        histogram.reset_hint =
            number <= 3 ? static_cast<CounterResetHint>(number) : CounterResetHint::kUnknown;
        return true;
      case kTimestamp:
        sample->timestamp_ms = reader.signed_number();
        return true;
      case kStartTimestamp:
        sample->start_timestamp_ms = reader.signed_number();
        return true;
      default:
        return false;
    }
  }
  if (reader.wire_type() != WireType::kFixed64) return false;
  switch (reader.field()) {
    case kCountFloat:
      histogram.is_float = true;
      histogram.count = reader.fixed_double();
      return true;
    case kSum:
      histogram.sum = reader.fixed_double();
      return true;
    case kZeroThreshold:
      histogram.zero_threshold = reader.fixed_double();
      return true;
    case kZeroCountFloat:
      histogram.zero_count = reader.fixed_double();
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status DecodeHistogram(std::string_view message, size_t buckets_max,
                             storage::HistogramSample* sample) {
  *sample = storage::HistogramSample{};
  Histogram& histogram = sample->histogram;
  Buckets positive;
  Buckets negative;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (ReadScalar(reader, sample)) continue;
    if (reader.Is(kPositiveSpans, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(ReadSpan(reader.bytes(), &histogram.positive_spans));
    } else if (reader.Is(kNegativeSpans, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(ReadSpan(reader.bytes(), &histogram.negative_spans));
    } else if (IsDeltas(reader, kPositiveDeltas)) {
      VARVE_RETURN_IF_ERROR(ReadDeltas(reader, buckets_max, &positive));
    } else if (IsDeltas(reader, kNegativeDeltas)) {
      VARVE_RETURN_IF_ERROR(ReadDeltas(reader, buckets_max, &negative));
    } else if (IsDoubles(reader, kPositiveCounts)) {
      VARVE_RETURN_IF_ERROR(ReadDoubles(reader, &positive.counts));
    } else if (IsDoubles(reader, kNegativeCounts)) {
      VARVE_RETURN_IF_ERROR(ReadDoubles(reader, &negative.counts));
    } else if (IsDoubles(reader, kCustomValues)) {
      VARVE_RETURN_IF_ERROR(ReadDoubles(reader, &histogram.custom_values));
    }
    const size_t buckets = positive.from_deltas.size() + positive.counts.size() +
                           negative.from_deltas.size() + negative.counts.size() +
                           histogram.custom_values.size() + histogram.positive_spans.size() +
                           histogram.negative_spans.size();
    if (buckets > buckets_max) {
      return absl::InvalidArgumentError(storage::StrCat(
          "cannot decode remote-write request: more than ", buckets_max, " histogram buckets"));
    }
  }
  if (!reader.ok()) return Malformed("histogram");
  histogram.positive_counts =
      std::move(histogram.is_float ? positive.counts : positive.from_deltas);
  histogram.negative_counts =
      std::move(histogram.is_float ? negative.counts : negative.from_deltas);
  return absl::OkStatus();
}

}  // namespace varve::ingest

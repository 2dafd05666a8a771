// io.prometheus.write.v2.Request, the message of remote write 2.0: a table of symbols, and series
// whose labels are references into it.
#include <algorithm>
#include <cstdint>

#include "ingest/label_limits.h"
#include "ingest/protobuf_reader.h"
#include "ingest/remote_write_message.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::Exemplar;
using storage::HistogramSample;
using storage::Sample;
using storage::StrCat;

// Field numbers of Request, TimeSeries, Sample, Exemplar and Metadata.
constexpr uint32_t kRequestSymbol = 4;
constexpr uint32_t kRequestSeries = 5;
constexpr uint32_t kSeriesLabelRefs = 1;
constexpr uint32_t kSeriesSample = 2;
constexpr uint32_t kSeriesHistogram = 3;
constexpr uint32_t kSeriesExemplar = 4;
constexpr uint32_t kSeriesMetadata = 5;
// The start of all samples of a series; of drafts of the specification, before each sample had one.
constexpr uint32_t kSeriesCreatedTimestamp = 6;
constexpr uint32_t kSampleValue = 1;
constexpr uint32_t kSampleTimestamp = 2;
constexpr uint32_t kSampleStartTimestamp = 3;
constexpr uint32_t kExemplarLabelRefs = 1;
constexpr uint32_t kExemplarValue = 2;
constexpr uint32_t kExemplarTimestamp = 3;
constexpr uint32_t kMetadataType = 1;
constexpr uint32_t kMetadataHelpRef = 3;
constexpr uint32_t kMetadataUnitRef = 4;

// References and what they stand for; more than a series may have are counted, not kept.
constexpr size_t kRefsMax = 2 * (kSeriesLabelsMax + 1);

class Decoder {
 public:
  explicit Decoder(RemoteWriteRequest* request) : request_(request), batch_(request->batch) {}

  absl::Status Decode(std::string_view message) {
    VARVE_RETURN_IF_ERROR(ReadSymbols(message));
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (!reader.Is(kRequestSeries, WireType::kBytes)) continue;
      VARVE_RETURN_IF_ERROR(DecodeSeries(reader.bytes()));
    }
    if (!batch_.start_timestamps_ms.empty()) {
      batch_.start_timestamps_ms.resize(batch_.samples.size());
    }
    return absl::OkStatus();
  }

 private:
  // The references of a series or an exemplar, and how many there were.
  struct Refs {
    std::vector<uint32_t> values;
    size_t count = 0;

    void Clear() {
      values.clear();
      count = 0;
    }
    void Add(uint64_t ref) {
      ++count;
      if (values.size() < kRefsMax) {
        values.push_back(static_cast<uint32_t>(std::min<uint64_t>(ref, UINT32_MAX)));
      }
    }
    // The current field of the reader: packed references, or a single one.
    bool AddField(const ProtobufReader& reader) {
      if (reader.wire_type() == WireType::kVarint) {
        Add(reader.number());
        return true;
      }
      PackedVarints packed(reader.bytes());
      uint64_t ref = 0;
      while (packed.Next(&ref)) Add(ref);
      return packed.ok();
    }
  };

  static bool IsRefs(const ProtobufReader& reader, uint32_t field) {
    return reader.Is(field, WireType::kBytes) || reader.Is(field, WireType::kVarint);
  }

  // Symbols may stand anywhere; what else the message has is passed over.
  absl::Status ReadSymbols(std::string_view message) {
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (!reader.Is(kRequestSymbol, WireType::kBytes)) continue;
      VARVE_RETURN_IF_ERROR(CheckRoom(symbols_, "symbols", kRemoteWriteSymbolsMax));
      symbols_.push_back(reader.bytes());
    }
    return reader.ok() ? absl::OkStatus() : MalformedRequest("request");
  }

  // Fills pairs_ with the labels the references name; in Prometheus's words where they name none.
  absl::Status Resolve(const Refs& refs) {
    if (refs.count % 2 != 0) {
      return absl::InvalidArgumentError(StrCat("invalid labelRefs length ", refs.count));
    }
    if (refs.count > refs.values.size()) {
      return absl::InvalidArgumentError(
          StrCat("too many labels: ", refs.count / 2, ", want at most ", kSeriesLabelsMax));
    }
    pairs_.clear();
    for (size_t i = 0; i < refs.values.size(); i += 2) {
      const uint32_t name = refs.values[i];
      const uint32_t value = refs.values[i + 1];
      if (name >= symbols_.size() || value >= symbols_.size()) {
        return absl::InvalidArgumentError(StrCat("labelRefs ", name, " (name) = ", value,
                                                 " (value) outside of symbols table ", "(size ",
                                                 symbols_.size(), ")"));
      }
      pairs_.emplace_back(symbols_[name], symbols_[value]);
    }
    return absl::OkStatus();
  }

  // The lengths that ParseRemoteWriteLabels would refuse, before anything is copied.
  absl::Status CheckLengths() const {
    for (const auto& [name, value] : pairs_) {
      if (name.size() > kLabelNameBytesMax || value.size() > kLabelValueBytesMax) {
        storage::LabelSet labels;
        return CheckLabels(pairs_, &labels);
      }
    }
    return absl::OkStatus();
  }

  static std::string RefsText(const Refs& refs) {
    std::string text = "[";
    for (size_t i = 0; i < refs.values.size(); ++i) {
      storage::StrAppend(&text, i == 0 ? "" : " ", refs.values[i]);
    }
    return text + (refs.count > refs.values.size() ? " ...]" : "]");
  }

  std::string SeriesText() const {
    LabelPairs pairs = pairs_;
    return storage::LabelSet::FromPairs(std::move(pairs)).ToString();
  }

  absl::Status DecodeSample(std::string_view message) {
    VARVE_RETURN_IF_ERROR(CheckRoom(batch_.samples, "samples", kRemoteWriteSamplesMax));
    Sample sample;
    int64_t start_ms = 0;
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (reader.Is(kSampleValue, WireType::kFixed64)) sample.value = reader.fixed_double();
      if (reader.Is(kSampleTimestamp, WireType::kVarint))
        sample.timestamp_ms = reader.signed_number();
      if (reader.Is(kSampleStartTimestamp, WireType::kVarint)) start_ms = reader.signed_number();
    }
    if (!reader.ok()) return MalformedRequest("sample");
    if (start_ms != 0) SetStart(batch_.samples.size(), start_ms);
    batch_.samples.push_back(sample);
    return absl::OkStatus();
  }

  // The column of start timestamps exists only where a sample has one.
  void SetStart(size_t index, int64_t start_ms) {
    std::vector<int64_t>& starts = batch_.start_timestamps_ms;
    if (starts.size() <= index) starts.resize(index + 1);
    if (starts[index] == 0) starts[index] = start_ms;
  }

  absl::Status DecodeExemplar(std::string_view message) {
    VARVE_RETURN_IF_ERROR(CheckRoom(batch_.exemplars, "exemplars", kRemoteWriteExemplarsMax));
    Exemplar exemplar;
    exemplar_refs_.Clear();
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (IsRefs(reader, kExemplarLabelRefs)) {
        if (!exemplar_refs_.AddField(reader)) return MalformedRequest("exemplar");
      }
      if (reader.Is(kExemplarValue, WireType::kFixed64)) exemplar.value = reader.fixed_double();
      if (reader.Is(kExemplarTimestamp, WireType::kVarint))
        exemplar.timestamp_ms = reader.signed_number();
    }
    if (!reader.ok()) return MalformedRequest("exemplar");
    if (const absl::Status resolved = Resolve(exemplar_refs_); !resolved.ok()) {
      request_->Reject(StrCat("parsing exemplar: ", storage::ToStd(resolved.message())), 0);
    } else if (CheckExemplarLabels(pairs_, &exemplar.labels).ok()) {
      batch_.exemplars.push_back(std::move(exemplar));
    } else {
      ++request_->exemplars_dropped;
    }
    return absl::OkStatus();
  }

  std::string_view SymbolOr(uint64_t ref, std::string_view fallback) const {
    return ref > 0 && ref < symbols_.size() ? symbols_[ref] : fallback;
  }

  // What a series says about its family: once for each metric name of the request.
  absl::Status DecodeMetadata(std::string_view message) {
    uint64_t type = 0;
    uint64_t help_ref = 0;
    uint64_t unit_ref = 0;
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (reader.Is(kMetadataType, WireType::kVarint)) type = reader.number();
      if (reader.Is(kMetadataHelpRef, WireType::kVarint)) help_ref = reader.number();
      if (reader.Is(kMetadataUnitRef, WireType::kVarint)) unit_ref = reader.number();
    }
    if (!reader.ok()) return MalformedRequest("metadata");
    if (type == 0 && help_ref == 0 && unit_ref == 0) return absl::OkStatus();
    if (help_ref >= symbols_.size() || unit_ref >= symbols_.size()) {
      request_->Reject(StrCat("parsing metadata: help_ref ", help_ref, ", unit_ref ", unit_ref,
                              " outside of symbols table (size ", symbols_.size(), ")"),
                       0);
      return absl::OkStatus();
    }
    for (size_t i = 0; i + 1 < refs_.values.size(); i += 2) {
      const uint32_t name_ref = refs_.values[i + 1];
      if (SymbolOr(refs_.values[i], "") != storage::kMetricNameLabel) continue;
      if (name_ref >= symbols_.size()) break;
      described_.resize(symbols_.size());
      if (described_[name_ref]) break;
      described_[name_ref] = true;
      VARVE_RETURN_IF_ERROR(CheckRoom(request_->metadata, "metadata", kRemoteWriteMetadataMax));
      const std::string_view type_text = MetadataTypeText(type);
      request_->metadata.push_back({type_text, FamilyOf(symbols_[name_ref], type_text),
                                    SymbolOr(help_ref, ""), SymbolOr(unit_ref, "")});
      break;
    }
    return absl::OkStatus();
  }

  // The family of a series: the classic series of a histogram or summary have suffixes.
  static std::string_view FamilyOf(std::string_view name, std::string_view type) {
    const auto without = [&](std::string_view suffix) {
      if (name.size() <= suffix.size() || !name.ends_with(suffix)) return false;
      name.remove_suffix(suffix.size());
      return true;
    };
    if (type == "histogram" || type == "summary") {
      without("_bucket") || without("_count") || without("_sum");
    } else if (type == "gaugehistogram") {
      without("_bucket") || without("_gcount") || without("_gsum");
    }
    return name;
  }

  absl::Status DecodeSeries(std::string_view message) {
    storage::SeriesWrite write = BeginSeries(batch_);
    refs_.Clear();
    int64_t created_ms = 0;
    std::string_view metadata;
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (IsRefs(reader, kSeriesLabelRefs)) {
        if (!refs_.AddField(reader)) return MalformedRequest("labels");
      } else if (reader.Is(kSeriesSample, WireType::kBytes)) {
        VARVE_RETURN_IF_ERROR(DecodeSample(reader.bytes()));
      } else if (reader.Is(kSeriesHistogram, WireType::kBytes)) {
        VARVE_RETURN_IF_ERROR(AddHistogram(reader.bytes(), request_));
      } else if (reader.Is(kSeriesExemplar, WireType::kBytes)) {
        VARVE_RETURN_IF_ERROR(DecodeExemplar(reader.bytes()));
      } else if (reader.Is(kSeriesMetadata, WireType::kBytes)) {
        metadata = reader.bytes();
      } else if (reader.Is(kSeriesCreatedTimestamp, WireType::kVarint)) {
        created_ms = reader.signed_number();
      }
    }
    if (!reader.ok()) return MalformedRequest("series");
    EndSeries(batch_, &write);
    if (absl::Status resolved = Resolve(refs_); !resolved.ok()) {
      return RejectSeries(write, StrCat("parsing labels for series ", RefsText(refs_), ": ",
                                        storage::ToStd(resolved.message())));
    }
    if (absl::Status checked = CheckLengths(); !checked.ok()) {
      return RejectSeries(write, std::string(storage::ToStd(checked.message())));
    }
    if (!metadata.empty()) VARVE_RETURN_IF_ERROR(DecodeMetadata(metadata));
    if (IsEmpty(write)) {
      return RejectSeries(
          write, StrCat("TimeSeries must contain at least one sample or histogram for series ",
                        SeriesText()));
    }
    if (created_ms != 0) SetCreated(write, created_ms);
    VARVE_RETURN_IF_ERROR(CheckRoom(batch_.series, "series", kRemoteWriteSeriesMax));
    write.raw_labels = request_->arena.Add(pairs_);
    if (request_->arena.bytes() > kRemoteWriteLabelBytesMax) {
      return TooMany("bytes of labels", kRemoteWriteLabelBytesMax);
    }
    batch_.series.push_back(write);
    return absl::OkStatus();
  }

  void SetCreated(const storage::SeriesWrite& write, int64_t created_ms) {
    for (uint32_t i = write.begin; i < write.end; ++i) SetStart(i, created_ms);
    for (uint32_t i = write.histograms_begin; i < write.histograms_end; ++i) {
      HistogramSample& sample = batch_.histograms[i];
      if (sample.start_timestamp_ms == 0) sample.start_timestamp_ms = created_ms;
    }
  }

  // Takes back what was appended of a series.
  absl::Status RejectSeries(const storage::SeriesWrite& write, std::string message) {
    request_->Reject(std::move(message),
                     (write.end - write.begin) + (write.histograms_end - write.histograms_begin));
    batch_.samples.resize(write.begin);
    batch_.histograms.resize(write.histograms_begin);
    batch_.exemplars.resize(write.exemplars_begin);
    if (batch_.start_timestamps_ms.size() > write.begin) {
      batch_.start_timestamps_ms.resize(write.begin);
    }
    return absl::OkStatus();
  }

  RemoteWriteRequest* request_;
  storage::MetricBatch& batch_;
  std::vector<std::string_view> symbols_;
  std::vector<bool> described_;  // by the symbol of the metric name
  Refs refs_;                    // of the current series
  Refs exemplar_refs_;
  LabelPairs pairs_;
};

}  // namespace

absl::Status DecodeWriteRequest2(std::string_view message, RemoteWriteRequest* request) {
  return Decoder(request).Decode(message);
}

}  // namespace varve::ingest

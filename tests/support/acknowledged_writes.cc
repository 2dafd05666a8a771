#include "tests/support/acknowledged_writes.h"

#include <bit>
#include <cmath>

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

void Note(WriteAudit* audit, uint64_t* counter, std::string problem) {
  ++*counter;
  if (audit->first_problem.empty()) audit->first_problem = std::move(problem);
}

double RandomValue(std::mt19937* random) {
  switch ((*random)() % 8) {
    case 0:
      return StaleMarker();
    case 1:
      return -0.0;
    case 2:
      return std::bit_cast<double>((uint64_t{(*random)()} << 32) | (*random)());
    default:
      return static_cast<double>((*random)() % 1000);
  }
}

}  // namespace

absl::Status ParsePackedLabels(std::string_view raw, LabelSet* labels) {
  if (!LabelSetView::IsValidPacked(raw)) return absl::InvalidArgumentError("bad labels");
  *labels = LabelSet(LabelSetView(raw));
  return absl::OkStatus();
}

void OwnedMetricBatch::Add(const LabelSet& series, std::vector<Sample> samples) {
  labels.push_back(series);
  const auto begin = static_cast<uint32_t>(batch.samples.size());
  batch.samples.insert(batch.samples.end(), samples.begin(), samples.end());
  batch.series.push_back({{}, begin, static_cast<uint32_t>(batch.samples.size())});
}

const MetricBatch& OwnedMetricBatch::Finish() {
  batch.parse = ParsePackedLabels;
  for (size_t i = 0; i < labels.size(); ++i) batch.series[i].raw_labels = labels[i].packed();
  return batch;
}

const LogBatch& OwnedLogBatch::Finish() {
  batch.Clear();
  for (const Line& line : lines) {
    const auto at = static_cast<uint32_t>(batch.entries.size());
    if (batch.streams.empty() || batch.streams.back().labels != line.stream.view()) {
      batch.streams.push_back({line.stream, at, at});
    }
    batch.entries.push_back({line.timestamp_ns, line.line, line.metadata});
    batch.streams.back().end = at + 1;
  }
  return batch;
}

absl::Status AcknowledgedWrites::Send(Database* database, OwnedMetricBatch* batch) {
  const AppendResult result = database->AppendMetrics(batch->Finish());
  for (size_t i = 0; i < batch->labels.size(); ++i) {
    auto& series = samples_[batch->labels[i].packed()];
    for (uint32_t j = batch->batch.series[i].begin; j < batch->batch.series[i].end; ++j) {
      const Sample& sample = batch->batch.samples[j];
      SampleState& state = series[sample.timestamp_ms];
      state.bits = std::bit_cast<uint64_t>(sample.value);
      state.acknowledged = state.acknowledged || result.status.ok();
    }
  }
  if (result.status.ok()) acknowledged_ += result.accepted;
  return result.status;
}

absl::Status AcknowledgedWrites::Send(Database* database, OwnedLogBatch* batch) {
  const AppendResult result = database->AppendLogs(batch->Finish());
  for (const OwnedLogBatch::Line& line : batch->lines) {
    bool& acknowledged =
        entries_[line.stream.packed()][{line.timestamp_ns, line.line, line.metadata.packed()}];
    acknowledged = acknowledged || result.status.ok();
  }
  if (result.status.ok()) acknowledged_ += result.accepted;
  return result.status;
}

absl::Status AcknowledgedWrites::SendRandomMetrics(Database* database, int64_t now_ms,
                                                   std::mt19937* random) {
  OwnedMetricBatch batch;
  const int64_t time_ms = now_ms + ++tick_ * 10;
  for (int series = 0; series < 5; ++series) {
    if ((*random)() % 4 == 0) continue;
    const LabelSet labels{{"__name__", "m" + std::to_string(series % 2)},
                          {"series", std::to_string(series)}};
    const bool late = (*random)() % 6 == 0;
    int64_t sample_ms = late ? time_ms - 1 - static_cast<int64_t>((*random)() % 200'000) : time_ms;
    double value = RandomValue(random);
    const auto& known = samples_[labels.packed()];
    if (const auto sent = known.find(sample_ms); sent != known.end()) {
      value = std::bit_cast<double>(sent->second.bits);  // the same sample again
    }
    batch.Add(labels, {{sample_ms, value}});
  }
  return Send(database, &batch);
}

absl::Status AcknowledgedWrites::SendRandomLogs(Database* database, int64_t now_ms,
                                                std::mt19937* random) {
  OwnedLogBatch batch;
  const int64_t time_ns = (now_ms + ++tick_ * 10) * 1'000'000;
  for (int stream = 0; stream < 3; ++stream) {
    const LabelSet labels{{"app", "a" + std::to_string(stream)}};
    const int count = static_cast<int>((*random)() % 4);
    for (int i = 0; i < count; ++i) {
      std::string line = "line " + std::to_string(next_line_++) + " ";
      line.append((*random)() % 60, static_cast<char>((*random)()));
      LabelSet metadata;
      if ((*random)() % 3 == 0) metadata = LabelSet{{"trace", std::to_string((*random)() % 100)}};
      const int64_t shift_ns =
          (*random)() % 5 == 0 ? -static_cast<int64_t>((*random)() % 1'000'000'000) : i;
      batch.lines.push_back({labels, time_ns + shift_ns, std::move(line), std::move(metadata)});
    }
  }
  if (batch.lines.empty()) return absl::OkStatus();
  return Send(database, &batch);
}

absl::StatusOr<WriteAudit> AcknowledgedWrites::Audit(const Database& database) const {
  WriteAudit audit;
  VARVE_RETURN_IF_ERROR(AuditMetrics(database, &audit));
  VARVE_RETURN_IF_ERROR(AuditLogs(database, &audit));
  return audit;
}

absl::Status AcknowledgedWrites::AuditMetrics(const Database& database, WriteAudit* audit) const {
  VARVE_ASSIGN_OR_RETURN(const auto selection,
                         database.NewQuerier()->SelectMetrics({}, TimeRange::All()));
  std::map<SeriesKey, std::map<int64_t, uint64_t>> found;
  for (size_t i = 0; i < selection->size(); ++i) {
    SampleColumns columns;
    VARVE_RETURN_IF_ERROR(selection->Read(i, TimeRange::All(), &columns));
    auto& series = found[std::string(selection->labels(i).packed())];
    for (size_t j = 0; j < columns.size(); ++j) {
      series[(*columns.timestamps_ms)[j]] = std::bit_cast<uint64_t>(columns.values[j]);
    }
  }
  for (const auto& [labels, series] : samples_) {
    for (const auto& [timestamp_ms, state] : series) {
      const std::string name = StrCat(LabelSetView(labels).ToString(), " at ", timestamp_ms);
      const auto in_series = found[labels].find(timestamp_ms);
      if (in_series == found[labels].end()) {
        if (state.acknowledged) Note(audit, &audit->lost, StrCat("lost ", name));
      } else {
        if (in_series->second != state.bits) Note(audit, &audit->altered, StrCat("altered ", name));
        found[labels].erase(in_series);
      }
    }
  }
  for (const auto& [labels, series] : found) {
    for (const auto& [timestamp_ms, bits] : series) {
      Note(audit, &audit->phantoms,
           StrCat("phantom ", LabelSetView(labels).ToString(), " at ", timestamp_ms));
    }
  }
  return absl::OkStatus();
}

absl::Status AcknowledgedWrites::AuditLogs(const Database& database, WriteAudit* audit) const {
  VARVE_ASSIGN_OR_RETURN(const auto selection,
                         database.NewQuerier()->SelectLogs({}, TimeRange::All()));
  std::map<SeriesKey, std::map<EntryKey, int>> found;
  for (size_t i = 0; i < selection->size(); ++i) {
    LogReadOptions options;
    options.range_ns = TimeRange::All();
    VARVE_ASSIGN_OR_RETURN(const auto cursor, selection->Open(i, options));
    auto& stream = found[std::string(selection->labels(i).packed())];
    LogColumns columns;
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const bool more, cursor->Next(&columns));
      if (!more) break;
      for (size_t j = 0; j < columns.size; ++j) {
        const std::string metadata(columns.metadata.empty() ? std::string_view()
                                                            : columns.metadata[j].packed());
        ++stream[{columns.timestamps_ns[j], std::string(columns.lines[j]), metadata}];
      }
    }
  }
  for (const auto& [labels, stream] : entries_) {
    for (const auto& [key, acknowledged] : stream) {
      const std::string name =
          StrCat(LabelSetView(labels).ToString(), " at ", std::get<0>(key), ": ", std::get<1>(key));
      const auto in_stream = found[labels].find(key);
      if (in_stream == found[labels].end()) {
        if (acknowledged) Note(audit, &audit->lost, StrCat("lost ", name));
      } else {
        if (in_stream->second > 1) Note(audit, &audit->duplicated, StrCat("twice ", name));
        found[labels].erase(in_stream);
      }
    }
  }
  for (const auto& [labels, stream] : found) {
    for (const auto& [key, count] : stream) {
      Note(audit, &audit->phantoms,
           StrCat("phantom ", LabelSetView(labels).ToString(), " at ", std::get<0>(key), ": ",
                  std::get<1>(key)));
    }
  }
  return absl::OkStatus();
}

}  // namespace varve::storage

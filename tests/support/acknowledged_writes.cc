#include "tests/support/acknowledged_writes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

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

void OwnedMetricBatch::SetStarts(std::vector<int64_t> start_timestamps_ms) {
  batch.start_timestamps_ms.resize(batch.samples.size());
  std::copy(start_timestamps_ms.begin(), start_timestamps_ms.end(),
            batch.start_timestamps_ms.begin() + batch.series.back().begin);
}

void OwnedMetricBatch::AddExemplars(std::vector<Exemplar> exemplars) {
  batch.series.back().exemplars_begin = static_cast<uint32_t>(batch.exemplars.size());
  batch.exemplars.insert(batch.exemplars.end(), exemplars.begin(), exemplars.end());
  batch.series.back().exemplars_end = static_cast<uint32_t>(batch.exemplars.size());
}

void OwnedMetricBatch::AddHistograms(const LabelSet& series,
                                     std::vector<HistogramSample> histograms) {
  labels.push_back(series);
  SeriesWrite write;
  write.histograms_begin = static_cast<uint32_t>(batch.histograms.size());
  batch.histograms.insert(batch.histograms.end(), histograms.begin(), histograms.end());
  write.histograms_end = static_cast<uint32_t>(batch.histograms.size());
  batch.series.push_back(write);
}

const MetricBatch& OwnedMetricBatch::Finish() {
  if (!batch.start_timestamps_ms.empty()) batch.start_timestamps_ms.resize(batch.samples.size());
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
      if (!batch->batch.start_timestamps_ms.empty()) {
        state.start_ms = batch->batch.start_timestamps_ms[j];
      }
      state.Send(result.status.ok());
    }
    const SeriesWrite& write = batch->batch.series[i];
    for (uint32_t j = write.exemplars_begin; j < write.exemplars_end; ++j) {
      const Exemplar& exemplar = batch->batch.exemplars[j];
      exemplars_[batch->labels[i].packed()]
                [{exemplar.timestamp_ms, std::bit_cast<uint64_t>(exemplar.value),
                  exemplar.labels.packed()}]
                    .Send(result.status.ok());
    }
    for (uint32_t j = write.histograms_begin; j < write.histograms_end; ++j) {
      const HistogramSample& sample = batch->batch.histograms[j];
      HistogramState& state = histograms_[batch->labels[i].packed()][sample.timestamp_ms];
      state.histogram = sample.histogram;
      state.Send(result.status.ok());
    }
  }
  if (result.status.ok()) {
    acknowledged_ += result.accepted + result.histograms_accepted + result.exemplars_accepted;
  }
  return result.status;
}

absl::Status AcknowledgedWrites::Send(Database* database, OwnedLogBatch* batch) {
  const AppendResult result = database->AppendLogs(batch->Finish());
  for (const OwnedLogBatch::Line& line : batch->lines) {
    entries_[line.stream.packed()][{line.timestamp_ns, line.line, line.metadata.packed()}].Send(
        result.status.ok());
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
    const auto& histograms = histograms_[labels.packed()];
    if (histograms.find(sample_ms) != histograms.end()) continue;  // a float hides a histogram
    const auto& known = samples_[labels.packed()];
    if (const auto sent = known.find(sample_ms); sent != known.end()) {
      value = std::bit_cast<double>(sent->second.bits);  // the same sample again
    }
    batch.Add(labels, {{sample_ms, value}});
    // Half of the series count from a start that moves now and then; the same sample always has the
    // same one.
    if (series % 2 == 0) batch.SetStarts({sample_ms - 1 - sample_ms % 20'000});
    if ((*random)() % 3 == 0) {
      const int64_t shift_ms = static_cast<int64_t>((*random)() % 50);
      Exemplar exemplar{sample_ms - shift_ms, RandomValue(random), {}};
      if ((*random)() % 4 != 0) {
        exemplar.labels = LabelSet{{"trace_id", std::to_string((*random)() % 10)}};
      }
      std::vector<Exemplar> exemplars(1 + (*random)() % 2, exemplar);
      batch.AddExemplars(std::move(exemplars));
    }
  }
  return Send(database, &batch);
}

absl::Status AcknowledgedWrites::SendRandomHistograms(Database* database, int64_t now_ms,
                                                      std::mt19937* random) {
  OwnedMetricBatch batch;
  const int64_t time_ms = now_ms + ++tick_ * 10;
  for (int series = 0; series < 3; ++series) {
    if ((*random)() % 4 == 0) continue;
    // One of them has floats, too, at other times.
    const LabelSet labels = series == 0
                                ? LabelSet{{"__name__", "m1"}, {"series", "1"}}
                                : LabelSet{{"__name__", "h"}, {"series", std::to_string(series)}};
    auto source = sources_.find(labels.packed());
    if (source == sources_.end()) {
      source = sources_.try_emplace(std::string(labels.packed()), (*random)()).first;
    }
    const bool late = (*random)() % 6 == 0;
    const int64_t sample_ms =
        (late ? time_ms - static_cast<int64_t>((*random)() % 200'000) : time_ms);
    HistogramSample sample{sample_ms, 0, source->second.Next()};
    const auto& floats = samples_[labels.packed()];
    if (floats.find(sample_ms) != floats.end()) continue;  // a float hides a histogram
    const auto& known = histograms_[labels.packed()];
    if (const auto sent = known.find(sample_ms); sent != known.end()) {
      sample.histogram = sent->second.histogram;  // the same one again
    }
    batch.AddHistograms(labels, {sample});
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
      // Most lines have a form, as merged parts keep them by it; some are anything.
      const std::string number = std::to_string(next_line_++);
      const std::string value = std::to_string((*random)() % 1'000);
      std::string line = "line " + number + " ";
      switch ((*random)() % 4) {
        case 0:
          line.append((*random)() % 60, static_cast<char>((*random)()));
          break;
        case 1:
          line = "{\"level\":\"info\",\"request\":" + number + ",\"took\":\"" + value + "ms\"}";
          break;
        default:
          line.append("of user 10.0.0." + value + " took 0." + value + " s");
          break;
      }
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

absl::Status AcknowledgedWrites::DeleteRandom(Database* database, int64_t now_ms,
                                              std::mt19937* random) {
  const int64_t begin_ms = now_ms + static_cast<int64_t>((*random)() % 400) - 200;
  TimeRange range{begin_ms, begin_ms + static_cast<int64_t>((*random)() % 200)};
  if ((*random)() % 4 == 0) range = TimeRange::All();
  const auto delete_from = [&](auto* series, const TimeRange& of, bool ok) {
    for (auto& [key, state] : *series) {
      int64_t time = 0;
      if constexpr (std::is_integral_v<std::decay_t<decltype(key)>>) {
        time = key;
      } else {
        time = std::get<0>(key);
      }
      if (of.Contains(time)) state.Delete(ok);
    }
  };
  if ((*random)() % 2 == 0) {
    const LabelSet app{{"app", "a" + std::to_string((*random)() % 3)}};
    const TimeRange range_ns = NanosecondsOf(range);
    const std::vector<Matcher> matchers = {Matcher::Equal("app", app.Get("app"))};
    if ((*random)() % 2 == 0) {
      const absl::Status status = database->Delete(Signal::kLogs, matchers, range_ns);
      delete_from(&entries_[app.packed()], range_ns, status.ok());
      return status;
    }
    const std::string digit = std::to_string((*random)() % 10);
    const absl::Status status = database->DeleteEntries({matchers, range_ns, digit}).status();
    for (auto& [key, state] : entries_[app.packed()]) {
      const auto& [time_ns, line, metadata] = key;
      if (range_ns.Contains(time_ns) && line.find(digit) != line.npos) state.Delete(status.ok());
    }
    return status;
  }
  const std::string number = std::to_string((*random)() % 5);
  const absl::Status status =
      database->Delete(Signal::kMetrics, {Matcher::Equal("series", number)}, range);
  for (auto& [labels, series] : samples_) {
    if (LabelSetView(labels).Get("series") == number) delete_from(&series, range, status.ok());
  }
  for (auto& [labels, series] : histograms_) {
    if (LabelSetView(labels).Get("series") == number) delete_from(&series, range, status.ok());
  }
  for (auto& [labels, series] : exemplars_) {
    if (LabelSetView(labels).Get("series") == number) delete_from(&series, range, status.ok());
  }
  return status;
}

absl::StatusOr<WriteAudit> AcknowledgedWrites::Audit(const Database& database) const {
  WriteAudit audit;
  VARVE_RETURN_IF_ERROR(AuditMetrics(database, &audit));
  VARVE_RETURN_IF_ERROR(AuditHistograms(database, &audit));
  VARVE_RETURN_IF_ERROR(AuditLogs(database, &audit));
  VARVE_RETURN_IF_ERROR(AuditExemplars(database, &audit));
  return audit;
}

absl::Status AcknowledgedWrites::AuditMetrics(const Database& database, WriteAudit* audit) const {
  VARVE_ASSIGN_OR_RETURN(const auto selection,
                         database.NewQuerier()->SelectMetrics({}, TimeRange::All()));
  std::map<SeriesKey, std::map<int64_t, std::pair<uint64_t, int64_t>>> found;  // bits, start
  for (size_t i = 0; i < selection->size(); ++i) {
    SampleColumns columns;
    VARVE_RETURN_IF_ERROR(selection->Read(i, TimeRange::All(), &columns));
    VARVE_RETURN_IF_ERROR(selection->ReadStartTimestamps(i, TimeRange::All(), &columns));
    auto& series = found[std::string(selection->labels(i).packed())];
    for (size_t j = 0; j < columns.size(); ++j) {
      series[(*columns.timestamps_ms)[j]] = {
          std::bit_cast<uint64_t>(columns.values[j]),
          columns.start_timestamps_ms.empty() ? 0 : columns.start_timestamps_ms[j]};
    }
  }
  for (const auto& [labels, series] : samples_) {
    for (const auto& [timestamp_ms, state] : series) {
      const std::string name = StrCat(LabelSetView(labels).ToString(), " at ", timestamp_ms);
      const auto in_series = found[labels].find(timestamp_ms);
      if (in_series == found[labels].end()) {
        if (state.acknowledged) Note(audit, &audit->lost, StrCat("lost ", name));
      } else {
        if (state.deleted) Note(audit, &audit->undeleted, StrCat("undeleted ", name));
        const auto [bits, start_ms] = in_series->second;
        if (bits != state.bits) Note(audit, &audit->altered, StrCat("altered ", name));
        // A start timestamp is as durable as its sample, and promised with it.
        if (start_ms != state.start_ms && (state.acknowledged || start_ms != 0)) {
          Note(audit, start_ms == 0 ? &audit->lost : &audit->altered,
               StrCat("start timestamp ", start_ms, " of ", name, ", want ", state.start_ms));
        }
        found[labels].erase(in_series);
      }
    }
  }
  for (const auto& [labels, series] : found) {
    for (const auto& [timestamp_ms, sample] : series) {
      Note(audit, &audit->phantoms,
           StrCat("phantom ", LabelSetView(labels).ToString(), " at ", timestamp_ms));
    }
  }
  return absl::OkStatus();
}

absl::Status AcknowledgedWrites::AuditHistograms(const Database& database,
                                                 WriteAudit* audit) const {
  VARVE_ASSIGN_OR_RETURN(const auto selection,
                         database.NewQuerier()->SelectMetrics({}, TimeRange::All()));
  std::map<SeriesKey, std::map<int64_t, HistogramPtr>> found;
  for (size_t i = 0; i < selection->size(); ++i) {
    SampleColumns columns;
    VARVE_RETURN_IF_ERROR(selection->Read(i, TimeRange::All(), &columns));
    auto& series = found[std::string(selection->labels(i).packed())];
    for (size_t j = 0; j < columns.histograms.size(); ++j) {
      series[columns.histogram_timestamps_ms[j]] = columns.histograms[j];
    }
  }
  for (const auto& [labels, series] : histograms_) {
    for (const auto& [timestamp_ms, state] : series) {
      const std::string name =
          StrCat("histogram ", LabelSetView(labels).ToString(), " at ", timestamp_ms);
      const auto in_series = found[labels].find(timestamp_ms);
      if (in_series == found[labels].end()) {
        if (state.acknowledged) Note(audit, &audit->lost, StrCat("lost ", name));
        continue;
      }
      if (state.deleted) Note(audit, &audit->undeleted, StrCat("undeleted ", name));
      if (!SameHistogram(*in_series->second, state.histogram)) {
        Note(audit, &audit->altered, StrCat("altered ", name));
      }
      found[labels].erase(in_series);
    }
  }
  for (const auto& [labels, series] : found) {
    for (const auto& [timestamp_ms, histogram] : series) {
      Note(audit, &audit->phantoms,
           StrCat("phantom histogram ", LabelSetView(labels).ToString(), " at ", timestamp_ms));
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
    for (const auto& [key, state] : stream) {
      const std::string name =
          StrCat(LabelSetView(labels).ToString(), " at ", std::get<0>(key), ": ", std::get<1>(key));
      const auto in_stream = found[labels].find(key);
      if (in_stream == found[labels].end()) {
        if (state.acknowledged) Note(audit, &audit->lost, StrCat("lost ", name));
      } else {
        if (state.deleted) Note(audit, &audit->undeleted, StrCat("undeleted ", name));
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

absl::Status AcknowledgedWrites::AuditExemplars(const Database& database, WriteAudit* audit) const {
  VARVE_ASSIGN_OR_RETURN(const std::vector<SeriesExemplars> selected,
                         database.NewQuerier()->SelectExemplars({}, TimeRange::All()));
  std::map<SeriesKey, std::map<ExemplarKey, int>> found;
  for (const SeriesExemplars& series : selected) {
    for (const Exemplar& exemplar : series.exemplars) {
      ++found[series.labels.packed()]
             [{exemplar.timestamp_ms, std::bit_cast<uint64_t>(exemplar.value),
               exemplar.labels.packed()}];
    }
  }
  for (const auto& [labels, series] : exemplars_) {
    for (const auto& [key, state] : series) {
      const std::string name =
          StrCat("exemplar of ", LabelSetView(labels).ToString(), " at ", std::get<0>(key));
      const auto in_series = found[labels].find(key);
      if (in_series == found[labels].end()) {
        if (state.acknowledged) Note(audit, &audit->lost, StrCat("lost ", name));
      } else {
        if (state.deleted) Note(audit, &audit->undeleted, StrCat("undeleted ", name));
        if (in_series->second > 1) Note(audit, &audit->duplicated, StrCat("twice ", name));
        found[labels].erase(in_series);
      }
    }
  }
  for (const auto& [labels, series] : found) {
    for (const auto& [key, count] : series) {
      Note(audit, &audit->phantoms,
           StrCat("phantom exemplar of ", LabelSetView(labels).ToString(), " at ",
                  std::get<0>(key)));
    }
  }
  return absl::OkStatus();
}

}  // namespace varve::storage

// AcknowledgedWrites: a reference model of a database: what was sent, what was acknowledged, and
// whether a database still has all of it, unaltered.
//
// Threads:  one-thread.
#ifndef TESTS_SUPPORT_ACKNOWLEDGED_WRITES_H_
#define TESTS_SUPPORT_ACKNOWLEDGED_WRITES_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "storage/database.h"
#include "tests/support/random_histograms.h"

namespace varve::storage {

// A batch that owns what it points to. Raw label blocks are packed label sets.
struct OwnedMetricBatch {
  std::vector<LabelSet> labels;
  MetricBatch batch;
  void Add(const LabelSet& series, std::vector<Sample> samples);
  // Of the series added last: the start timestamps of its samples, and exemplars.
  void SetStarts(std::vector<int64_t> start_timestamps_ms);
  void AddExemplars(std::vector<Exemplar> exemplars);
  void AddHistograms(const LabelSet& series, std::vector<HistogramSample> histograms);
  // To be called when all was added: until then the label blocks may move.
  const MetricBatch& Finish();
};

struct OwnedLogBatch {
  struct Line {
    LabelSet stream;
    int64_t timestamp_ns;
    std::string line;
    LabelSet metadata;
  };
  std::vector<Line> lines;
  LogBatch batch;
  // Consecutive lines of one stream become one write.
  const LogBatch& Finish();
};

absl::Status ParsePackedLabels(std::string_view raw, LabelSet* labels);

// How a database differs from what it acknowledged. Unacknowledged writes may be there or not.
struct WriteAudit {
  uint64_t lost = 0;
  uint64_t altered = 0;     // a sample or histogram with another value or start timestamp
  uint64_t phantoms = 0;    // samples, histograms, entries or exemplars nobody sent
  uint64_t duplicated = 0;  // entries or exemplars that came back more than once
  uint64_t undeleted = 0;   // what a delete that was acknowledged hid is there again
  std::string first_problem;

  bool clean() const { return lost + altered + phantoms + duplicated + undeleted == 0; }
};

class AcknowledgedWrites {
 public:
  // Sends a batch and remembers what became of it. Returns the database's status.
  absl::Status Send(Database* database, OwnedMetricBatch* batch);
  absl::Status Send(Database* database, OwnedLogBatch* batch);

  // Random but plausible writes around `now_ms`: several series and streams, some samples out of
  // order, special values, duplicates of earlier batches.
  absl::Status SendRandomMetrics(Database* database, int64_t now_ms, std::mt19937* random);
  absl::Status SendRandomHistograms(Database* database, int64_t now_ms, std::mt19937* random);
  absl::Status SendRandomLogs(Database* database, int64_t now_ms, std::mt19937* random);

  // Deletes what a random series or stream has in a random range, or the entries of it that contain
  // a random digit: the database compiles filters as TextEntryFilter does.
  absl::Status DeleteRandom(Database* database, int64_t now_ms, std::mt19937* random);

  // Reads everything back. A status that is not OK is the first read error.
  absl::StatusOr<WriteAudit> Audit(const Database& database) const;

  uint64_t acknowledged() const { return acknowledged_; }

 private:
  // What is known of something that was sent. A write whose fate is unknown may be there or not; a
  // delete whose fate is unknown takes the certainty from what was acknowledged.
  struct State {
    bool acknowledged = false;
    bool deleted = false;  // for certain, and not sent since

    void Send(bool ok) {
      acknowledged = acknowledged || ok;
      deleted = false;
    }
    void Delete(bool ok) {
      acknowledged = false;
      if (ok) deleted = true;
    }
  };
  struct SampleState : State {
    uint64_t bits = 0;
    int64_t start_ms = 0;
  };
  struct HistogramState : State {
    Histogram histogram;
  };
  using SeriesKey = std::string;                                   // packed labels
  using EntryKey = std::tuple<int64_t, std::string, std::string>;  // time, line, metadata
  using ExemplarKey = std::tuple<int64_t, uint64_t, std::string>;  // time, value bits, labels

  absl::Status AuditMetrics(const Database& database, WriteAudit* audit) const;
  absl::Status AuditLogs(const Database& database, WriteAudit* audit) const;
  absl::Status AuditExemplars(const Database& database, WriteAudit* audit) const;
  absl::Status AuditHistograms(const Database& database, WriteAudit* audit) const;

  std::map<SeriesKey, std::map<int64_t, SampleState>> samples_;
  std::map<SeriesKey, std::map<int64_t, HistogramState>> histograms_;
  std::map<SeriesKey, RandomHistograms> sources_;
  std::map<SeriesKey, std::map<EntryKey, State>> entries_;
  std::map<SeriesKey, std::map<ExemplarKey, State>> exemplars_;
  uint64_t acknowledged_ = 0;
  uint64_t next_line_ = 0;
  int64_t tick_ = 0;
};

}  // namespace varve::storage

#endif  // TESTS_SUPPORT_ACKNOWLEDGED_WRITES_H_

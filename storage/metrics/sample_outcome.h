// SampleOutcome: what became of one sample, or histogram, that was appended to a series.
#ifndef STORAGE_METRICS_SAMPLE_OUTCOME_H_
#define STORAGE_METRICS_SAMPLE_OUTCOME_H_

namespace varve::storage {

enum class SampleOutcome {
  kAppended,
  kDuplicate,  // same timestamp and bits as a sample that is here already
  kConflict,   // same timestamp, other value: not stored
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_SAMPLE_OUTCOME_H_

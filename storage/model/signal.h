// Signal: the two things a database is asked for. Everything of series (samples, histograms, start
// timestamps, exemplars) is metrics.
#ifndef STORAGE_MODEL_SIGNAL_H_
#define STORAGE_MODEL_SIGNAL_H_

namespace varve::storage {

enum class Signal { kMetrics, kLogs };

}  // namespace varve::storage

#endif  // STORAGE_MODEL_SIGNAL_H_

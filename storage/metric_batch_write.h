// WriteMetricBatch: one batch of metrics goes into every store that it has something for.
//
// Threads:  any, under a shared hold of the database's gate.
// Errors:   what cannot be stored is rejected in the result; the WAL's errors come from Wait.
#ifndef STORAGE_METRIC_BATCH_WRITE_H_
#define STORAGE_METRIC_BATCH_WRITE_H_

#include <vector>

#include "storage/appender.h"
#include "storage/metrics/metric_head.h"
#include "storage/signal_stores.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {

// Puts what the limits allow into the heads and the WAL's current group, and counts into `*result`.
// Returns the tickets to wait for before the batch may be acknowledged.
std::vector<WalWriter::Ticket> WriteMetricBatch(const MetricBatch& batch,
                                                const MetricAppendLimits& limits,
                                                SignalStores* stores, WalWriter* wal,
                                                AppendResult* result);

}  // namespace varve::storage

#endif  // STORAGE_METRIC_BATCH_WRITE_H_

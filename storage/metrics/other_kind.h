// OtherKind: whether a series of one head has samples in the other one, too: floats and histograms
// of the same labels are two series to the storage, and one to whoever reads.
#ifndef STORAGE_METRICS_OTHER_KIND_H_
#define STORAGE_METRICS_OTHER_KIND_H_

#include <atomic>
#include <cstdint>

namespace varve::storage {

enum class OtherKind : uint8_t { kUnknown, kNone, kSome };

// Whether `series` is in the other head, too. It is found out, and told to the other one, when the
// series is first appended to; as both are registered before that, the later one sees the earlier.
template <typename Series, typename OtherHead>
bool IsInOtherHead(const OtherHead& other, Series* series) {
  OtherKind kind = series->other_kind.load(std::memory_order_relaxed);
  if (kind != OtherKind::kUnknown) return kind == OtherKind::kSome;
  if (other.MarkOtherKind(series->labels())) {
    series->other_kind.store(OtherKind::kSome);
    return true;
  }
  // Unless the other one came, and told it, in the meantime.
  series->other_kind.compare_exchange_strong(kind, OtherKind::kNone);
  return kind == OtherKind::kSome;
}

}  // namespace varve::storage

#endif  // STORAGE_METRICS_OTHER_KIND_H_

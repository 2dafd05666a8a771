// MetricMetadataStore: type, help and unit of metric families, as senders of remote write tell them
// every minute. It lives in memory: a restart forgets it until the next minute.
//
// Threads:  thread-safe.
// Owns:     copies of all texts, of at most kMetadataFamiliesMax families.
#ifndef SERVER_METRIC_METADATA_H_
#define SERVER_METRIC_METADATA_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/remote_write.h"
#include "storage/model/mutex.h"

namespace varve::server {

inline constexpr size_t kMetadataFamiliesMax = 100'000;
// Different exporters may describe one family differently; so many descriptions are kept.
inline constexpr size_t kMetadataPerFamilyMax = 10;

class MetricMetadataStore {
 public:
  struct Description {
    std::string type;
    std::string unit;
    std::string help;

    friend bool operator==(const Description&, const Description&) = default;
  };
  using Families = std::vector<std::pair<std::string, std::vector<Description>>>;

  void Add(const std::vector<ingest::MetricMetadata>& metadata);
  // Sorted by family; the newest description of each comes first. `family` empty: all families, at
  // most `limit` of them (0: any number).
  Families List(std::string_view family, size_t limit) const;

 private:
  mutable storage::Mutex mutex_;
  std::map<std::string, std::vector<Description>, std::less<>> families_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::server

#endif  // SERVER_METRIC_METADATA_H_

// MetricMetadataStore: type, help and unit of metric families, as senders of samples tell them.
//
// It lives in memory and is saved beside the data, a minute after a change and at the end, so that
// a restart does not forget what senders of remote write 1.0 repeat every minute only, and others
// never. What was told in the last minute before a crash may be lost: it is not part of a write.
//
// Threads:  thread-safe.
// Owns:     copies of all texts, of at most kMetadataFamiliesMax families and kMetadataBytesMax.
// Errors:   those of FileSystem. Damage costs the rest of the file, which is set aside.
// Format:   storage/docs/metadata_format.md
#ifndef STORAGE_METRIC_METADATA_STORE_H_
#define STORAGE_METRIC_METADATA_STORE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/metric_metadata.h"
#include "storage/model/mutex.h"
#include "storage/storage_options.h"

namespace varve::storage {

inline constexpr size_t kMetadataFamiliesMax = 100'000;
// Different exporters may describe one family differently; so many descriptions are kept.
inline constexpr size_t kMetadataPerFamilyMax = 10;
// Descriptions with a longer text are not kept.
inline constexpr size_t kMetadataTextBytesMax = 16 << 10;
inline constexpr size_t kMetadataBytesMax = 64 << 20;
inline constexpr int64_t kMetadataSavePeriodMs = 60'000;

class MetricMetadataStore {
 public:
  struct Description {
    std::string type;
    std::string unit;
    std::string help;

    friend bool operator==(const Description&, const Description&) = default;
  };
  using Families = std::vector<std::pair<std::string, std::vector<Description>>>;

  // Reads what an earlier process saved in the data directory, and saves there from now on.
  absl::Status Load(const StorageOptions& options);

  void Add(const std::vector<MetricMetadata>& metadata);
  // Sorted by family; the newest description of each comes first. `family` empty: all families, at
  // most `limit` of them (0: any number).
  Families List(std::string_view family, size_t limit) const;

  // Saves what is new. Nothing happens before Load.
  absl::Status Save();
  // The same, at most once in kMetadataSavePeriodMs.
  absl::Status SaveIfDue(int64_t now_ms);

 private:
  using Map = std::map<std::string, std::vector<Description>, std::less<>>;

  void AddOne(const MetricMetadata& one) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  FileSystem* files_ = nullptr;  // nullptr: nothing is saved
  std::string path_;
  Mutex save_mutex_;  // one save at a time; taken before mutex_
  mutable Mutex mutex_;
  Map families_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of all texts
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t last_save_ms_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The bytes of a metadata file, and back. `damaged`: not all of it could be read.
std::string EncodeMetadataFile(const MetricMetadataStore::Families& families);
struct MetadataFileContents {
  MetricMetadataStore::Families families;
  bool damaged = false;
};
MetadataFileContents DecodeMetadataFile(std::string_view bytes);

}  // namespace varve::storage

#endif  // STORAGE_METRIC_METADATA_STORE_H_

// DeleteRequestStore: the requests to delete log entries, as who asked for them wants to see them
// listed, also after a restart and when the entries are long gone. What hides entries are deletion
// masks; a request knows the id of its mask for as long as that exists.
//
// Threads:  thread-safe.
// Owns:     the requests, kDeleteRequestsMax at most: the oldest that are done make room.
// Errors:   those of FileSystem; RESOURCE_EXHAUSTED where none may make room. Damage costs the rest
//           of the file, which is set aside.
// Format:   storage/docs/deletes_format.md
#ifndef STORAGE_DELETE_REQUEST_STORE_H_
#define STORAGE_DELETE_REQUEST_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/mutex.h"
#include "storage/storage_options.h"

namespace varve::storage {

inline constexpr size_t kDeleteRequestsMax = 10'000;

struct DeleteRequest {
  std::string id;
  std::string query;
  int64_t begin_ns = 0;  // the first and the last moment of what is deleted
  int64_t last_ns = 0;
  int64_t created_ms = 0;
  uint64_t deletion = 0;  // Database::DeleteEntries; 0 when it is physical

  friend bool operator==(const DeleteRequest&, const DeleteRequest&) = default;
};

class DeleteRequestStore {
 public:
  // Reads what the data directory has, and saves there from now on. `pending`: what
  // Database::PendingDeletions says before anything is deleted; ids may be used again after a
  // restart, so other ones are forgotten here.
  absl::Status Load(const StorageOptions& options, const std::vector<uint64_t>& pending);

  // Durable when it returns. Before Load: FAILED_PRECONDITION.
  absl::Status Add(DeleteRequest request, const std::vector<uint64_t>& pending);
  absl::Status Remove(std::string_view id);

  std::optional<DeleteRequest> Find(std::string_view id) const;
  // In the order of their creation.
  std::vector<DeleteRequest> List() const;

 private:
  absl::Status Save(std::vector<DeleteRequest> requests) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  FileSystem* files_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::string path_ ABSL_GUARDED_BY(mutex_);
  std::vector<DeleteRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

// The bytes of the file, and back. `damaged`: not all of it could be read.
std::string EncodeDeletesFile(const std::vector<DeleteRequest>& requests);
struct DeletesFileContents {
  std::vector<DeleteRequest> requests;
  bool damaged = false;
};
DeletesFileContents DecodeDeletesFile(std::string_view bytes);

}  // namespace varve::storage

#endif  // STORAGE_DELETE_REQUEST_STORE_H_

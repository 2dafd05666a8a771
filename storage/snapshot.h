// WriteSnapshot: a copy of a database's parts, manifest, masks and metadata as a data directory of
// its own.
//
// It is put together under a temporary name and renamed when it is whole and durable, so that a
// folder of the final name always opens. Part files are linked: they never change, and a link costs
// no space until the database drops the part. Where they cannot be linked they are copied.
//
// Threads:  the maintenance thread: no part may come or go meanwhile.
// Errors:   ALREADY_EXISTS where the folder is there; those of FileSystem. What a failure leaves
// under
//           the temporary name is removed, by the next try if a crash came in between.
#ifndef STORAGE_SNAPSHOT_H_
#define STORAGE_SNAPSHOT_H_

#include <string>

#include "absl/status/status.h"
#include "storage/part_set.h"

namespace varve::storage {

// `directory` is created, and its missing parents with it.
absl::Status WriteSnapshot(const PartSet& parts, const std::string& directory);

}  // namespace varve::storage

#endif  // STORAGE_SNAPSHOT_H_

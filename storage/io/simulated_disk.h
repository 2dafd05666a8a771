// SimulatedDisk: the state behind SimulatedFileSystem: files, names, and what of both is durable.
//
// What a power cut may leave is decided per 512-byte sector and per name:
// - Bytes are durable once their file was synced. Of the others any subset of sectors may have
//   reached the disk; the file may end anywhere between its durable and its current size, and a
//   sector that did not arrive inside the new size reads as zeros.
// - A name (created, renamed, removed) is durable once its directory was synced. Of later changes
//   any subset may survive in which a change to a name is kept only with the earlier changes to
//   that name; a rename happens wholly or not at all. Directories are durable when CreateDirectory
//   returns.
// - A failed sync loses the pages it was to write: the running process still reads them, a later
//   sync reports success, and yet they need not be there after a power cut (as Linux behaves).
//
// Threads:  thread-compatible; SimulatedFileSystem holds the lock.
#ifndef STORAGE_IO_SIMULATED_DISK_H_
#define STORAGE_IO_SIMULATED_DISK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::storage {

inline constexpr uint64_t kSimulatedSectorBytes = 512;

enum class CrashMode {
  kDropUnsynced,       // nothing that was not synced, neither bytes nor names
  kKeepAll,            // everything, as after kill -9
  kKeepNamesDropData,  // all names, no unsynced bytes: files of length zero
  kRandom,             // a random legal state
};

struct SimulatedInode {
  // Copied before the next change once a reader was given it, so that readers need no lock.
  std::shared_ptr<std::string> data = std::make_shared<std::string>();
  bool data_is_shared = false;
  // durable bytes: `durable_tail` at durable_prefix, behind data[0, durable_prefix).
  uint64_t durable_prefix = 0;
  std::string durable_tail;  // not empty only after a truncation below what was synced
  // Ranges [first, second) whose sync failed.
  std::vector<std::pair<uint64_t, uint64_t>> lost;
  bool sync_failed = false;

  std::shared_ptr<const std::string> ShareData();
  std::string& MutableData();
  void Append(std::string_view bytes) { MutableData().append(bytes); }
  void Truncate(uint64_t size);
  void Sync();
  void FailSync();
  // The content after a power cut.
  std::string AfterCrash(CrashMode mode, std::mt19937_64* random) const;
};

class SimulatedDisk {
 public:
  using InodePtr = std::shared_ptr<SimulatedInode>;

  // Every path is normalized (NormalizePath).
  InodePtr Find(const std::string& path) const;
  bool IsDirectory(const std::string& path) const { return directories_.contains(path); }
  const std::map<std::string, InodePtr>& names() const { return names_; }
  const std::set<std::string>& directories() const { return directories_; }
  uint64_t used_bytes() const;

  void AddDirectory(const std::string& path) { directories_.insert(path); }
  InodePtr Create(const std::string& path);
  void Rename(const std::string& from, const std::string& to);
  void Remove(const std::string& path);
  void Link(const std::string& from, const std::string& to);
  // Durable at once, with everything in it as durable or not as it was.
  void RenameDirectory(const std::string& from, const std::string& to);
  // Durable at once, with the removals of what was in it. False where something is.
  bool RemoveDirectory(const std::string& path);
  void SyncDirectory(const std::string& directory);
  // Puts a file there as if it had always been there.
  void SetDurable(const std::string& path, std::string content);

  SimulatedDisk AfterCrash(uint64_t seed, CrashMode mode) const;

 private:
  struct NameChange {
    std::string from;  // empty unless a rename
    std::string path;  // what is created or removed, or the new name
    InodePtr inode;    // nullptr: removed
  };
  static void Apply(const NameChange& change, std::map<std::string, InodePtr>* names);

  std::set<std::string> directories_{"/", "."};
  std::map<std::string, InodePtr> names_;
  std::map<std::string, InodePtr> durable_names_;
  std::vector<NameChange> pending_;  // in order; applied to durable_names_ when synced
};

// Without "./" in front, doubled slashes, and a slash behind.
std::string NormalizePath(std::string_view path);

}  // namespace varve::storage

#endif  // STORAGE_IO_SIMULATED_DISK_H_

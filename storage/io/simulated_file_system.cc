#include "storage/io/simulated_file_system.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <thread>

#include "storage/io/file_names.h"
#include "storage/model/mutex.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {

struct SimulatedFileSystem::State {
  mutable Mutex mutex;
  SimulatedDisk disk ABSL_GUARDED_BY(mutex);
  bool crashed ABSL_GUARDED_BY(mutex) = false;
  uint64_t operation_count ABSL_GUARDED_BY(mutex) = 0;
  uint64_t crash_at ABSL_GUARDED_BY(mutex) = std::numeric_limits<uint64_t>::max();
  struct Fault {
    InjectedFault plan;
    uint64_t seen = 0;
  };
  std::vector<Fault> faults ABSL_GUARDED_BY(mutex);
  uint64_t capacity_bytes ABSL_GUARDED_BY(mutex) = std::numeric_limits<uint64_t>::max();
  int64_t sync_delay_us ABSL_GUARDED_BY(mutex) = 0;
  uint64_t sync_count ABSL_GUARDED_BY(mutex) = 0;
  uint64_t syncs_after_failed_sync ABSL_GUARDED_BY(mutex) = 0;
  std::set<std::string> locks ABSL_GUARDED_BY(mutex);

  // Counts the operation and says whether it is to fail; `*fault` is set when a planned fault did
  // it.
  absl::Status Begin(FileOperation kind, std::string_view verb, const std::string& path,
                     const InjectedFault** fault = nullptr) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (kind != FileOperation::kRead && !crashed && ++operation_count >= crash_at) crashed = true;
    VARVE_RETURN_IF_ERROR(CheckAlive(verb, path));
    for (Fault& planned : faults) {
      const InjectedFault& plan = planned.plan;
      if (plan.kind != kind || path.find(plan.path_contains) == std::string::npos) continue;
      ++planned.seen;
      if (planned.seen < plan.first || planned.seen - plan.first >= plan.count) continue;
      if (fault != nullptr) *fault = &plan;
      return plan.disk_full ? Full(verb, path)
                            : absl::UnavailableError(
                                  StrCat("cannot ", verb, " ", path, ": Input/output error"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckAlive(std::string_view verb, const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (!crashed) return absl::OkStatus();
    return absl::UnavailableError(StrCat("cannot ", verb, " ", path, ": the machine has crashed"));
  }

  static absl::Status Full(std::string_view verb, const std::string& path) {
    return absl::ResourceExhaustedError(
        StrCat("cannot ", verb, " ", path, ": No space left on device"));
  }
  static absl::Status Missing(std::string_view verb, const std::string& path) {
    return absl::NotFoundError(StrCat("cannot ", verb, " ", path, ": No such file or directory"));
  }
};

namespace {

using State = SimulatedFileSystem::State;

class SimulatedWritableFile : public WritableFile {
 public:
  SimulatedWritableFile(std::shared_ptr<State> state, std::string path,
                        std::shared_ptr<SimulatedInode> inode)
      : state_(std::move(state)), path_(std::move(path)), inode_(std::move(inode)) {}

  absl::Status Append(std::string_view data) override {
    MutexLock lock(&state_->mutex);
    VARVE_RETURN_IF_ERROR(CheckOpen("write"));
    const bool was_crashed = state_->crashed;
    const InjectedFault* fault = nullptr;
    absl::Status status = state_->Begin(FileOperation::kAppend, "write", path_, &fault);
    if (!status.ok()) {
      if (!was_crashed && state_->crashed) inode_->Append(data);
      if (fault != nullptr) inode_->Append(data.substr(0, fault->short_write_bytes));
      return status;
    }
    const uint64_t used = state_->disk.used_bytes();
    const uint64_t left = state_->capacity_bytes > used ? state_->capacity_bytes - used : 0;
    inode_->Append(data.substr(0, left));
    if (data.size() > left) return State::Full("write", path_);
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    int64_t delay_us = 0;
    absl::Status status;
    {
      MutexLock lock(&state_->mutex);
      VARVE_RETURN_IF_ERROR(CheckOpen("sync"));
      const InjectedFault* fault = nullptr;
      status = state_->Begin(FileOperation::kSync, "sync", path_, &fault);
      ++state_->sync_count;
      if (inode_->sync_failed) ++state_->syncs_after_failed_sync;
      if (fault != nullptr) inode_->FailSync();
      if (status.ok()) inode_->Sync();
      delay_us = state_->sync_delay_us;
    }
    if (delay_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    return status;
  }

  absl::Status Close() override {
    MutexLock lock(&state_->mutex);
    VARVE_RETURN_IF_ERROR(CheckOpen("close"));
    closed_ = true;
    return state_->CheckAlive("close", path_);
  }

 private:
  absl::Status CheckOpen(std::string_view verb) const {
    if (!closed_) return absl::OkStatus();
    return absl::FailedPreconditionError(StrCat("cannot ", verb, " ", path_, ": closed already"));
  }

  const std::shared_ptr<State> state_;
  const std::string path_;
  const std::shared_ptr<SimulatedInode> inode_;
  bool closed_ = false;
};

class SimulatedRandomAccessFile : public RandomAccessFile {
 public:
  SimulatedRandomAccessFile(std::shared_ptr<State> state, std::string path,
                            std::shared_ptr<const std::string> data, bool mappable)
      : state_(std::move(state)),
        path_(std::move(path)),
        data_(std::move(data)),
        mappable_(mappable) {}

  absl::Status Read(uint64_t offset, size_t length, std::string* out) const override {
    {
      MutexLock lock(&state_->mutex);
      VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kRead, "read", path_));
    }
    if (offset > data_->size() || length > data_->size() - offset) {
      return absl::OutOfRangeError(StrCat("cannot read ", path_, ": bytes ", offset, "+", length,
                                          ", want at most ", data_->size()));
    }
    out->assign(*data_, offset, length);
    return absl::OkStatus();
  }
  uint64_t size() const override { return data_->size(); }
  std::string_view mapped() const override {
    return mappable_ ? std::string_view(*data_) : std::string_view();
  }

 private:
  const std::shared_ptr<State> state_;
  const std::string path_;
  const std::shared_ptr<const std::string> data_;
  const bool mappable_;
};

class SimulatedDirectoryLock : public DirectoryLock {
 public:
  SimulatedDirectoryLock(std::shared_ptr<State> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)) {}
  ~SimulatedDirectoryLock() override {
    MutexLock lock(&state_->mutex);
    state_->locks.erase(path_);
  }

 private:
  const std::shared_ptr<State> state_;
  const std::string path_;
};

}  // namespace

SimulatedFileSystem::SimulatedFileSystem() : state_(std::make_shared<State>()) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;

absl::StatusOr<std::unique_ptr<WritableFile>> SimulatedFileSystem::NewWritableFile(
    const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kCreate, "create", name));
  if (!state_->disk.IsDirectory(DirectoryOf(name))) return State::Missing("create", name);
  if (state_->disk.Find(name) != nullptr || state_->disk.IsDirectory(name)) {
    return absl::AlreadyExistsError(StrCat("cannot create ", name, ": File exists"));
  }
  return std::make_unique<SimulatedWritableFile>(state_, name, state_->disk.Create(name));
}

absl::StatusOr<std::unique_ptr<RandomAccessFile>> SimulatedFileSystem::NewRandomAccessFile(
    const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->CheckAlive("open", name));
  const std::shared_ptr<SimulatedInode> inode = state_->disk.Find(name);
  if (inode == nullptr) return State::Missing("open", name);
  // A planned read error must be met by whoever reads, and a mapping cannot report one.
  const bool mappable =
      std::none_of(state_->faults.begin(), state_->faults.end(),
                   [](const auto& fault) { return fault.plan.kind == FileOperation::kRead; });
  return std::make_unique<SimulatedRandomAccessFile>(state_, name, inode->ShareData(), mappable);
}

absl::StatusOr<std::string> SimulatedFileSystem::ReadFile(const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, NewRandomAccessFile(path));
  std::string content;
  VARVE_RETURN_IF_ERROR(file->Read(0, file->size(), &content));
  return content;
}

absl::StatusOr<std::vector<std::string>> SimulatedFileSystem::ListDirectory(
    const std::string& path) {
  const std::string directory = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->CheckAlive("list", directory));
  if (!state_->disk.IsDirectory(directory)) return State::Missing("list", directory);
  std::vector<std::string> names;
  const auto add = [&](const std::string& entry) {
    if (entry != directory && entry != "." && DirectoryOf(entry) == directory) {
      names.emplace_back(NameOf(entry));
    }
  };
  for (const auto& [name, inode] : state_->disk.names()) add(name);
  for (const std::string& name : state_->disk.directories()) add(name);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<bool> SimulatedFileSystem::FileExists(const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->CheckAlive("find", name));
  return state_->disk.Find(name) != nullptr || state_->disk.IsDirectory(name);
}

absl::StatusOr<uint64_t> SimulatedFileSystem::FileSize(const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->CheckAlive("measure", name));
  const std::shared_ptr<SimulatedInode> inode = state_->disk.Find(name);
  if (inode == nullptr) return State::Missing("measure", name);
  return inode->data->size();
}

absl::Status SimulatedFileSystem::CreateDirectory(const std::string& path) {
  std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->CheckAlive("create", name));
  if (state_->disk.IsDirectory(name)) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kCreateDirectory, "create", name));
  if (state_->disk.Find(name) != nullptr) {
    return absl::UnavailableError(StrCat("cannot create ", name, ": Not a directory"));
  }
  for (; !state_->disk.IsDirectory(name); name = DirectoryOf(name)) {
    state_->disk.AddDirectory(name);
  }
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::RenameFile(const std::string& from, const std::string& to) {
  const std::string old_name = NormalizePath(from);
  const std::string new_name = NormalizePath(to);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kRename, "rename", old_name));
  if (state_->disk.Find(old_name) == nullptr || !state_->disk.IsDirectory(DirectoryOf(new_name))) {
    return State::Missing("rename", old_name);
  }
  if (old_name != new_name) state_->disk.Rename(old_name, new_name);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::RemoveFile(const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kRemove, "remove", name));
  if (state_->disk.Find(name) == nullptr) return State::Missing("remove", name);
  state_->disk.Remove(name);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::LinkFile(const std::string& from, const std::string& to) {
  const std::string old_name = NormalizePath(from);
  const std::string new_name = NormalizePath(to);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kLink, "link", old_name));
  if (state_->disk.Find(old_name) == nullptr || !state_->disk.IsDirectory(DirectoryOf(new_name))) {
    return State::Missing("link", old_name);
  }
  if (state_->disk.Find(new_name) != nullptr || state_->disk.IsDirectory(new_name)) {
    return absl::AlreadyExistsError(
        StrCat("cannot link ", old_name, " to ", new_name, ": File exists"));
  }
  state_->disk.Link(old_name, new_name);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::RenameDirectory(const std::string& from, const std::string& to) {
  const std::string old_name = NormalizePath(from);
  const std::string new_name = NormalizePath(to);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kRenameDirectory, "rename", old_name));
  if (!state_->disk.IsDirectory(old_name) || !state_->disk.IsDirectory(DirectoryOf(new_name))) {
    return State::Missing("rename", old_name);
  }
  if (state_->disk.Find(new_name) != nullptr || state_->disk.IsDirectory(new_name)) {
    return absl::AlreadyExistsError(
        StrCat("cannot rename ", old_name, " to ", new_name, ": File exists"));
  }
  state_->disk.RenameDirectory(old_name, new_name);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::RemoveDirectory(const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kRemoveDirectory, "remove", name));
  if (!state_->disk.IsDirectory(name)) return State::Missing("remove", name);
  if (!state_->disk.RemoveDirectory(name)) {
    return absl::UnavailableError(StrCat("cannot remove ", name, ": Directory not empty"));
  }
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::SyncDirectory(const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kSyncDirectory, "sync", name));
  if (!state_->disk.IsDirectory(name)) return State::Missing("sync", name);
  state_->disk.SyncDirectory(name);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::TruncateFile(const std::string& path, uint64_t size) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->Begin(FileOperation::kTruncate, "truncate", name));
  const std::shared_ptr<SimulatedInode> inode = state_->disk.Find(name);
  if (inode == nullptr) return State::Missing("truncate", name);
  inode->Truncate(size);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DirectoryLock>> SimulatedFileSystem::LockDirectory(
    const std::string& path) {
  const std::string name = NormalizePath(path);
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->CheckAlive("lock", name));
  if (!state_->disk.IsDirectory(name)) return State::Missing("lock", name);
  if (!state_->locks.insert(name).second) {
    return absl::FailedPreconditionError(
        StrCat("cannot lock ", name, ": held by this process, want nobody"));
  }
  return std::make_unique<SimulatedDirectoryLock>(state_, name);
}

absl::StatusOr<uint64_t> SimulatedFileSystem::FreeBytes(const std::string& path) {
  MutexLock lock(&state_->mutex);
  VARVE_RETURN_IF_ERROR(state_->CheckAlive("measure", path));
  const uint64_t used = state_->disk.used_bytes();
  return state_->capacity_bytes > used ? state_->capacity_bytes - used : 0;
}

uint64_t SimulatedFileSystem::operation_count() const {
  MutexLock lock(&state_->mutex);
  return state_->operation_count;
}

void SimulatedFileSystem::CrashAtOperation(uint64_t number) {
  MutexLock lock(&state_->mutex);
  state_->crash_at = number;
}

void SimulatedFileSystem::Crash() {
  MutexLock lock(&state_->mutex);
  state_->crashed = true;
}

bool SimulatedFileSystem::crashed() const {
  MutexLock lock(&state_->mutex);
  return state_->crashed;
}

std::unique_ptr<SimulatedFileSystem> SimulatedFileSystem::CrashState(uint64_t seed,
                                                                     CrashMode mode) const {
  auto after = std::make_unique<SimulatedFileSystem>();
  MutexLock lock(&state_->mutex);
  SimulatedDisk disk = state_->disk.AfterCrash(seed, mode);
  MutexLock after_lock(&after->state_->mutex);
  after->state_->disk = std::move(disk);
  return after;
}

void SimulatedFileSystem::InjectFault(InjectedFault fault) {
  MutexLock lock(&state_->mutex);
  state_->faults.push_back({std::move(fault), 0});
}

void SimulatedFileSystem::ClearFaults() {
  MutexLock lock(&state_->mutex);
  state_->faults.clear();
}

void SimulatedFileSystem::SetCapacityBytes(uint64_t bytes) {
  MutexLock lock(&state_->mutex);
  state_->capacity_bytes = bytes;
}

void SimulatedFileSystem::SetSyncDelayMicroseconds(int64_t delay_us) {
  MutexLock lock(&state_->mutex);
  state_->sync_delay_us = delay_us;
}

uint64_t SimulatedFileSystem::syncs_after_failed_sync() const {
  MutexLock lock(&state_->mutex);
  return state_->syncs_after_failed_sync;
}

uint64_t SimulatedFileSystem::sync_count() const {
  MutexLock lock(&state_->mutex);
  return state_->sync_count;
}

void SimulatedFileSystem::SetContent(const std::string& path, std::string content) {
  MutexLock lock(&state_->mutex);
  state_->disk.SetDurable(NormalizePath(path), std::move(content));
}

void SimulatedFileSystem::FlipBit(const std::string& path, uint64_t offset, int bit) {
  MutexLock lock(&state_->mutex);
  const std::shared_ptr<SimulatedInode> inode = state_->disk.Find(NormalizePath(path));
  if (inode == nullptr || offset >= inode->data->size()) return;
  char& byte = inode->MutableData()[offset];
  byte = static_cast<char>(byte ^ (1 << bit));
}

std::string SimulatedFileSystem::Content(const std::string& path) const {
  MutexLock lock(&state_->mutex);
  const std::shared_ptr<SimulatedInode> inode = state_->disk.Find(NormalizePath(path));
  return inode == nullptr ? std::string() : *inode->data;
}

std::vector<std::string> SimulatedFileSystem::AllPaths() const {
  MutexLock lock(&state_->mutex);
  std::vector<std::string> paths;
  for (const auto& [path, inode] : state_->disk.names()) paths.push_back(path);
  return paths;
}

}  // namespace varve::storage

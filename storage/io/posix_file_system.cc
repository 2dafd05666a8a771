#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "storage/io/file_names.h"
#include "storage/io/file_system.h"
#include "storage/io/posix_directory_lock.h"
#include "storage/io/posix_status.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// One write or read call moves at most 2 GiB less a page; ask for less than that.
constexpr size_t kTransferBytesMax = 1U << 30;

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  ~PosixWritableFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  PosixWritableFile(const PosixWritableFile&) = delete;
  PosixWritableFile& operator=(const PosixWritableFile&) = delete;

  absl::Status Append(std::string_view data) override {
    while (!data.empty()) {
      const ssize_t written =
          ::write(descriptor_, data.data(), std::min(data.size(), kTransferBytesMax));
      if (written < 0) {
        if (errno == EINTR) continue;
        return PosixStatus("write", path_, errno);
      }
      data.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    // EINTR is an error like any other here: a second call could report success for lost pages.
    if (::fdatasync(descriptor_) != 0) return PosixStatus("sync", path_, errno);
    return absl::OkStatus();
  }

  absl::Status Close() override {
    if (descriptor_ < 0) {
      return absl::FailedPreconditionError(StrCat("cannot close ", path_, ": closed already"));
    }
    const int descriptor = std::exchange(descriptor_, -1);
    if (::close(descriptor) != 0) return PosixStatus("close", path_, errno);
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  int descriptor_;
};

class PosixRandomAccessFile : public RandomAccessFile {
 public:
  PosixRandomAccessFile(std::string path, int descriptor, uint64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  ~PosixRandomAccessFile() override {
    if (mapping_ != nullptr) ::munmap(mapping_, size_);
    ::close(descriptor_);
  }
  PosixRandomAccessFile(const PosixRandomAccessFile&) = delete;
  PosixRandomAccessFile& operator=(const PosixRandomAccessFile&) = delete;

  absl::Status Read(uint64_t offset, size_t length, std::string* out) const override {
    if (offset > size_ || length > size_ - offset) {
      return absl::OutOfRangeError(StrCat("cannot read ", path_, ": bytes ", offset, " to ", offset,
                                          "+", length, ", want at most ", size_));
    }
    out->resize(length);
    size_t done = 0;
    while (done < length) {
      const ssize_t count =
          ::pread(descriptor_, out->data() + done, std::min(length - done, kTransferBytesMax),
                  static_cast<off_t>(offset + done));
      if (count < 0) {
        if (errno == EINTR) continue;
        return PosixStatus("read", path_, errno);
      }
      if (count == 0) {
        return absl::OutOfRangeError(
            StrCat("cannot read ", path_, ": ends at ", offset + done, ", want ", size_, " bytes"));
      }
      done += static_cast<size_t>(count);
    }
    return absl::OkStatus();
  }

  uint64_t size() const override { return size_; }

  std::string_view mapped() const override {
    std::call_once(map_once_, [this] {
      if (size_ == 0) return;
      void* address = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
      if (address != MAP_FAILED) mapping_ = address;
    });
    if (mapping_ == nullptr) return {};
    return {static_cast<const char*>(mapping_), static_cast<size_t>(size_)};
  }

 private:
  const std::string path_;
  const int descriptor_;
  const uint64_t size_;
  mutable std::once_flag map_once_;
  mutable void* mapping_ = nullptr;  // set once, under map_once_
};

class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return PosixStatus("create", path, errno);
    return std::make_unique<PosixWritableFile>(path, descriptor);
  }

  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return PosixStatus("open", path, errno);
    struct stat about = {};
    if (::fstat(descriptor, &about) != 0) {
      const int error = errno;
      ::close(descriptor);
      return PosixStatus("open", path, error);
    }
    return std::make_unique<PosixRandomAccessFile>(path, descriptor,
                                                   static_cast<uint64_t>(about.st_size));
  }

  absl::StatusOr<std::string> ReadFile(const std::string& path) override {
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, NewRandomAccessFile(path));
    std::string content;
    VARVE_RETURN_IF_ERROR(file->Read(0, file->size(), &content));
    return content;
  }

  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return PosixStatus("list", path, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(directory);
    if (error != 0) return PosixStatus("list", path, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::StatusOr<bool> FileExists(const std::string& path) override {
    if (::access(path.c_str(), F_OK) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return PosixStatus("find", path, errno);
  }

  absl::StatusOr<uint64_t> FileSize(const std::string& path) override {
    struct stat about = {};
    if (::stat(path.c_str(), &about) != 0) return PosixStatus("measure", path, errno);
    return static_cast<uint64_t>(about.st_size);
  }

  absl::Status CreateDirectory(const std::string& wanted) override {
    std::string path = wanted;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (::mkdir(path.c_str(), 0700) == 0) return SyncDirectory(DirectoryOf(path));
    if (errno == EEXIST) return CheckIsDirectory(path);
    if (errno != ENOENT) return PosixStatus("create", path, errno);
    const std::string parent = DirectoryOf(path);
    if (parent == path || parent == ".") return PosixStatus("create", path, ENOENT);
    VARVE_RETURN_IF_ERROR(CreateDirectory(parent));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return PosixStatus("create", path, errno);
    }
    return SyncDirectory(parent);
  }

  absl::Status RenameFile(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return PosixStatus("rename", StrCat(from, " to ", to), errno);
    }
    return absl::OkStatus();
  }

  absl::Status RemoveFile(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return PosixStatus("remove", path, errno);
    return absl::OkStatus();
  }

  absl::Status LinkFile(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) {
      return PosixStatus("link", StrCat(from, " to ", to), errno);
    }
    return absl::OkStatus();
  }

  absl::Status RenameDirectory(const std::string& from, const std::string& to) override {
    // Unlike a file, an empty directory of that name would be replaced silently.
    if (::access(to.c_str(), F_OK) == 0) {
      return PosixStatus("rename", StrCat(from, " to ", to), EEXIST);
    }
    VARVE_RETURN_IF_ERROR(RenameFile(from, to));
    return SyncDirectory(DirectoryOf(to));
  }

  absl::Status RemoveDirectory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0) return PosixStatus("remove", path, errno);
    return SyncDirectory(DirectoryOf(path));
  }

  absl::Status SyncDirectory(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return PosixStatus("sync", path, errno);
    const int error = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (error != 0) return PosixStatus("sync", path, error);
    return absl::OkStatus();
  }

  absl::Status TruncateFile(const std::string& path, uint64_t size) override {
    if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0) {
      return PosixStatus("truncate", path, errno);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectory(const std::string& path) override {
    return LockDirectoryPosix(path);
  }

  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override {
    struct statvfs about = {};
    if (::statvfs(path.c_str(), &about) != 0) return PosixStatus("measure", path, errno);
    return static_cast<uint64_t>(about.f_bavail) * about.f_frsize;
  }

 private:
  static absl::Status CheckIsDirectory(const std::string& path) {
    struct stat about = {};
    if (::stat(path.c_str(), &about) != 0) return PosixStatus("create", path, errno);
    if (!S_ISDIR(about.st_mode)) return PosixStatus("create", path, ENOTDIR);
    return absl::OkStatus();
  }
};

}  // namespace

FileSystem* FileSystem::Posix() {
  static PosixFileSystem files;
  return &files;
}

}  // namespace varve::storage

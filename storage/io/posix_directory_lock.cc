#include "storage/io/posix_directory_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "storage/io/file_names.h"
#include "storage/io/posix_status.h"

namespace varve::storage {
namespace {

class PosixDirectoryLock : public DirectoryLock {
 public:
  explicit PosixDirectoryLock(int descriptor) : descriptor_(descriptor) {}
  ~PosixDirectoryLock() override { ::close(descriptor_); }
  PosixDirectoryLock(const PosixDirectoryLock&) = delete;
  PosixDirectoryLock& operator=(const PosixDirectoryLock&) = delete;

 private:
  const int descriptor_;
};

// The first line of the lock file, "pid 1234 on host"; its writer may not have come that far yet.
std::string Holder(int descriptor) {
  std::array<char, 256> text;
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  if (length <= 0) return "another process";
  const std::string_view holder(text.data(), static_cast<size_t>(length));
  return std::string(holder.substr(0, holder.find('\n')));
}

std::string OwnName() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return StrCat("pid ", ::getpid(), " on ", std::string_view(host.data()), "\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectoryPosix(const std::string& path) {
  const std::string lock_path = JoinPath(path, kLockFileName);
  const int descriptor = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return PosixStatus("lock", lock_path, errno);
  auto lock = std::make_unique<PosixDirectoryLock>(descriptor);

  struct flock request = {};
  request.l_type = F_WRLCK;
  request.l_whence = SEEK_SET;  // from byte 0 to the end, however long the file becomes
  if (::fcntl(descriptor, F_OFD_SETLK, &request) != 0) {
    if (errno != EAGAIN && errno != EACCES) return PosixStatus("lock", lock_path, errno);
    return absl::FailedPreconditionError(
        StrCat("cannot lock ", path, ": held by ", Holder(descriptor), ", want nobody"));
  }
  const std::string name = OwnName();
  if (::ftruncate(descriptor, 0) != 0) return PosixStatus("write", lock_path, errno);
  // On a full disk the name does not fit; the lock holds all the same.
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, name.data(), name.size(), 0);
  return std::unique_ptr<DirectoryLock>(std::move(lock));
}

}  // namespace varve::storage

#include "storage/delete_request_store.h"

#include <algorithm>
#include <utility>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/io/file_names.h"
#include "storage/io/file_system.h"
#include "storage/model/text.h"
#include "storage/record_file.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr std::string_view kMagic = "VRVDELS1";

bool IsPending(const DeleteRequest& request, const std::vector<uint64_t>& pending) {
  return request.deletion != 0 &&
         std::find(pending.begin(), pending.end(), request.deletion) != pending.end();
}

void AppendRequest(const DeleteRequest& request, std::string* out) {
  std::string payload;
  ByteWriter fields(&payload);
  fields.SizedBytes(request.id);
  fields.SizedBytes(request.query);
  fields.U64(static_cast<uint64_t>(request.begin_ns));
  fields.U64(static_cast<uint64_t>(request.last_ns));
  fields.U64(static_cast<uint64_t>(request.created_ms));
  fields.Varint(request.deletion);
  AppendRecord(payload, out);
}

bool ReadRequest(std::string_view payload, std::vector<DeleteRequest>* requests) {
  ByteReader fields(payload);
  std::string_view id;
  std::string_view query;
  uint64_t begin_ns = 0;
  uint64_t last_ns = 0;
  uint64_t created_ms = 0;
  uint64_t deletion = 0;
  if (!fields.SizedBytes(&id) || !fields.SizedBytes(&query) || !fields.U64(&begin_ns) ||
      !fields.U64(&last_ns) || !fields.U64(&created_ms) || !fields.Varint(&deletion) ||
      !fields.AtEnd()) {
    return false;
  }
  requests->push_back({std::string(id), std::string(query), static_cast<int64_t>(begin_ns),
                       static_cast<int64_t>(last_ns), static_cast<int64_t>(created_ms), deletion});
  return true;
}

}  // namespace

std::string EncodeDeletesFile(const std::vector<DeleteRequest>& requests) {
  std::string bytes(kMagic);
  for (const DeleteRequest& request : requests) AppendRequest(request, &bytes);
  return bytes;
}

DeletesFileContents DecodeDeletesFile(std::string_view bytes) {
  DeletesFileContents contents;
  contents.damaged = !VisitRecords(bytes, kMagic, [&](std::string_view payload) {
    return ReadRequest(payload, &contents.requests);
  });
  return contents;
}

absl::Status DeleteRequestStore::Load(const StorageOptions& options,
                                      const std::vector<uint64_t>& pending) {
  MutexLock lock(&mutex_);
  FileSystem* const files = options.files != nullptr ? options.files : FileSystem::Posix();
  path_ = JoinPath(options.path, kDeletesFileName);
  const absl::StatusOr<std::string> bytes = files->ReadFile(path_);
  if (absl::IsNotFound(bytes.status())) {
    files_ = files;
    return absl::OkStatus();
  }
  VARVE_RETURN_IF_ERROR(bytes.status());
  DeletesFileContents contents = DecodeDeletesFile(*bytes);
  if (contents.damaged) VARVE_RETURN_IF_ERROR(SetAside(files, options.path, kDeletesFileName));
  bool changed = contents.damaged;
  for (DeleteRequest& request : contents.requests) {
    if (request.deletion == 0 || IsPending(request, pending)) continue;
    request.deletion = 0;
    changed = true;
  }
  files_ = files;
  if (changed) return Save(std::move(contents.requests));
  requests_ = std::move(contents.requests);
  return absl::OkStatus();
}

absl::Status DeleteRequestStore::Save(std::vector<DeleteRequest> requests) {
  if (files_ == nullptr) {
    return absl::FailedPreconditionError("cannot save deletes: nothing was loaded");
  }
  VARVE_RETURN_IF_ERROR(WriteFileAtomically(files_, path_, EncodeDeletesFile(requests)));
  requests_ = std::move(requests);
  return absl::OkStatus();
}

absl::Status DeleteRequestStore::Add(DeleteRequest request, const std::vector<uint64_t>& pending) {
  MutexLock lock(&mutex_);
  std::vector<DeleteRequest> requests = requests_;
  if (requests.size() >= kDeleteRequestsMax) {
    const auto done = std::find_if(requests.begin(), requests.end(),
                                   [&](const auto& one) { return !IsPending(one, pending); });
    if (done == requests.end()) {
      return absl::ResourceExhaustedError(
          StrCat("cannot list a delete request: ", requests.size(), " are pending, want fewer"));
    }
    requests.erase(done);
  }
  requests.push_back(std::move(request));
  return Save(std::move(requests));
}

absl::Status DeleteRequestStore::Remove(std::string_view id) {
  MutexLock lock(&mutex_);
  std::vector<DeleteRequest> requests = requests_;
  std::erase_if(requests, [&](const DeleteRequest& request) { return request.id == id; });
  return Save(std::move(requests));
}

std::optional<DeleteRequest> DeleteRequestStore::Find(std::string_view id) const {
  MutexLock lock(&mutex_);
  const auto found = std::find_if(requests_.begin(), requests_.end(),
                                  [&](const DeleteRequest& one) { return one.id == id; });
  return found == requests_.end() ? std::nullopt : std::optional<DeleteRequest>(*found);
}

std::vector<DeleteRequest> DeleteRequestStore::List() const {
  MutexLock lock(&mutex_);
  return requests_;
}

}  // namespace varve::storage

#include "storage/part/manifest.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "storage/io/crc32c.h"
#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr std::string_view kHeader = "varve-manifest ";
constexpr size_t kChecksumChars = 8;
constexpr uint64_t kRewriteBytes = 1 << 20;  // a manifest that has grown to this is written anew

// The checksum binds a line to its place, so that lines that were moved or repeated do not verify.
uint32_t Checksum(std::string_view text, uint64_t offset) {
  return Crc32c(text, Crc32c(absl::StrFormat("%d", offset)));
}

std::string Line(std::string_view text, uint64_t offset) {
  return StrCat(absl::StrFormat("%08x ", Checksum(text, offset)), text, "\n");
}

std::string EditText(const ManifestEdit& edit) {
  std::string text = "edit";
  for (const std::string& name : edit.added) StrAppend(&text, " +", name);
  for (const std::string& name : edit.removed) StrAppend(&text, " -", name);
  return text;
}

void ApplyText(std::string_view text, std::set<std::string>* parts) {
  size_t at = text.find(' ');
  while (at != std::string_view::npos) {
    const size_t next = text.find(' ', at + 1);
    const std::string_view word = text.substr(at + 1, next - at - 1);
    if (word.size() > 1 && word.front() == '+') parts->emplace(word.substr(1));
    if (word.size() > 1 && word.front() == '-') parts->erase(std::string(word.substr(1)));
    at = next;
  }
}

// The text of a line whose checksum verifies; empty otherwise.
std::string_view VerifiedText(std::string_view line, uint64_t offset) {
  if (line.size() <= kChecksumChars + 1 || line[kChecksumChars] != ' ') return {};
  const std::string_view text = line.substr(kChecksumChars + 1);
  if (line.substr(0, kChecksumChars) != absl::StrFormat("%08x", Checksum(text, offset))) return {};
  return text;
}

}  // namespace

absl::StatusOr<ManifestContents> ParseManifest(std::string_view bytes) {
  ManifestContents contents;
  bool seen_header = false;
  for (size_t offset = 0; offset < bytes.size();) {
    const size_t end = bytes.find('\n', offset);
    if (end == std::string_view::npos) break;  // torn last line
    const std::string_view text = VerifiedText(bytes.substr(offset, end - offset), offset);
    if (text.empty()) {
      contents.damaged = true;
    } else if (text.substr(0, kHeader.size()) == kHeader) {
      int version = 0;
      if (!absl::SimpleAtoi(ToAbsl(text.substr(kHeader.size())), &version) ||
          version != kManifestVersion) {
        return absl::FailedPreconditionError(StrCat("cannot open manifest: version ",
                                                    text.substr(kHeader.size()), ", want ",
                                                    kManifestVersion));
      }
      seen_header = true;
    } else if (text.substr(0, 4) == "edit") {
      ApplyText(text, &contents.parts);
    } else {
      contents.damaged = true;
    }
    offset = end + 1;
  }
  if (!seen_header) contents.damaged = true;
  return contents;
}

absl::StatusOr<std::unique_ptr<Manifest>> Manifest::Open(FileSystem* files, std::string directory) {
  std::unique_ptr<Manifest> manifest(new Manifest(files, std::move(directory)));
  const std::string path = JoinPath(manifest->directory_, kManifestFileName);
  VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(path));
  if (exists) {
    VARVE_ASSIGN_OR_RETURN(const std::string bytes, files->ReadFile(path));
    VARVE_ASSIGN_OR_RETURN(manifest->contents_, ParseManifest(bytes));
  }
  VARVE_RETURN_IF_ERROR(manifest->Rewrite());
  return manifest;
}

absl::Status Manifest::Apply(const ManifestEdit& edit) {
  for (const std::string& name : edit.added) contents_.parts.insert(name);
  for (const std::string& name : edit.removed) contents_.parts.erase(name);
  if (file_ == nullptr || size_bytes_ >= kRewriteBytes) return Rewrite();
  const std::string line = Line(EditText(edit), size_bytes_);
  absl::Status status = file_->Append(line);
  if (status.ok()) status = file_->Sync();
  if (!status.ok()) {
    file_.reset();
    for (const std::string& name : edit.added) contents_.parts.erase(name);
    for (const std::string& name : edit.removed) contents_.parts.insert(name);
    return status;
  }
  size_bytes_ += line.size();
  return absl::OkStatus();
}

absl::Status Manifest::Rewrite() {
  file_.reset();
  const std::string path = JoinPath(directory_, kManifestFileName);
  const std::string temporary = TemporaryName(path);
  VARVE_ASSIGN_OR_RETURN(const bool stale, files_->FileExists(temporary));
  if (stale) VARVE_RETURN_IF_ERROR(files_->RemoveFile(temporary));

  std::string bytes = Line(StrCat(kHeader, kManifestVersion), 0);
  ManifestEdit edit;
  edit.added.assign(contents_.parts.begin(), contents_.parts.end());
  if (!edit.added.empty()) StrAppend(&bytes, Line(EditText(edit), bytes.size()));

  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, files_->NewWritableFile(temporary));
  VARVE_RETURN_IF_ERROR(file->Append(bytes));
  VARVE_RETURN_IF_ERROR(file->Sync());
  VARVE_RETURN_IF_ERROR(files_->RenameFile(temporary, path));
  VARVE_RETURN_IF_ERROR(files_->SyncDirectory(directory_));
  file_ = std::move(file);
  size_bytes_ = bytes.size();
  return absl::OkStatus();
}

}  // namespace varve::storage

#include "storage/part/manifest.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "storage/io/crc32c.h"
#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr std::string_view kHeader = "varve-manifest ";
constexpr std::string_view kEdit = "edit";
constexpr std::string_view kMask = "mask";
constexpr int kOldestVersion = 1;
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
  std::string text(kEdit);
  for (const std::string& name : edit.added) StrAppend(&text, " +", name);
  for (const std::string& name : edit.removed) StrAppend(&text, " -", name);
  for (const uint64_t id : edit.dropped_masks) StrAppend(&text, " ~", id);
  return text;
}

std::string MaskText(const DeletionMask& mask) {
  return StrCat(kMask, " ", EncodeDeletionMask(mask));
}

ManifestEdit ParseEdit(std::string_view text) {
  ManifestEdit edit;
  size_t at = text.find(' ');
  while (at != std::string_view::npos) {
    const size_t next = text.find(' ', at + 1);
    const std::string_view word = text.substr(at + 1, next - at - 1);
    const std::string_view rest = word.substr(std::min<size_t>(1, word.size()));
    uint64_t id = 0;
    if (!rest.empty() && word.front() == '+') edit.added.emplace_back(rest);
    if (!rest.empty() && word.front() == '-') edit.removed.emplace_back(rest);
    if (!rest.empty() && word.front() == '~' && absl::SimpleAtoi(ToAbsl(rest), &id)) {
      edit.dropped_masks.push_back(id);
    }
    at = next;
  }
  return edit;
}

// The text of a line whose checksum verifies; empty otherwise.
std::string_view VerifiedText(std::string_view line, uint64_t offset) {
  if (line.size() <= kChecksumChars + 1 || line[kChecksumChars] != ' ') return {};
  const std::string_view text = line.substr(kChecksumChars + 1);
  if (line.substr(0, kChecksumChars) != absl::StrFormat("%08x", Checksum(text, offset))) return {};
  return text;
}

// Whether a part of the line lies in a sector that a crash has kept from the disk: it reads as
// zeros, of which no line has any, and a flipped bit makes no two, nor the first character of one.
bool LacksSector(std::string_view line) {
  constexpr std::string_view kZeros("\0\0", 2);
  return line.substr(0, 1) == kZeros.substr(0, 1) || line.find(kZeros) != std::string_view::npos;
}

// Applies one verified line. Damage is a text that is none of ours.
absl::Status ApplyText(std::string_view text, bool* seen_header, ManifestContents* contents) {
  if (text.substr(0, kHeader.size()) == kHeader) {
    int version = 0;
    if (!absl::SimpleAtoi(ToAbsl(text.substr(kHeader.size())), &version) ||
        version < kOldestVersion || version > kManifestVersion) {
      return absl::FailedPreconditionError(StrCat("cannot open manifest: version ",
                                                  text.substr(kHeader.size()), ", want ",
                                                  kOldestVersion, " to ", kManifestVersion));
    }
    *seen_header = true;
    return absl::OkStatus();
  }
  if (text.substr(0, kEdit.size()) == kEdit) {
    contents->Apply(ParseEdit(text));
    return absl::OkStatus();
  }
  if (text.substr(0, kMask.size() + 1) == StrCat(kMask, " ")) {
    absl::StatusOr<DeletionMask> mask = ParseDeletionMask(text.substr(kMask.size() + 1));
    if (mask.ok()) {
      contents->masks.push_back(std::make_shared<const DeletionMask>(*std::move(mask)));
      return absl::OkStatus();
    }
  }
  contents->damaged = true;
  return absl::OkStatus();
}

}  // namespace

bool ManifestContents::Lists(std::string_view part) const {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

void ManifestContents::Apply(const ManifestEdit& edit) {
  const absl::flat_hash_set<std::string> removed(edit.removed.begin(), edit.removed.end());
  const absl::flat_hash_set<std::string> added(edit.added.begin(), edit.added.end());
  std::vector<std::string> kept;
  size_t place = std::string::npos;
  for (std::string& part : parts) {
    if (removed.contains(part)) {
      if (place == std::string::npos) place = kept.size();
    } else if (!added.contains(part)) {
      kept.push_back(std::move(part));
    }
  }
  place = std::min(place, kept.size());
  kept.insert(kept.begin() + static_cast<ptrdiff_t>(place), edit.added.begin(), edit.added.end());
  parts = std::move(kept);
  std::erase_if(masks, [&](const DeletionMaskPtr& mask) {
    return std::find(edit.dropped_masks.begin(), edit.dropped_masks.end(), mask->id) !=
           edit.dropped_masks.end();
  });
}

absl::StatusOr<ManifestContents> ParseManifest(std::string_view bytes) {
  ManifestContents contents;
  bool seen_header = false;
  for (size_t offset = 0; offset < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', offset), bytes.size());
    const std::string_view line = bytes.substr(offset, end - offset);
    std::string_view text = VerifiedText(line, offset);
    if (text.empty() && end == bytes.size()) {
      // A torn last line, unless only the line feed is another byte.
      text = VerifiedText(line.substr(0, line.size() - 1), offset);
      if (text.empty()) break;
      contents.damaged = true;
    }
    // A torn one as well, of which the end has come to the disk before the rest.
    if (text.empty() && end + 1 == bytes.size() && LacksSector(line)) break;
    if (text.empty()) {
      contents.damaged = true;
    } else {
      VARVE_RETURN_IF_ERROR(ApplyText(text, &seen_header, &contents));
    }
    offset = end + 1;
  }
  if (!seen_header) contents.damaged = true;
  return contents;
}

std::string EncodeManifest(const ManifestContents& contents) {
  std::string bytes = Line(StrCat(kHeader, kManifestVersion), 0);
  if (!contents.parts.empty()) {
    StrAppend(&bytes, Line(EditText({.added = contents.parts, .removed = {}}), bytes.size()));
  }
  for (const DeletionMaskPtr& mask : contents.masks) {
    StrAppend(&bytes, Line(MaskText(*mask), bytes.size()));
  }
  return bytes;
}

absl::StatusOr<std::unique_ptr<Manifest>> Manifest::Open(FileSystem* files, std::string directory) {
  std::unique_ptr<Manifest> manifest(new Manifest(files, std::move(directory)));
  const std::string path = JoinPath(manifest->directory_, kManifestFileName);
  VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(path));
  if (exists) {
    VARVE_ASSIGN_OR_RETURN(const std::string bytes, files->ReadFile(path));
    VARVE_ASSIGN_OR_RETURN(manifest->contents_, ParseManifest(bytes));
    if (manifest->was_damaged()) {
      const std::string quarantine = JoinPath(manifest->directory_, kQuarantineDirectoryName);
      VARVE_RETURN_IF_ERROR(files->CreateDirectory(quarantine));
      VARVE_RETURN_IF_ERROR(
          WriteFileAtomically(files, JoinPath(quarantine, kManifestFileName), bytes));
    }
  }
  VARVE_RETURN_IF_ERROR(manifest->Rewrite());
  return manifest;
}

absl::Status Manifest::Apply(const ManifestEdit& edit) {
  ManifestContents contents = contents_;
  contents.Apply(edit);
  return Write(EditText(edit), std::move(contents));
}

absl::Status Manifest::AddMask(DeletionMaskPtr mask) {
  const std::string text = MaskText(*mask);
  ManifestContents contents = contents_;
  contents.masks.push_back(std::move(mask));
  return Write(text, std::move(contents));
}

absl::Status Manifest::Write(std::string_view text, ManifestContents contents) {
  if (file_ == nullptr || size_bytes_ >= kRewriteBytes) {
    std::swap(contents_, contents);
    const absl::Status status = Rewrite();
    if (!status.ok()) std::swap(contents_, contents);
    return status;
  }
  const std::string line = Line(text, size_bytes_);
  absl::Status status = file_->Append(line);
  if (status.ok()) status = file_->Sync();
  if (!status.ok()) {
    file_.reset();
    return status;
  }
  size_bytes_ += line.size();
  contents_ = std::move(contents);
  return absl::OkStatus();
}

absl::Status Manifest::Rewrite() {
  file_.reset();
  const std::string path = JoinPath(directory_, kManifestFileName);
  const std::string temporary = TemporaryName(path);
  VARVE_ASSIGN_OR_RETURN(const bool stale, files_->FileExists(temporary));
  if (stale) VARVE_RETURN_IF_ERROR(files_->RemoveFile(temporary));
  const std::string bytes = EncodeManifest(contents_);
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

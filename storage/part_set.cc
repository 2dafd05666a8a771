#include "storage/part_set.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {

PartSnapshot::PartSnapshot(const std::vector<StoredPartPtr>& parts) {
  for (const StoredPartPtr& part : parts) {
    kinds_[static_cast<size_t>(part->summary.kind) - 1].push_back(part);
  }
}

std::vector<StoredPartPtr> PartSnapshot::Named(SignalKind kind,
                                               const std::vector<std::string>& names) const {
  std::vector<StoredPartPtr> named;
  for (const StoredPartPtr& part : Of(kind)) {
    if (std::find(names.begin(), names.end(), part->summary.name) != names.end()) {
      named.push_back(part);
    }
  }
  return named;
}

absl::StatusOr<std::unique_ptr<PartSet>> PartSet::Open(FileSystem* files, std::string directory) {
  std::unique_ptr<PartSet> set(new PartSet(files, std::move(directory)));
  VARVE_RETURN_IF_ERROR(files->CreateDirectory(JoinPath(set->directory_, kPartsDirectoryName)));
  VARVE_ASSIGN_OR_RETURN(set->manifest_, Manifest::Open(files, set->directory_));
  VARVE_RETURN_IF_ERROR(set->OpenAll());
  return set;
}

std::string PartSet::PathOf(std::string_view name) const {
  return JoinPath(JoinPath(directory_, kPartsDirectoryName), name);
}

std::string PartSet::NewPartName(SignalKind kind, uint64_t* part_id) {
  *part_id = next_part_id_++;
  return PartFileName(SignalKindName(kind), *part_id);
}

absl::Status PartSet::SetAside(const std::string& name) {
  const std::string quarantine = JoinPath(directory_, kQuarantineDirectoryName);
  VARVE_RETURN_IF_ERROR(files_->CreateDirectory(quarantine));
  VARVE_RETURN_IF_ERROR(files_->RenameFile(PathOf(name), JoinPath(quarantine, name)));
  VARVE_RETURN_IF_ERROR(files_->SyncDirectory(quarantine));
  ++quarantined_files_;
  return absl::OkStatus();
}

absl::Status PartSet::OpenAll() {
  const std::string directory = JoinPath(directory_, kPartsDirectoryName);
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_->ListDirectory(directory));
  std::set<std::string> missing = manifest_->parts();
  std::vector<StoredPartPtr> opened;
  ManifestEdit edit;
  for (const std::string& name : names) {
    if (const auto fields = ParsePartFileName(name); fields.has_value()) {
      next_part_id_ = std::max(next_part_id_, fields->part_id + 1);
    }
    const bool listed = missing.erase(name) > 0;
    if (IsTemporaryName(name)) {
      VARVE_RETURN_IF_ERROR(files_->RemoveFile(PathOf(name)));  // a part that was never finished
      continue;
    }
    if (!ParsePartFileName(name).has_value()) continue;  // not ours
    if (!listed && !manifest_->was_damaged()) {
      // Finished, but the crash came before the manifest named it: what it holds is still in the
      // WAL, or in the parts it was merged from.
      VARVE_RETURN_IF_ERROR(files_->RemoveFile(PathOf(name)));
      continue;
    }
    absl::StatusOr<StoredPartPtr> part = OpenStoredPart(files_, PathOf(name));
    if (part.ok()) {
      if (!listed) edit.added.push_back(name);
      opened.push_back(*std::move(part));
    } else if (absl::IsDataLoss(part.status())) {
      VARVE_RETURN_IF_ERROR(SetAside(name));
      if (listed) edit.removed.push_back(name);
    } else {
      return part.status();
    }
  }
  edit.removed.insert(edit.removed.end(), missing.begin(), missing.end());
  quarantined_files_ += missing.size();  // named, but gone: as lost as a damaged one
  if (!edit.added.empty() || !edit.removed.empty()) VARVE_RETURN_IF_ERROR(manifest_->Apply(edit));
  Publish(std::move(opened));
  return absl::OkStatus();
}

void PartSet::Publish(std::vector<StoredPartPtr> parts) {
  std::sort(parts.begin(), parts.end(), [](const StoredPartPtr& a, const StoredPartPtr& b) {
    return std::tie(a->summary.metadata.min_time, a->summary.name) <
           std::tie(b->summary.metadata.min_time, b->summary.name);
  });
  auto snapshot = std::make_shared<const PartSnapshot>(parts);
  MutexLock lock(&mutex_);
  parts_ = std::move(parts);
  snapshot_ = std::move(snapshot);
}

std::shared_ptr<const PartSnapshot> PartSet::Snapshot() const {
  MutexLock lock(&mutex_);
  return snapshot_;
}

std::vector<PartSummary> PartSet::Summaries() const {
  MutexLock lock(&mutex_);
  std::vector<PartSummary> summaries;
  summaries.reserve(parts_.size());
  for (const StoredPartPtr& part : parts_) summaries.push_back(part->summary);
  return summaries;
}

absl::Status PartSet::Replace(const std::vector<std::string>& added,
                              const std::vector<std::string>& removed) {
  std::vector<StoredPartPtr> parts;
  {
    MutexLock lock(&mutex_);
    for (const StoredPartPtr& part : parts_) {
      if (std::find(removed.begin(), removed.end(), part->summary.name) == removed.end()) {
        parts.push_back(part);
      }
    }
  }
  for (const std::string& name : added) {
    VARVE_ASSIGN_OR_RETURN(StoredPartPtr part, OpenStoredPart(files_, PathOf(name)));
    parts.push_back(std::move(part));
  }
  VARVE_RETURN_IF_ERROR(manifest_->Apply({added, removed}));
  Publish(std::move(parts));
  // A removed file that stays because of an error is an orphan, which the next Open deletes.
  for (const std::string& name : removed) files_->RemoveFile(PathOf(name)).IgnoreError();
  return absl::OkStatus();
}

}  // namespace varve::storage

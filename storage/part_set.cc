#include "storage/part_set.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
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

absl::StatusOr<std::unique_ptr<PartSet>> PartSet::Open(FileSystem* files, std::string directory,
                                                       EntryFilterCompiler compile) {
  std::unique_ptr<PartSet> set(new PartSet(files, std::move(directory), std::move(compile)));
  VARVE_RETURN_IF_ERROR(files->CreateDirectory(JoinPath(set->directory_, kPartsDirectoryName)));
  VARVE_ASSIGN_OR_RETURN(set->manifest_, Manifest::Open(files, set->directory_));
  VARVE_RETURN_IF_ERROR(set->OpenAll());
  return set;
}

absl::StatusOr<EntryFilterPtr> PartSet::Compile(const std::string& filter) const {
  if (compile_ == nullptr) {
    return absl::FailedPreconditionError(
        StrCat("cannot compile the filter of a deletion: ", Quote(filter), ", no compiler"));
  }
  return compile_(filter);
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
  if (manifest_->was_damaged()) ++quarantined_files_;
  // Ids that masks know stay used, though the parts that had them may be gone.
  for (const DeletionMaskPtr& mask : contents().masks) {
    next_part_id_ = std::max(next_part_id_, mask->parts_end);
    next_mask_id_ = std::max(next_mask_id_, mask->id + 1);
    if (mask->filter.empty()) continue;
    // What a delete hid must not come back, so without its filter nothing is opened.
    const absl::StatusOr<EntryFilterPtr> filter = Compile(mask->filter);
    if (!filter.ok()) return absl::FailedPreconditionError(filter.status().message());
    filters_[mask->id] = *filter;
  }
  std::set<std::string> missing(contents().parts.begin(), contents().parts.end());
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
  if (!edit.added.empty() || !edit.removed.empty()) {
    // What no line names may be of any age; behind the others is where it does least.
    VARVE_RETURN_IF_ERROR(manifest_->Apply({.added = {}, .removed = edit.removed}));
    VARVE_RETURN_IF_ERROR(manifest_->Apply({.added = edit.added, .removed = {}}));
  }
  Publish(std::move(opened));
  return absl::OkStatus();
}

void PartSet::Publish(std::vector<StoredPartPtr> parts) {
  absl::flat_hash_map<std::string, size_t> ages;
  for (const std::string& name : contents().parts) ages.emplace(name, ages.size());
  std::sort(parts.begin(), parts.end(), [&](const StoredPartPtr& a, const StoredPartPtr& b) {
    return ages[a->summary.name] < ages[b->summary.name];
  });
  for (StoredPartPtr& part : parts) {
    const PartSummary& summary = part->summary;
    PartDeletionsPtr deletions =
        PartDeletions::For(summary.kind, summary.metadata, contents().masks, filters_);
    const bool same = part->deletions == nullptr || deletions == nullptr
                          ? part->deletions == deletions
                          : part->deletions->masks() == deletions->masks();
    if (same) continue;  // and keep what it has found
    part =
        std::make_shared<const StoredPart>(StoredPart{summary, part->reader, std::move(deletions)});
  }
  absl::erase_if(filters_, [this](const auto& one) {
    return std::none_of(contents().masks.begin(), contents().masks.end(),
                        [&](const DeletionMaskPtr& mask) { return mask->id == one.first; });
  });
  mask_count_.store(contents().masks.size(), std::memory_order_relaxed);
  auto snapshot = std::make_shared<const PartSnapshot>(parts);
  std::vector<uint64_t> mask_ids;
  for (const DeletionMaskPtr& mask : contents().masks) mask_ids.push_back(mask->id);
  std::sort(mask_ids.begin(), mask_ids.end());
  MutexLock lock(&mutex_);
  mask_ids_ = std::move(mask_ids);
  parts_ = std::move(parts);
  snapshot_ = std::move(snapshot);
}

std::shared_ptr<const PartSnapshot> PartSet::Snapshot() const {
  MutexLock lock(&mutex_);
  return snapshot_;
}

std::vector<uint64_t> PartSet::MaskIds() const {
  MutexLock lock(&mutex_);
  return mask_ids_;
}

std::vector<StoredPartPtr> PartSet::Parts() const {
  MutexLock lock(&mutex_);
  return parts_;
}

std::vector<PartSummary> PartSet::Summaries() const {
  std::vector<PartSummary> summaries;
  for (const StoredPartPtr& part : Parts()) summaries.push_back(part->summary);
  return summaries;
}

std::vector<uint64_t> PartSet::IdleMasks(const std::vector<StoredPartPtr>& parts) const {
  std::vector<uint64_t> idle;
  for (const DeletionMaskPtr& mask : contents().masks) {
    const auto hides = [&](const StoredPartPtr& part) {
      return mask->MayHide(part->summary.kind, part->summary.metadata);
    };
    if (std::none_of(parts.begin(), parts.end(), hides)) idle.push_back(mask->id);
  }
  return idle;
}

absl::Status PartSet::Replace(const std::vector<std::string>& added,
                              const std::vector<std::string>& removed) {
  std::vector<StoredPartPtr> parts;
  for (StoredPartPtr& part : Parts()) {
    if (std::find(removed.begin(), removed.end(), part->summary.name) == removed.end()) {
      parts.push_back(std::move(part));
    }
  }
  for (const std::string& name : added) {
    VARVE_ASSIGN_OR_RETURN(StoredPartPtr part, OpenStoredPart(files_, PathOf(name)));
    parts.push_back(std::move(part));
  }
  VARVE_RETURN_IF_ERROR(manifest_->Apply({added, removed, IdleMasks(parts)}));
  Publish(std::move(parts));
  // A removed file that stays because of an error is an orphan, which the next Open deletes.
  for (const std::string& name : removed) files_->RemoveFile(PathOf(name)).IgnoreError();
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> PartSet::AddMask(Signal signal, const std::vector<Matcher>& matchers,
                                          TimeRange range, const std::string& filter) {
  auto mask = std::make_shared<DeletionMask>();
  mask->id = next_mask_id_;
  mask->signal = signal;
  mask->matchers = matchers;
  mask->range = range;
  mask->parts_end = next_part_id_;
  mask->filter = filter;
  std::vector<StoredPartPtr> parts = Parts();
  const auto hides = [&](const StoredPartPtr& part) {
    return mask->MayHide(part->summary.kind, part->summary.metadata);
  };
  EntryFilterPtr compiled;
  if (!filter.empty()) {
    VARVE_ASSIGN_OR_RETURN(compiled, Compile(filter));
  }
  if (std::none_of(parts.begin(), parts.end(), hides)) return 0;
  for (const DeletionMaskPtr& other : contents().masks) {
    if (other->Covers(*mask)) return other->id;
  }
  VARVE_RETURN_IF_ERROR(manifest_->AddMask(std::move(mask)));
  const uint64_t id = next_mask_id_++;
  if (compiled != nullptr) filters_[id] = std::move(compiled);
  Publish(std::move(parts));
  return id;
}

absl::Status PartSet::DropMasks(const std::vector<uint64_t>& ids) {
  if (ids.empty()) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(manifest_->Apply({.added = {}, .removed = {}, .dropped_masks = ids}));
  Publish(Parts());
  return absl::OkStatus();
}

}  // namespace varve::storage

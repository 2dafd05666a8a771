#include "storage/compactor.h"

#include <algorithm>
#include <memory>

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {

std::vector<PartSummary> Compactor::MergeableParts() const {
  std::vector<PartSummary> parts;
  for (const StoredPartPtr& part : parts_->Parts()) {
    const PartSummary& summary = part->summary;
    if (damaged_parts_.count(summary.name) > 0 || stores_->Of(summary.kind) == nullptr) continue;
    if (!KeepsHidden(*part)) parts.push_back(summary);
  }
  return parts;
}

bool Compactor::KeepsHidden(const StoredPart& part) const {
  if (!keep_deleted_entries_ || part.deletions == nullptr) return false;
  if (SignalOf(part.summary.kind) != Signal::kLogs) return false;
  const absl::StatusOr<const SeriesIndex*> index = IndexOf(part);
  if (!index.ok()) return true;
  const absl::StatusOr<const HiddenSeries*> hidden = part.deletions->Find(**index);
  return !hidden.ok() || !(*hidden)->empty();
}

absl::Status Compactor::Merge(const CompactionPlan& plan) {
  const std::vector<StoredPartPtr> inputs = parts_->Snapshot()->Named(plan.kind, plan.inputs);
  PartMetadata identity;
  const std::string name = parts_->NewPartName(plan.kind, &identity.part_id);
  identity.level = plan.level;
  identity.partition_day = inputs.front()->summary.metadata.partition_day;
  const absl::StatusOr<bool> written =
      stores_->Of(plan.kind)->Merge(parts_->files(), inputs, parts_->PathOf(name), identity);
  if (absl::IsDataLoss(written.status())) {
    // Merging them again would fail again; they stay readable as far as they are.
    damaged_parts_.insert(plan.inputs.begin(), plan.inputs.end());
  }
  VARVE_RETURN_IF_ERROR(written.status());
  if (!*written && std::none_of(inputs.begin(), inputs.end(), [](const StoredPartPtr& part) {
        return part->deletions != nullptr;
      })) {
    return absl::InternalError(
        StrCat("cannot merge into ", name, ": nothing came out, want what the inputs hold"));
  }
  std::vector<std::string> outputs;
  if (*written) outputs.push_back(name);
  VARVE_RETURN_IF_ERROR(parts_->Replace(outputs, plan.inputs));
  merges_.fetch_add(1, std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status Compactor::CleanDeletions() {
  absl::Status first_error;
  std::set<uint64_t> needed;
  for (const StoredPartPtr& part : parts_->Parts()) {
    if (part->deletions == nullptr) continue;
    const bool keeps = KeepsHidden(*part);
    const absl::Status status = keeps ? absl::OkStatus() : CleanPart(*part);
    if (status.ok() && !keeps) continue;
    first_error.Update(status);
    for (const DeletionMaskPtr& mask : part->deletions->masks()) needed.insert(mask->id);
  }
  std::vector<uint64_t> idle;
  for (const DeletionMaskPtr& mask : parts_->contents().masks) {
    if (needed.count(mask->id) == 0) idle.push_back(mask->id);
  }
  first_error.Update(parts_->DropMasks(idle));
  return first_error;
}

absl::Status Compactor::CleanPart(const StoredPart& part) {
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, IndexOf(part));
  VARVE_ASSIGN_OR_RETURN(const HiddenSeries* hidden, part.deletions->Find(*index));
  if (hidden->empty()) return absl::OkStatus();
  CompactionPlan plan;
  plan.kind = part.summary.kind;
  plan.inputs = {part.summary.name};
  plan.level = part.summary.metadata.level;
  return Merge(plan);
}

absl::Status Compactor::MergeDue(int64_t now_ms) {
  const auto plan = PlanCompaction(MergeableParts(), now_ms);
  return plan.has_value() ? Merge(*plan) : absl::OkStatus();
}

absl::Status Compactor::MergeAll() {
  while (const auto plan = PlanFullCompaction(MergeableParts())) {
    VARVE_RETURN_IF_ERROR(Merge(*plan));
  }
  return absl::OkStatus();
}

absl::Status Compactor::DropExpired(int64_t now_ms, int64_t retention_ms, uint64_t bytes_max) {
  const std::vector<std::string> expired =
      PlanRetention(parts_->Summaries(), now_ms, retention_ms, bytes_max);
  return expired.empty() ? absl::OkStatus() : parts_->Replace({}, expired);
}

}  // namespace varve::storage

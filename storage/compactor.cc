#include "storage/compactor.h"

#include <algorithm>
#include <memory>

#include "storage/status_macros.h"

namespace varve::storage {

std::vector<PartSummary> Compactor::MergeableParts() const {
  std::vector<PartSummary> parts = parts_->Summaries();
  std::erase_if(parts, [this](const PartSummary& part) {
    return damaged_parts_.count(part.name) > 0 || stores_->Of(part.kind) == nullptr;
  });
  return parts;
}

absl::Status Compactor::Merge(const CompactionPlan& plan) {
  const std::vector<StoredPartPtr> inputs = parts_->Snapshot()->Named(plan.kind, plan.inputs);
  PartMetadata identity;
  const std::string name = parts_->NewPartName(plan.kind, &identity.part_id);
  identity.level = plan.level;
  identity.partition_day = inputs.front()->summary.metadata.partition_day;
  const absl::Status status =
      stores_->Of(plan.kind)->Merge(parts_->files(), inputs, parts_->PathOf(name), identity);
  if (absl::IsDataLoss(status)) {
    // Merging them again would fail again; they stay readable as far as they are.
    damaged_parts_.insert(plan.inputs.begin(), plan.inputs.end());
  }
  VARVE_RETURN_IF_ERROR(status);
  VARVE_RETURN_IF_ERROR(parts_->Replace({name}, plan.inputs));
  merges_.fetch_add(1, std::memory_order_relaxed);
  return absl::OkStatus();
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

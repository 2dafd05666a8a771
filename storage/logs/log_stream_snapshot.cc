#include "storage/logs/log_stream_snapshot.h"

#include <algorithm>

#include "storage/logs/log_block_scan.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Pieces that follow each other in time, read one after the other.
class PieceChainSource : public LogBatchSource {
 public:
  PieceChainSource(const LogReadOptions* options, const LogNeedles* needles,
                   std::span<const LogSnapshotPiece> pieces)
      : options_(options), needles_(needles), scan_(options, needles) {
    for (const LogSnapshotPiece& piece : pieces) {
      if (TimeRange::Inclusive(piece.min_ns, piece.max_ns).Overlaps(options->range_ns)) {
        pieces_.push_back(&piece);
      }
    }
    if (options->direction == Direction::kBackward) std::reverse(pieces_.begin(), pieces_.end());
  }

  int64_t bound_ns() const override {
    if (scan_.has_more()) return scan_.next_ns();
    const bool backward = options_->direction == Direction::kBackward;
    if (next_ == pieces_.size()) return backward ? INT64_MIN : INT64_MAX;
    return backward ? pieces_[next_]->max_ns : pieces_[next_]->min_ns;
  }

  absl::StatusOr<bool> Next(LogColumns* columns) override {
    if (scan_.has_more()) {
      VARVE_RETURN_IF_ERROR(scan_.ReadMore(columns));
      return true;
    }
    while (next_ < pieces_.size()) {
      current_ = pieces_[next_++];
      if (current_->block == nullptr) {
        ReadTail(columns);
      } else {
        if (!needles_->BlockMayMatch(current_->block->filter)) continue;
        bytes_ = MemoryBlockBytes(current_->block->bytes);
        VARVE_RETURN_IF_ERROR(scan_.Read(&bytes_, 0, {0, current_->block->entries()}, columns));
      }
      if (columns->size > 0) return true;
    }
    return false;
  }

  absl::Status LoadAll(LogColumns* columns) override {
    if (current_->block != nullptr) return scan_.LoadAll(columns);
    FillTailText(columns);
    return absl::OkStatus();
  }

 private:
  void ReadTail(LogColumns* columns) {
    *columns = LogColumns();
    selected_.clear();
    for (const TailEntry& entry : current_->tail.entries) {
      if (options_->range_ns.Contains(entry.timestamp_ns) && needles_->LineMatches(entry.line()) &&
          needles_->MetadataMatches(entry.metadata())) {
        selected_.push_back(&entry);
      }
    }
    if (options_->direction == Direction::kBackward) {
      std::reverse(selected_.begin(), selected_.end());
    }
    timestamps_.clear();
    line_bytes_.clear();
    for (const TailEntry* entry : selected_) {
      timestamps_.push_back(entry->timestamp_ns);
      line_bytes_.push_back(entry->line_bytes);
    }
    columns->size = selected_.size();
    columns->timestamps_ns = timestamps_;
    columns->line_bytes = line_bytes_;
    if (options_->need_lines || options_->need_metadata) FillTailText(columns);
    if (!options_->need_lines) columns->lines = {};
    if (!options_->need_metadata) columns->metadata = {};
  }

  void FillTailText(LogColumns* columns) {
    lines_.clear();
    metadata_.clear();
    bool any_metadata = false;
    for (const TailEntry* entry : selected_) {
      lines_.push_back(entry->line());
      metadata_.push_back(entry->metadata());
      any_metadata = any_metadata || entry->metadata_bytes != 0;
    }
    columns->lines = lines_;
    if (any_metadata) columns->metadata = metadata_;
  }

  const LogReadOptions* options_;
  const LogNeedles* needles_;
  std::vector<const LogSnapshotPiece*> pieces_;
  size_t next_ = 0;
  const LogSnapshotPiece* current_ = nullptr;
  LogBlockScan scan_;
  MemoryBlockBytes bytes_;

  std::vector<const TailEntry*> selected_;
  std::vector<int64_t> timestamps_;
  std::vector<uint32_t> line_bytes_;
  std::vector<std::string_view> lines_;
  std::vector<LabelSetView> metadata_;
};

}  // namespace

bool LogStreamSnapshot::in_order() const {
  for (size_t i = 1; i < pieces.size(); ++i) {
    if (pieces[i].min_ns <= pieces[i - 1].max_ns) return false;
  }
  return true;
}

void LogStreamSnapshot::Prepare() {
  for (LogSnapshotPiece& piece : pieces) {
    if (piece.block == nullptr) SortSnapshot(&piece.tail);
  }
}

void AppendPieceSources(std::span<const LogSnapshotPiece> pieces, const LogReadOptions* options,
                        const LogNeedles* needles,
                        std::vector<std::unique_ptr<LogBatchSource>>* sources) {
  for (size_t begin = 0; begin < pieces.size();) {
    size_t end = begin + 1;
    while (end < pieces.size() && pieces[end].min_ns > pieces[end - 1].max_ns) ++end;
    sources->push_back(
        std::make_unique<PieceChainSource>(options, needles, pieces.subspan(begin, end - begin)));
    begin = end;
  }
}

}  // namespace varve::storage

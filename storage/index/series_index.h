// SeriesIndex answers from the bytes of a part which series match, and what their labels are. It
// serves metric series and log streams alike. An id is the rank of the label set, so ids in order
// are label sets in order.
//
// Opening it reads a few heads, whatever its size; everything else is read where it lies.
//
// Threads:  thread-safe; a SeriesCursor belongs to one thread.
// Owns:     nothing but a small bounded memory of answered expressions; the bytes outlive it.
// Errors:   DATA_LOSS for bytes that are no index. Any bytes are safe to open and to ask.
// Format:   storage/docs/index_format.md
#ifndef STORAGE_INDEX_SERIES_INDEX_H_
#define STORAGE_INDEX_SERIES_INDEX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/id_bitmap.h"
#include "storage/index/postings.h"
#include "storage/index/symbol_table.h"
#include "storage/model/label_set.h"
#include "storage/model/matcher.h"
#include "storage/model/mutex.h"
#include "storage/model/text.h"

namespace varve::storage {

// What expression matchers accepted is remembered up to so many bytes a part.
inline constexpr size_t kRememberedBytesMax = 256 << 10;
// Below this many values, running the expression again costs less than remembering.
inline constexpr uint32_t kRememberedValuesMin = 64;

// The sections of an index, as SeriesIndexWriter made them.
struct SeriesIndexViews {
  std::string_view labels;
  std::string_view series;
  std::string_view postings;
};

class SeriesIndex {
 public:
  static absl::StatusOr<std::unique_ptr<SeriesIndex>> Open(const SeriesIndexViews& views);

  uint32_t series_count() const { return series_count_; }

  // The ids that pass all matchers, in order; all ids where there is no matcher.
  absl::StatusOr<IdList> Match(const std::vector<Matcher>& matchers) const;

  absl::StatusOr<LabelSet> Labels(uint32_t id) const;

  // Sorted, each once: of the series that pass all matchers, or of those with the ids given. What
  // matches is not listed where few postings lists tell it.
  absl::StatusOr<std::vector<std::string>> LabelNames(const std::vector<Matcher>& matchers) const;
  absl::StatusOr<std::vector<std::string>> LabelNames(const IdList& ids) const;
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                       const std::vector<Matcher>& matchers) const;
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                       const IdList& ids) const;

  // Reads everything: every string, label set and list, and that they agree.
  absl::Status Verify() const;

 private:
  friend class SeriesCursor;
  struct RememberedIds;  // series_index_match.cc

  // What the sections hold of one label name.
  struct NameRegion {
    SymbolTable values;
    std::string_view postings;
  };

  SeriesIndex() = default;
  absl::Status ParseLabels(const SeriesIndexViews& views);
  absl::Status ParseSeries(std::string_view section);
  absl::StatusOr<NameRegion> Region(uint32_t name_rank) const;
  absl::StatusOr<std::optional<NameRegion>> FindRegion(std::string_view name) const;
  // All series that have the name.
  absl::StatusOr<EncodedPostings> PresenceList(const NameRegion& region) const;

  // The ids that pass all matchers, not listed: those within the bounds that are in all lists and,
  // where there is one, in the bitmap.
  struct Selection {
    IdBounds bounds;
    std::vector<EncodedPostings> lists;  // shortest first
    std::optional<IdBitmap> bitmap;

    bool is_run() const { return lists.empty() && !bitmap.has_value(); }
    size_t count_max() const;
  };
  absl::StatusOr<Selection> Select(const std::vector<Matcher>& matchers) const;
  absl::Status SelectOne(const NameRegion& region, const Matcher& matcher,
                         Selection* selection) const;
  absl::StatusOr<IdList> List(const Selection& selection) const;
  // A selection without lists.
  absl::Status FoldLists(Selection* selection) const;

  // The series of the bounds that have a value which the positive form of the matcher accepts.
  absl::StatusOr<IdBitmap> Accepted(const NameRegion& region, const Matcher& matcher,
                                    IdBounds bounds) const;
  absl::StatusOr<IdBitmap> AcceptedByExpression(const NameRegion& region, const Matcher& matcher,
                                                IdBounds bounds) const;
  std::shared_ptr<const RememberedIds> Remembered(std::string_view key) const;
  void Remember(std::string key, const IdBitmap& ids) const;

  // Where series entries begin that restart the chain; empty where damaged.
  std::string_view SeriesBlock(uint32_t block) const;
  // The name ranks of a shape.
  absl::Status ReadShape(uint32_t shape, std::vector<uint32_t>* name_ranks) const;

  uint32_t series_count_ = 0;
  SymbolTable names_;
  std::string_view name_entries_;  // 16 bytes each
  std::string_view tables_;        // value tables of all names
  std::string_view postings_;

  uint32_t shape_count_ = 0;
  std::string_view shape_offsets_;
  std::string_view block_offsets_;
  std::string_view shapes_;
  std::string_view entries_;

  mutable Mutex mutex_;
  mutable StringMap<std::shared_ptr<const RememberedIds>> remembered_ ABSL_GUARDED_BY(mutex_);
  mutable size_t remembered_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Reads label sets. Ids in increasing order cost only what differs from one to the next.
class SeriesCursor {
 public:
  // `index` outlives the cursor.
  explicit SeriesCursor(const SeriesIndex* index) : index_(index) {}

  absl::Status Seek(uint32_t id);

  // REQUIRES (all below): a Seek that succeeded.
  absl::Status AppendLabels(LabelSetBuilder* builder);
  // The bytes of the LabelSet that AppendLabels makes; labels that the series before had too are
  // copied as they are.
  absl::Status AppendPacked(std::string* packed);
  // The labels as ranks: of the names, and of each value among the values of its name.
  const std::vector<uint32_t>& name_ranks() const { return name_ranks_; }
  const std::vector<uint32_t>& value_ranks() const { return value_ranks_; }

 private:
  // The strings of one name; the cursor stands where it was read last.
  struct NameText {
    std::string name;
    std::optional<SymbolCursor> values;
    std::string packed;  // the label of `packed_rank` as AppendPacked appends it
    size_t packed_name_bytes = 0;
    uint32_t packed_rank = UINT32_MAX;
  };

  absl::Status Step();
  absl::Status LoadName(uint32_t name_rank);
  // The label of a place as AppendPacked appends it; valid until the next call for its name.
  absl::StatusOr<std::string_view> PackedLabel(size_t place);
  absl::Status PackAll();
  absl::Status PackChanged();

  const SeriesIndex* index_;
  uint32_t next_ = UINT32_MAX;  // id of the series that `rest_` begins with
  std::string_view rest_;
  uint32_t shape_ = UINT32_MAX;
  std::vector<uint32_t> name_ranks_;
  std::vector<uint32_t> value_ranks_;
  std::vector<uint32_t> old_name_ranks_;  // kept for their memory
  std::vector<uint32_t> old_value_ranks_;
  std::vector<NameText> texts_;  // by name rank

  std::string packed_;               // what AppendPacked appended last
  std::vector<size_t> packed_ends_;  // where each label of it ends
  bool packed_shape_ = false;        // whether that was a set of the same names
  uint64_t changed_ = 0;             // and the places whose values may be others now
};

}  // namespace varve::storage

#endif  // STORAGE_INDEX_SERIES_INDEX_H_

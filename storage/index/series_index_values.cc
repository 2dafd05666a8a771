// The label names and values of a SeriesIndex, declared in series_index.h.
#include <algorithm>

#include "storage/index/postings_list_reader.h"
#include "storage/index/series_index.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Where a list of names or values has so many times fewer entries than there are series to look at,
// its postings are looked at instead.
constexpr size_t kSeriesPerList = 16;

// The strings of a table with the given ranks, or all of them.
absl::StatusOr<std::vector<std::string>> Strings(const SymbolTable& table,
                                                 const std::vector<bool>* wanted) {
  std::vector<std::string> strings;
  if (wanted == nullptr) strings.reserve(table.size());
  SymbolCursor cursor(table);
  for (uint32_t rank = 0; rank < table.size(); ++rank) {
    if (wanted != nullptr && !(*wanted)[rank]) continue;
    VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
    strings.emplace_back(cursor.text());
  }
  return strings;
}

// Says of postings lists whether they have one of some ids.
class Meeting {
 public:
  Meeting(const IdList& ids, uint32_t id_end) : ids_(ids), id_end_(id_end) {}

  absl::StatusOr<bool> Meets(const EncodedPostings& list) {
    if (list.count == 0) return false;
    // Most that do meet do with the first id.
    VARVE_ASSIGN_OR_RETURN(const uint32_t first, FirstId(list, id_end_));
    if (std::binary_search(ids_.begin(), ids_.end(), first)) return true;
    if (bitmap_.empty()) {
      bitmap_.resize(id_end_);
      for (const uint32_t id : ids_) bitmap_[id] = true;
    }
    scratch_.clear();
    VARVE_RETURN_IF_ERROR(DecodePostings(list, id_end_, &scratch_));
    return std::any_of(scratch_.begin(), scratch_.end(), [&](uint32_t id) { return bitmap_[id]; });
  }

 private:
  const IdList& ids_;
  const uint32_t id_end_;
  std::vector<bool> bitmap_;  // of the ids, once it is needed
  IdList scratch_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelNames() const {
  return Strings(names_, nullptr);
}

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelNames(const IdList& ids) const {
  if (ids.size() == series_count_) return LabelNames();
  std::vector<bool> wanted(names_.size(), false);
  if (names_.size() * kSeriesPerList < ids.size()) {
    Meeting meeting(ids, series_count_);
    for (uint32_t name = 0; name < names_.size(); ++name) {
      VARVE_ASSIGN_OR_RETURN(const NameRegion region, Region(name));
      VARVE_ASSIGN_OR_RETURN(const EncodedPostings present, PresenceList(region));
      VARVE_ASSIGN_OR_RETURN(const bool meets, meeting.Meets(present));
      wanted[name] = meets;
    }
    return Strings(names_, &wanted);
  }
  SeriesCursor cursor(this);
  for (const uint32_t id : ids) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    for (const uint32_t rank : cursor.name_ranks()) wanted[rank] = true;
  }
  return Strings(names_, &wanted);
}

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelValues(std::string_view name) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<NameRegion> region, FindRegion(name));
  if (!region.has_value()) return std::vector<std::string>();
  return Strings(region->values, nullptr);
}

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelValues(std::string_view name,
                                                                  const IdList& ids) const {
  if (ids.size() == series_count_) return LabelValues(name);
  VARVE_ASSIGN_OR_RETURN(const std::optional<uint32_t> name_rank, names_.Find(name));
  if (!name_rank.has_value()) return std::vector<std::string>();
  VARVE_ASSIGN_OR_RETURN(const NameRegion region, Region(*name_rank));
  std::vector<bool> wanted(region.values.size(), false);
  if (region.values.size() * kSeriesPerList < ids.size()) {
    Meeting meeting(ids, series_count_);
    PostingsListReader lists(region.postings, region.values.size());
    for (uint32_t value = 0; value < region.values.size(); ++value) {
      VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(value));
      VARVE_ASSIGN_OR_RETURN(const bool meets, meeting.Meets(list));
      wanted[value] = meets;
    }
    return Strings(region.values, &wanted);
  }
  SeriesCursor cursor(this);
  for (const uint32_t id : ids) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    const std::vector<uint32_t>& names = cursor.name_ranks();
    const auto at = std::lower_bound(names.begin(), names.end(), *name_rank);
    if (at == names.end() || *at != *name_rank) continue;
    const uint32_t value = cursor.value_ranks()[static_cast<size_t>(at - names.begin())];
    if (value >= wanted.size()) {
      return absl::DataLossError("cannot read series index: a value of a series is damaged");
    }
    wanted[value] = true;
  }
  return Strings(region.values, &wanted);
}

}  // namespace varve::storage

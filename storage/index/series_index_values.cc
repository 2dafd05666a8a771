// The label names and values of a SeriesIndex, declared in series_index.h.
#include <algorithm>

#include "storage/index/postings_list_reader.h"
#include "storage/index/postings_visit.h"
#include "storage/index/series_index.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// What telling the values of one series costs, in postings lists looked at and in ids of them.
constexpr size_t kListsPerSeries = 2;
constexpr size_t kIdsPerSeries = 32;

// Whether looking at `lists` postings lists, of `ids` ids together, costs less than looking at
// `series` series.
bool ListsAreCheaper(size_t lists, size_t ids, size_t series) {
  return lists / kListsPerSeries + ids / kIdsPerSeries <= series;
}

// The strings of a table with the given ranks.
absl::StatusOr<std::vector<std::string>> Strings(const SymbolTable& table,
                                                 const std::vector<bool>& wanted) {
  std::vector<std::string> strings;
  SymbolCursor cursor(table);
  for (uint32_t rank = 0; rank < table.size(); ++rank) {
    if (!wanted[rank]) continue;
    VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
    strings.emplace_back(cursor.text());
  }
  return strings;
}

absl::StatusOr<std::vector<std::string>> AllStrings(const SymbolTable& table) {
  std::vector<std::string> strings;
  strings.reserve(table.size());
  SymbolCursor cursor(table);
  for (uint32_t rank = 0; rank < table.size(); ++rank) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
    strings.emplace_back(cursor.text());
  }
  return strings;
}

// Says of postings lists whether they have one of some ids.
class Meeting {
 public:
  // The ids of the bounds that are in the bitmap, or all of them. The bitmap outlives this.
  Meeting(IdBounds bounds, const IdBitmap* bitmap, uint32_t id_end)
      : bounds_(bounds), bitmap_(bitmap), id_end_(id_end) {}

  absl::StatusOr<bool> Meets(const EncodedPostings& list) const {
    if (list.count == 0) return false;
    // Most that do meet do with the first id.
    VARVE_ASSIGN_OR_RETURN(const uint32_t first, FirstId(list, id_end_));
    if (first >= bounds_.end) return false;
    if (Has({first, first + 1})) return true;
    bool found = false;
    VARVE_RETURN_IF_ERROR(VisitPostings(list, id_end_, [&](uint32_t begin, uint32_t end) {
      if (begin >= bounds_.end) return false;
      found = Has({begin, end});
      return !found;
    }));
    return found;
  }

 private:
  bool Has(IdBounds ids) const {
    return bitmap_ != nullptr ? bitmap_->HasAny(ids) : !ids.Intersect(bounds_).empty();
  }

  const IdBounds bounds_;
  const IdBitmap* const bitmap_;
  const uint32_t id_end_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelNames(
    const std::vector<Matcher>& matchers) const {
  if (matchers.empty()) return AllStrings(names_);
  VARVE_ASSIGN_OR_RETURN(Selection selection, Select(matchers));
  if (!ListsAreCheaper(names_.size(), size_t{names_.size()} * series_count_ / 2,
                       selection.count_max())) {
    VARVE_ASSIGN_OR_RETURN(const IdList ids, List(selection));
    return LabelNames(ids);
  }
  VARVE_RETURN_IF_ERROR(FoldLists(&selection));
  const IdBitmap* const bitmap = selection.bitmap.has_value() ? &*selection.bitmap : nullptr;
  std::vector<bool> wanted(names_.size());
  const Meeting meeting(selection.bounds, bitmap, series_count_);
  for (uint32_t name = 0; name < names_.size(); ++name) {
    VARVE_ASSIGN_OR_RETURN(const NameRegion region, Region(name));
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings present, PresenceList(region));
    VARVE_ASSIGN_OR_RETURN(const bool meets, meeting.Meets(present));
    wanted[name] = meets;
  }
  return Strings(names_, wanted);
}

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelNames(const IdList& ids) const {
  if (ids.size() == series_count_) return AllStrings(names_);
  std::vector<bool> wanted(names_.size());
  SeriesCursor cursor(this);
  for (const uint32_t id : ids) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    for (const uint32_t rank : cursor.name_ranks()) wanted[rank] = true;
  }
  return Strings(names_, wanted);
}

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelValues(
    std::string_view name, const std::vector<Matcher>& matchers) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<NameRegion> region, FindRegion(name));
  if (!region.has_value()) return std::vector<std::string>();
  if (matchers.empty()) return AllStrings(region->values);
  VARVE_ASSIGN_OR_RETURN(Selection selection, Select(matchers));
  VARVE_ASSIGN_OR_RETURN(const EncodedPostings present, PresenceList(*region));
  if (!ListsAreCheaper(region->values.size(), present.count, selection.count_max())) {
    VARVE_ASSIGN_OR_RETURN(const IdList ids, List(selection));
    return LabelValues(name, ids);
  }
  VARVE_RETURN_IF_ERROR(FoldLists(&selection));
  const IdBitmap* const bitmap = selection.bitmap.has_value() ? &*selection.bitmap : nullptr;
  const Meeting meeting(selection.bounds, bitmap, series_count_);
  std::vector<bool> wanted(region->values.size());
  PostingsListReader lists(region->postings, region->values.size());
  for (uint32_t value = 0; value < region->values.size(); ++value) {
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(value));
    VARVE_ASSIGN_OR_RETURN(const bool meets, meeting.Meets(list));
    wanted[value] = meets;
  }
  return Strings(region->values, wanted);
}

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelValues(std::string_view name,
                                                                  const IdList& ids) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<uint32_t> name_rank, names_.Find(name));
  if (!name_rank.has_value()) return std::vector<std::string>();
  VARVE_ASSIGN_OR_RETURN(const NameRegion region, Region(*name_rank));
  if (ids.size() == series_count_) return AllStrings(region.values);
  std::vector<bool> wanted(region.values.size());
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
  return Strings(region.values, wanted);
}

}  // namespace varve::storage

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

std::vector<bool> BitmapOf(const IdList& ids, uint32_t id_end) {
  std::vector<bool> bitmap(id_end, false);
  for (const uint32_t id : ids) bitmap[id] = true;
  return bitmap;
}

// Whether the list has an id of the bitmap. `scratch` is kept for its memory.
absl::StatusOr<bool> Meets(const EncodedPostings& list, const std::vector<bool>& bitmap,
                           IdList* scratch) {
  scratch->clear();
  VARVE_RETURN_IF_ERROR(DecodePostings(list, static_cast<uint32_t>(bitmap.size()), scratch));
  return std::any_of(scratch->begin(), scratch->end(), [&](uint32_t id) { return bitmap[id]; });
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelNames() const {
  return Strings(names_, nullptr);
}

absl::StatusOr<std::vector<std::string>> SeriesIndex::LabelNames(const IdList& ids) const {
  if (ids.size() == series_count_) return LabelNames();
  std::vector<bool> wanted(names_.size(), false);
  if (names_.size() * kSeriesPerList < ids.size()) {
    const std::vector<bool> bitmap = BitmapOf(ids, series_count_);
    for (uint32_t name = 0; name < names_.size(); ++name) {
      VARVE_ASSIGN_OR_RETURN(const NameRegion region, Region(name));
      VARVE_ASSIGN_OR_RETURN(const IdList present, Presence(region));
      wanted[name] =
          std::any_of(present.begin(), present.end(), [&](uint32_t id) { return bitmap[id]; });
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
    const std::vector<bool> bitmap = BitmapOf(ids, series_count_);
    PostingsListReader lists(region.postings, region.values.size());
    IdList scratch;
    for (uint32_t value = 0; value < region.values.size(); ++value) {
      VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(value));
      VARVE_ASSIGN_OR_RETURN(const bool meets, Meets(list, bitmap, &scratch));
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

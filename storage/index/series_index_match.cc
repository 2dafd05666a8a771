// SeriesIndex::Match and what it needs, declared in series_index.h.
#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/index/postings_list_reader.h"
#include "storage/index/series_index.h"
#include "storage/index/series_index_writer.h"
#include "storage/model/regex_automaton.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Above one id in so many a bitmap is smaller than a list.
constexpr size_t kIdsPerListed = 32;

// Fewer values are asked of RE2: a table costs as much as about so many of its answers.
constexpr uint32_t kAutomatonValuesMin = 256;

bool IsExpression(const Matcher& matcher) {
  return matcher.type() == MatchType::kRegex || matcher.type() == MatchType::kNotRegex;
}

// Whether the positive form of a matcher accepts every value there can be.
bool AcceptsEveryValue(const Matcher& matcher) {
  return IsExpression(matcher) && (matcher.value() == ".*" || matcher.value() == ".+");
}

bool AcceptsOneValue(const Matcher& matcher) {
  return matcher.type() == MatchType::kEqual && !matcher.MatchesEmpty();
}

// The ranks of the values that the positive form of an expression accepts.
absl::Status FindAcceptedRanks(const SymbolTable& values, const Matcher& matcher,
                               std::vector<uint32_t>* ranks) {
  const std::unique_ptr<const RegexAutomaton> automaton =
      values.size() < kAutomatonValuesMin ? nullptr : RegexAutomaton::Compile(matcher.value());
  std::optional<RegexWalk> walk;
  if (automaton != nullptr) walk.emplace(automaton.get());
  SymbolCursor cursor(values);
  VARVE_ASSIGN_OR_RETURN(uint32_t rank, values.LowerBound(matcher.prefix()));
  for (; rank < values.size(); ++rank) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
    const std::string_view value = cursor.text();
    if (value.substr(0, matcher.prefix().size()) != matcher.prefix()) break;
    const bool accepted = walk.has_value() ? walk->Matches(value, cursor.shared())
                                           : matcher.Matches(value) != matcher.is_negative();
    if (accepted) ranks->push_back(rank);
  }
  return absl::OkStatus();
}

}  // namespace

// The ids within some bounds, in the smaller of two forms.
struct SeriesIndex::RememberedIds {
  explicit RememberedIds(const IdBitmap& ids) {
    if (ids.Count() < ids.bounds().count() / kIdsPerListed) {
      list = ids.List();
    } else {
      bitmap = ids;
    }
  }
  IdBitmap In(IdBounds bounds) const {
    if (bitmap.has_value()) return *bitmap;
    IdBitmap ids(bounds);
    for (const uint32_t id : list) ids.Add({id, id + 1});
    return ids;
  }
  size_t bytes() const {
    return bitmap.has_value() ? bitmap->bytes() : list.size() * sizeof(list[0]);
  }

  IdList list;
  std::optional<IdBitmap> bitmap;
};

size_t SeriesIndex::Selection::count_max() const {
  size_t count = bounds.count();
  if (!lists.empty()) count = std::min<size_t>(count, lists[0].count);
  return bitmap.has_value() ? std::min(count, bitmap->Count()) : count;
}

absl::StatusOr<IdList> SeriesIndex::Match(const std::vector<Matcher>& matchers) const {
  VARVE_ASSIGN_OR_RETURN(const Selection selection, Select(matchers));
  return List(selection);
}

absl::StatusOr<SeriesIndex::Selection> SeriesIndex::Select(
    const std::vector<Matcher>& matchers) const {
  Selection selection;
  selection.bounds = {0, series_count_};
  const auto select_none = [&]() -> Selection { return {}; };
  std::vector<std::pair<const Matcher*, NameRegion>> others;
  // Single values come first: they bound what has to be looked at of the others.
  for (const Matcher& matcher : matchers) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<NameRegion> region, FindRegion(matcher.name()));
    if (!region.has_value()) {
      // No series has the label, so all have the empty value.
      if (!matcher.MatchesEmpty()) return select_none();
      continue;
    }
    if (!AcceptsOneValue(matcher)) {
      others.emplace_back(&matcher, *region);
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const std::optional<uint32_t> rank,
                           region->values.Find(matcher.value()));
    if (!rank.has_value()) return select_none();
    PostingsListReader lists(region->postings, region->values.size());
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(*rank));
    VARVE_ASSIGN_OR_RETURN(const IdBounds bounds, BoundsOf(list, series_count_));
    selection.bounds = selection.bounds.Intersect(bounds);
    // The bounds say all that one run does.
    if (!IsOneRun(list)) selection.lists.push_back(list);
  }
  if (selection.bounds.empty()) return select_none();
  std::sort(selection.lists.begin(), selection.lists.end(),
            [](const EncodedPostings& a, const EncodedPostings& b) { return a.count < b.count; });
  for (const auto& [matcher, region] : others) {
    VARVE_RETURN_IF_ERROR(SelectOne(region, *matcher, &selection));
  }
  return selection;
}

absl::Status SeriesIndex::SelectOne(const NameRegion& region, const Matcher& matcher,
                                    Selection* selection) const {
  VARVE_ASSIGN_OR_RETURN(IdBitmap accepted, Accepted(region, matcher, selection->bounds));
  // The positive form of a matcher accepts the empty value when exactly one of "negative" and
  // "matches empty" holds; then what counts is who has the label but not an accepted value.
  if (matcher.is_negative() != matcher.MatchesEmpty()) {
    IdBitmap present(selection->bounds);
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, PresenceList(region));
    VARVE_RETURN_IF_ERROR(present.Add(list, series_count_));
    present.Subtract(accepted);
    accepted = std::move(present);
  }
  std::optional<IdBitmap>& bitmap = selection->bitmap;
  if (!matcher.MatchesEmpty() && !bitmap.has_value()) {
    bitmap = std::move(accepted);
    return absl::OkStatus();
  }
  if (!bitmap.has_value()) bitmap.emplace(selection->bounds).Add(selection->bounds);
  matcher.MatchesEmpty() ? bitmap->Subtract(accepted) : bitmap->Intersect(accepted);
  return absl::OkStatus();
}

absl::StatusOr<IdList> SeriesIndex::List(const Selection& selection) const {
  const IdBounds bounds = selection.bounds;
  if (selection.is_run()) return AllIds(bounds);
  if (selection.lists.empty()) return selection.bitmap->List();
  // The fewest ids come first; the other lists need not be decoded to be intersected with.
  IdList ids;
  size_t next = 0;
  if (selection.lists[0].count < bounds.count()) {
    VARVE_RETURN_IF_ERROR(DecodePostings(selection.lists[next++], series_count_, &ids));
    std::erase_if(ids, [&](uint32_t id) { return !bounds.Has(id); });
  } else {
    ids = AllIds(bounds);
  }
  for (; next < selection.lists.size() && !ids.empty(); ++next) {
    VARVE_RETURN_IF_ERROR(IntersectWithPostings(selection.lists[next], series_count_, &ids));
  }
  if (selection.bitmap.has_value()) {
    std::erase_if(ids, [&](uint32_t id) { return !selection.bitmap->Has(id); });
  }
  return ids;
}

absl::Status SeriesIndex::FoldLists(Selection* selection) const {
  for (const EncodedPostings& list : selection->lists) {
    IdBitmap ids(selection->bounds);
    VARVE_RETURN_IF_ERROR(ids.Add(list, series_count_));
    if (selection->bitmap.has_value()) {
      selection->bitmap->Intersect(ids);
    } else {
      selection->bitmap = std::move(ids);
    }
  }
  selection->lists.clear();
  return absl::OkStatus();
}

absl::StatusOr<EncodedPostings> SeriesIndex::PresenceList(const NameRegion& region) const {
  const size_t offsets = (size_t{region.values.size()} + kPostingsBlockLists - 1) /
                         kPostingsBlockLists * sizeof(uint32_t);
  return ReadPostings(region.postings.substr(offsets));
}

absl::StatusOr<IdBitmap> SeriesIndex::Accepted(const NameRegion& region, const Matcher& matcher,
                                               IdBounds bounds) const {
  if (IsExpression(matcher) && !AcceptsEveryValue(matcher) && matcher.literals().empty()) {
    return AcceptedByExpression(region, matcher, bounds);
  }
  IdBitmap ids(bounds);
  if (AcceptsEveryValue(matcher)) {
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, PresenceList(region));
    VARVE_RETURN_IF_ERROR(ids.Add(list, series_count_));
    return ids;
  }
  PostingsListReader lists(region.postings, region.values.size());
  const auto add = [&](std::string_view value) -> absl::Status {
    if (value.empty()) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const std::optional<uint32_t> rank, region.values.Find(value));
    if (!rank.has_value()) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(*rank));
    return ids.Add(list, series_count_);
  };
  if (!IsExpression(matcher)) {
    VARVE_RETURN_IF_ERROR(add(matcher.value()));
  } else {
    for (const std::string& literal : matcher.literals()) VARVE_RETURN_IF_ERROR(add(literal));
  }
  return ids;
}

absl::StatusOr<IdBitmap> SeriesIndex::AcceptedByExpression(const NameRegion& region,
                                                           const Matcher& matcher,
                                                           IdBounds bounds) const {
  const uint32_t value_count = region.values.size();
  const bool remember = value_count >= kRememberedValuesMin;
  std::string key;
  if (remember) {
    key = StrCat(matcher.name(), std::string_view("\0", 1), matcher.value());
    key.append(reinterpret_cast<const char*>(&bounds), sizeof(bounds));
    if (const auto known = Remembered(key); known != nullptr) return known->In(bounds);
  }
  std::vector<uint32_t> ranks;
  VARVE_RETURN_IF_ERROR(FindAcceptedRanks(region.values, matcher, &ranks));
  PostingsListReader lists(region.postings, value_count);
  IdBitmap ids(bounds);
  const auto add = [&](uint32_t rank, IdBitmap* to) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(rank));
    return to->Add(list, series_count_);
  };
  if (ranks.size() <= value_count / 2) {
    for (const uint32_t rank : ranks) VARVE_RETURN_IF_ERROR(add(rank, &ids));
  } else {
    // Of most values it is less work to tell who has another one.
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings present, PresenceList(region));
    VARVE_RETURN_IF_ERROR(ids.Add(present, series_count_));
    IdBitmap refused(bounds);
    size_t next = 0;
    for (uint32_t rank = 0; rank < value_count; ++rank) {
      if (next < ranks.size() && ranks[next] == rank) {
        ++next;
      } else {
        VARVE_RETURN_IF_ERROR(add(rank, &refused));
      }
    }
    ids.Subtract(refused);
  }
  if (remember) Remember(std::move(key), ids);
  return ids;
}

std::shared_ptr<const SeriesIndex::RememberedIds> SeriesIndex::Remembered(
    std::string_view key) const {
  MutexLock lock(&mutex_);
  const auto at = remembered_.find(key);
  return at == remembered_.end() ? nullptr : at->second;
}

void SeriesIndex::Remember(std::string key, const IdBitmap& ids) const {
  auto entry = std::make_shared<const RememberedIds>(ids);
  // An entry counts its key as well, so that many empty answers are bounded too.
  const size_t cost = entry->bytes() + key.size() + sizeof(RememberedIds);
  if (cost > kRememberedBytesMax / 4) return;
  MutexLock lock(&mutex_);
  if (remembered_bytes_ + cost > kRememberedBytesMax) {
    // Dashboards repeat few expressions; starting over is rare and keeps the bound simple.
    remembered_.clear();
    remembered_bytes_ = 0;
  }
  const auto [at, is_new] = remembered_.try_emplace(std::move(key), nullptr);
  if (!is_new) return;
  at->second = std::move(entry);
  remembered_bytes_ += cost;
}

}  // namespace varve::storage

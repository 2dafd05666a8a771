// SeriesIndex::Match and what it needs, declared in series_index.h.
#include <algorithm>
#include <utility>

#include "storage/index/postings_list_reader.h"
#include "storage/index/series_index.h"
#include "storage/index/series_index_writer.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Whether the positive form of a matcher accepts every value there can be.
bool AcceptsEveryValue(const Matcher& matcher) {
  const bool is_regex =
      matcher.type() == MatchType::kRegex || matcher.type() == MatchType::kNotRegex;
  return is_regex && (matcher.value() == ".*" || matcher.value() == ".+");
}

}  // namespace

absl::StatusOr<IdList> SeriesIndex::Match(const std::vector<Matcher>& matchers) const {
  std::vector<EncodedPostings> exact;  // lists of single values that are wanted
  std::vector<IdList> wanted;
  std::vector<IdList> unwanted;
  for (const Matcher& matcher : matchers) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<NameRegion> region, FindRegion(matcher.name()));
    if (!region.has_value()) {
      // No series has the label, so all have the empty value.
      if (!matcher.MatchesEmpty()) return IdList();
      continue;
    }
    if (matcher.type() == MatchType::kEqual && !matcher.MatchesEmpty()) {
      VARVE_ASSIGN_OR_RETURN(const std::optional<uint32_t> rank,
                             region->values.Find(matcher.value()));
      if (!rank.has_value()) return IdList();
      PostingsListReader lists(region->postings, region->values.size());
      VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(*rank));
      exact.push_back(list);
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(IdList accepted, Accepted(*region, matcher));
    // The positive form of a matcher accepts the empty value when exactly one of "negative" and
    // "matches empty" holds; then what counts is who has the label but not an accepted value.
    if (matcher.is_negative() != matcher.MatchesEmpty()) {
      VARVE_ASSIGN_OR_RETURN(const IdList present, Presence(*region));
      accepted = SubtractIds(present, accepted);
    }
    if (matcher.MatchesEmpty()) {
      if (!accepted.empty()) unwanted.push_back(std::move(accepted));
    } else if (accepted.empty()) {
      return IdList();
    } else {
      wanted.push_back(std::move(accepted));
    }
  }

  std::sort(wanted.begin(), wanted.end(),
            [](const IdList& a, const IdList& b) { return a.size() < b.size(); });
  std::sort(exact.begin(), exact.end(),
            [](const EncodedPostings& a, const EncodedPostings& b) { return a.count < b.count; });
  // The shortest list comes first; single values need not be decoded to be intersected with.
  IdList ids;
  size_t next_exact = 0;
  size_t next_wanted = 0;
  if (!exact.empty() && (wanted.empty() || exact[0].count <= wanted[0].size())) {
    VARVE_RETURN_IF_ERROR(DecodePostings(exact[next_exact++], series_count_, &ids));
  } else {
    ids = wanted.empty() ? AllIds(series_count_) : std::move(wanted[next_wanted++]);
  }
  for (; next_exact < exact.size() && !ids.empty(); ++next_exact) {
    VARVE_RETURN_IF_ERROR(IntersectWithPostings(exact[next_exact], series_count_, &ids));
  }
  for (; next_wanted < wanted.size() && !ids.empty(); ++next_wanted) {
    ids = IntersectIds(ids, wanted[next_wanted]);
  }
  for (const IdList& list : unwanted) ids = SubtractIds(ids, list);
  return ids;
}

absl::StatusOr<EncodedPostings> SeriesIndex::PresenceList(const NameRegion& region) const {
  const size_t offsets = (size_t{region.values.size()} + kPostingsBlockLists - 1) /
                         kPostingsBlockLists * sizeof(uint32_t);
  return ReadPostings(region.postings.substr(offsets));
}

absl::StatusOr<IdList> SeriesIndex::Presence(const NameRegion& region) const {
  VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, PresenceList(region));
  IdList ids;
  VARVE_RETURN_IF_ERROR(DecodePostings(list, series_count_, &ids));
  return ids;
}

absl::StatusOr<IdList> SeriesIndex::Accepted(const NameRegion& region,
                                             const Matcher& matcher) const {
  if (AcceptsEveryValue(matcher)) return Presence(region);
  const bool is_regex =
      matcher.type() == MatchType::kRegex || matcher.type() == MatchType::kNotRegex;
  if (is_regex && matcher.literals().empty()) return AcceptedByExpression(region, matcher);

  PostingsListReader lists(region.postings, region.values.size());
  IdUnion ids(series_count_);
  const auto add = [&](std::string_view value) -> absl::Status {
    if (value.empty()) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const std::optional<uint32_t> rank, region.values.Find(value));
    if (!rank.has_value()) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(*rank));
    return ids.Add(list);
  };
  if (!is_regex) {
    VARVE_RETURN_IF_ERROR(add(matcher.value()));
  } else {
    for (const std::string& literal : matcher.literals()) VARVE_RETURN_IF_ERROR(add(literal));
  }
  return ids.Take();
}

absl::StatusOr<IdList> SeriesIndex::AcceptedByExpression(const NameRegion& region,
                                                         const Matcher& matcher) const {
  const bool remember = region.values.size() >= kRememberedValuesMin;
  std::string key;
  if (remember) {
    key = StrCat(matcher.name(), std::string_view("\0", 1), matcher.value());
    VARVE_ASSIGN_OR_RETURN(const std::shared_ptr<const IdList> known, Remembered(key));
    if (known != nullptr) return *known;
  }
  PostingsListReader lists(region.postings, region.values.size());
  IdUnion ids(series_count_);
  SymbolCursor cursor(region.values);
  VARVE_ASSIGN_OR_RETURN(uint32_t rank, region.values.LowerBound(matcher.prefix()));
  for (; rank < region.values.size(); ++rank) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
    const std::string_view value = cursor.text();
    if (value.substr(0, matcher.prefix().size()) != matcher.prefix()) break;
    if (matcher.Matches(value) == matcher.is_negative()) continue;
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, lists.Read(rank));
    VARVE_RETURN_IF_ERROR(ids.Add(list));
  }
  IdList accepted = ids.Take();
  if (remember) Remember(std::move(key), accepted);
  return accepted;
}

absl::StatusOr<std::shared_ptr<const IdList>> SeriesIndex::Remembered(std::string_view key) const {
  MutexLock lock(&mutex_);
  const auto at = remembered_.find(key);
  return at == remembered_.end() ? nullptr : at->second;
}

void SeriesIndex::Remember(std::string key, const IdList& ids) const {
  // An entry counts its key as well, so that many empty answers are bounded too.
  const size_t cost = ids.size() + key.size() + 16;
  if (cost > kRememberedIdsMax / 4) return;
  MutexLock lock(&mutex_);
  if (remembered_ids_ + cost > kRememberedIdsMax) {
    // Dashboards repeat few expressions; starting over is rare and keeps the bound simple.
    remembered_.clear();
    remembered_ids_ = 0;
  }
  const auto [at, is_new] = remembered_.try_emplace(std::move(key), nullptr);
  if (!is_new) return;
  at->second = std::make_shared<const IdList>(ids);
  remembered_ids_ += cost;
}

}  // namespace varve::storage

#include "server/search_request.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "server/search_score.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::Quote;
using storage::StrCat;

constexpr int64_t kDefaultRangeMs = 3'600'000;
constexpr uint64_t kFuzzThresholdMax = 100;

std::optional<uint64_t> ParseCount(std::string_view text) {
  uint64_t count = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return count;
}

absl::Status ReadCount(const QueryParameters& parameters, std::string_view name, uint64_t* count) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) return absl::OkStatus();
  const std::optional<uint64_t> parsed = ParseCount(text);
  if (!parsed) {
    return absl::InvalidArgumentError(
        StrCat("invalid ", name, " ", Quote(text), ": must be non-negative integer"));
  }
  if (*parsed > 0) *count = std::min(*parsed, kSearchLimitMax);
  return absl::OkStatus();
}

// As strconv.ParseBool.
absl::Status ReadSwitch(const QueryParameters& parameters, std::string_view name, bool* on) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) return absl::OkStatus();
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) {
      *on = true;
      return absl::OkStatus();
    }
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) {
      *on = false;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      StrCat("invalid ", name, " ", Quote(text), ": must be boolean"));
}

absl::Status ReadOrder(const QueryParameters& parameters, std::string_view endpoint,
                       SearchRequest* request) {
  const std::string_view by = parameters.Get("sort_by");
  const std::string_view direction = parameters.Get("sort_dir");
  if (!direction.empty() && by.empty()) {
    return absl::InvalidArgumentError("sort_dir is only valid when sort_by is set");
  }
  if (!direction.empty() && by == "score") {
    return absl::InvalidArgumentError("sort_dir is not supported for sort_by=score");
  }
  if (!direction.empty() && direction != "asc" && direction != "dsc") {
    return absl::InvalidArgumentError(
        StrCat("invalid sort_dir ", Quote(direction), ": must be \"asc\" or \"dsc\""));
  }
  if (by == "score" && request->terms.empty()) {
    return absl::InvalidArgumentError("sort_by=score requires search[] to be set");
  }
  if (!by.empty() && by != "alpha" && by != "score") {
    return absl::InvalidArgumentError(StrCat("invalid sort_by ", Quote(by), " for ", endpoint,
                                             ": must be \"alpha\" or \"score\""));
  }
  if (direction == "dsc") request->order = SearchOrder::kDescending;
  if (by == "score") request->order = SearchOrder::kScore;
  return absl::OkStatus();
}

absl::Status ReadFuzziness(const QueryParameters& parameters, SearchRequest* request) {
  const std::string_view threshold = parameters.Get("fuzz_threshold");
  if (!threshold.empty()) {
    const std::optional<uint64_t> percent = ParseCount(threshold);
    if (!percent || *percent > kFuzzThresholdMax) {
      return absl::InvalidArgumentError(
          StrCat("invalid fuzz_threshold ", Quote(threshold), ": must be 0-100"));
    }
    request->threshold = static_cast<double>(*percent) / static_cast<double>(kFuzzThresholdMax);
  }
  const std::string_view algorithm = parameters.Get("fuzz_alg");
  if (algorithm == "jarowinkler") request->algorithm = FuzzAlgorithm::kJaroWinkler;
  if (!algorithm.empty() && algorithm != "jarowinkler" && algorithm != "subsequence") {
    return absl::InvalidArgumentError(StrCat("unsupported fuzz_alg ", Quote(algorithm),
                                             ": must be one of [subsequence jarowinkler]"));
  }
  return ReadSwitch(parameters, "case_sensitive", &request->case_sensitive);
}

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return folded;
}

// The score of one name for one term; negative: it does not match.
double Match(const SearchRequest& request, std::string_view term, std::string_view name) {
  if (request.algorithm == FuzzAlgorithm::kSubsequence) {
    if (name.starts_with(term)) return 1;
    const double score = SubsequenceScore(term, name);
    return score > 0 && score >= request.threshold ? score : -1;
  }
  if (name.find(term) != std::string_view::npos) return 1;
  if (request.threshold == 0) return -1;
  const double score = JaroWinklerScore(term, name);
  return score >= request.threshold ? score : -1;
}

}  // namespace

absl::StatusOr<SearchRequest> ReadSearchRequest(const QueryParameters& parameters,
                                                std::string_view endpoint, int64_t now_ms) {
  VARVE_RETURN_IF_ERROR(CheckForm(parameters));
  SearchRequest request;
  VARVE_ASSIGN_OR_RETURN(const int64_t start_ms,
                         TimeParameterMs(parameters, "start", now_ms - kDefaultRangeMs));
  VARVE_ASSIGN_OR_RETURN(const int64_t end_ms, TimeParameterMs(parameters, "end", now_ms));
  request.range_ms = storage::TimeRange::Inclusive(start_ms, end_ms);
  VARVE_ASSIGN_OR_RETURN(request.selectors, SelectorParameters(parameters));
  for (const auto& [name, value] : parameters.pairs()) {
    if (name == "search[]") request.terms.emplace_back(value);
  }
  if (request.terms.size() > kSearchTermsMax) {
    return absl::InvalidArgumentError(
        StrCat("too many search[]: ", request.terms.size(), ", want at most ", kSearchTermsMax));
  }
  for (const std::string& term : request.terms) {
    if (term.size() > kSearchTermBytesMax) {
      return absl::InvalidArgumentError(StrCat("search[] is too long: ", term.size(),
                                               " bytes, want at most ", kSearchTermBytesMax));
    }
  }
  VARVE_RETURN_IF_ERROR(ReadFuzziness(parameters, &request));
  VARVE_RETURN_IF_ERROR(ReadSwitch(parameters, "include_score", &request.include_score));
  VARVE_RETURN_IF_ERROR(ReadSwitch(parameters, "include_metadata", &request.include_metadata));
  VARVE_RETURN_IF_ERROR(ReadOrder(parameters, endpoint, &request));
  VARVE_RETURN_IF_ERROR(ReadCount(parameters, "limit", &request.limit));
  VARVE_RETURN_IF_ERROR(ReadCount(parameters, "batch_size", &request.batch_size));
  if (!request.case_sensitive) {
    for (std::string& term : request.terms) term = Folded(term);
  }
  return request;
}

std::vector<FoundName> FindNames(const SearchRequest& request, std::vector<std::string> names,
                                 bool* has_more) {
  std::vector<FoundName> found;
  for (std::string& name : names) {
    double best = request.terms.empty() ? 0 : -1;
    const std::string folded = request.case_sensitive ? "" : Folded(name);
    const std::string_view compared = request.case_sensitive ? std::string_view(name) : folded;
    for (const std::string& term : request.terms) {
      best = std::max(best, Match(request, term, compared));
    }
    if (best >= 0) found.push_back({std::move(name), best});
  }
  if (request.order == SearchOrder::kDescending) std::reverse(found.begin(), found.end());
  if (request.order == SearchOrder::kScore) {
    std::stable_sort(found.begin(), found.end(),
                     [](const FoundName& a, const FoundName& b) { return a.score > b.score; });
  }
  *has_more = found.size() > request.limit;
  if (*has_more) found.resize(request.limit);
  return found;
}

}  // namespace varve::server

#include "storage/logs/log_needles.h"

#include <algorithm>

#include "storage/status_macros.h"

namespace varve::storage {

LogNeedles::LogNeedles(const LogReadOptions& options) : metadata_(options.metadata_conditions) {
  for (const MetadataCondition& pair : metadata_) {
    if (!pair.value.empty()) metadata_query_.AddMetadata(pair.name, pair.value);
  }
  for (const std::string& text : options.must_contain) Add({.any_of = {text}});
  for (const LineCondition& condition : options.line_conditions) Add(condition);
  // A long literal is the least likely to be found; what must not be there is found in few lines.
  std::stable_sort(
      conditions_.begin(), conditions_.end(), [](const Condition& a, const Condition& b) {
        if (a.negative != b.negative) return b.negative;
        return !a.negative && a.any_of[0].needle().size() > b.any_of[0].needle().size();
      });
}

void LogNeedles::Add(const LineCondition& from) {
  Condition condition{.any_of = {}, .queries = {}, .negative = from.negative};
  // Every line contains the empty text, and none contains one of no texts.
  const bool always = std::any_of(from.any_of.begin(), from.any_of.end(),
                                  [](const std::string& text) { return text.empty(); });
  if (always && !from.negative) return;
  if (from.any_of.empty() && from.negative) return;
  for (const std::string& text : from.any_of) {
    condition.any_of.emplace_back(text, from.fold_case ? LetterCase::kEither : LetterCase::kExact);
    if (!from.fold_case && !from.negative) condition.queries.emplace_back(text);
  }
  if (condition.any_of.empty()) {
    condition.any_of.emplace_back("");
    condition.negative = true;
  }
  conditions_.push_back(std::move(condition));
}

bool LogNeedles::MetadataMatches(LabelSetView metadata) const {
  return std::all_of(metadata_.begin(), metadata_.end(), [&](const MetadataCondition& pair) {
    return metadata.Get(pair.name) == pair.value;
  });
}

bool LogNeedles::BlockMayMatch(std::string_view filter) const {
  if (!metadata_query_.MayMatch(filter)) return false;
  return std::all_of(conditions_.begin(), conditions_.end(), [filter](const Condition& condition) {
    return condition.queries.empty() ||
           std::any_of(condition.queries.begin(), condition.queries.end(),
                       [filter](const TokenQuery& query) { return query.MayMatch(filter); });
  });
}

bool LogNeedles::Condition::Holds(std::string_view line) const {
  for (const LineSearch& search : any_of) {
    if (search.In(line)) return !negative;
  }
  return negative;
}

bool LogNeedles::LineMatches(std::string_view line) const {
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [line](const Condition& condition) { return condition.Holds(line); });
}

void LogNeedles::FindLines(std::string_view text, std::span<const uint32_t> offsets,
                           std::vector<uint32_t>* lines) const {
  if (empty() || offsets.size() < 2) return;
  const size_t before = lines->size();
  size_t done = 0;
  const Condition& first = conditions_[0];
  if (!first.negative && first.any_of.size() == 1) {
    first.any_of[0].FindLines(text, offsets, lines);
    done = 1;
  } else {
    for (uint32_t i = 0; i + 1 < offsets.size(); ++i) lines->push_back(i);
  }
  for (size_t c = done; c < conditions_.size() && lines->size() > before; ++c) {
    const Condition& condition = conditions_[c];
    const size_t left = lines->size() - before;
    std::vector<uint8_t> found(offsets.size() - 1);
    if (left * 8 < found.size()) {  // few lines are left: look at them alone
      for (size_t i = before; i < lines->size(); ++i) {
        const uint32_t line = (*lines)[i];
        const std::string_view content =
            text.substr(offsets[line], offsets[line + 1] - offsets[line]);
        found[line] = condition.Holds(content) != condition.negative ? 1 : 0;
      }
    } else {
      std::vector<uint32_t> hits;
      for (const LineSearch& search : condition.any_of) {
        hits.clear();
        search.FindLines(text, offsets, &hits);
        for (const uint32_t line : hits) found[line] = 1;
      }
    }
    lines->erase(
        std::remove_if(lines->begin() + static_cast<ptrdiff_t>(before), lines->end(),
                       [&](uint32_t line) { return (found[line] != 0) == condition.negative; }),
        lines->end());
  }
}

absl::Status LogNeedles::FindRows(TemplateDecoder* block, std::vector<uint8_t>* mask) const {
  mask->assign(block->entries(), 1);
  std::vector<uint8_t> found;
  for (const Condition& condition : conditions_) {
    found.assign(block->entries(), 0);
    for (const LineSearch& search : condition.any_of) {
      if (search.needle().empty()) {
        std::fill(found.begin(), found.end(), 1);
      } else {
        VARVE_RETURN_IF_ERROR(block->Find(search, &found));
      }
    }
    const uint8_t flip = condition.negative ? 1 : 0;
    for (size_t i = 0; i < found.size(); ++i) (*mask)[i] &= found[i] ^ flip;
  }
  return absl::OkStatus();
}

}  // namespace varve::storage

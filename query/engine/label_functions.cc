#include "query/engine/label_functions.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

bool IsContinuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// The length of the UTF-8 character at the front of `text`; 0 where there is none.
size_t CharacterBytes(std::string_view text) {
  const auto at = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < bytes) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(at(i))) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  if ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) >= 0xa0) ||
      (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) >= 0x90)) {
    return 0;
  }
  return bytes;
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A replacement text, cut into literals and references to groups of the expression once.
class Template {
 public:
  Template(std::string_view text, const re2::RE2& regex) {
    const std::map<std::string, int>& names = regex.NamedCapturingGroups();
    while (!text.empty()) {
      const size_t dollar = text.find('$');
      AddLiteral(text.substr(0, dollar));
      if (dollar == std::string_view::npos) return;
      text.remove_prefix(dollar + 1);
      if (!text.empty() && text[0] == '$') {
        AddLiteral("$");
        text.remove_prefix(1);
        continue;
      }
      size_t bytes = 0;
      const std::string_view name = GroupName(text, &bytes);
      if (name.empty()) {
        AddLiteral("$");  // not a reference: stands for itself
        continue;
      }
      text.remove_prefix(bytes);
      AddGroup(name, names, regex.NumberOfCapturingGroups());
    }
  }

  std::string Expand(const std::vector<re2::StringPiece>& groups) const {
    std::string out;
    for (const Piece& piece : pieces_) {
      if (piece.group < 0) {
        out += piece.literal;
      } else {
        const re2::StringPiece& group = groups[static_cast<size_t>(piece.group)];
        out.append(group.data(), group.size());
      }
    }
    return out;
  }

 private:
  struct Piece {
    int group = -1;
    std::string literal;
  };

  void AddLiteral(std::string_view text) {
    if (!text.empty()) pieces_.push_back({-1, std::string(text)});
  }

  // The name behind a `$`, with or without braces, and how many bytes it takes with them.
  static std::string_view GroupName(std::string_view text, size_t* bytes) {
    const bool braces = !text.empty() && text[0] == '{';
    const std::string_view rest = text.substr(braces ? 1 : 0);
    size_t length = 0;
    while (length < rest.size() && IsNameCharacter(rest[length])) ++length;
    if (length == 0) return {};
    if (braces && (length == rest.size() || rest[length] != '}')) return {};
    *bytes = length + (braces ? 2 : 0);
    return rest.substr(0, length);
  }

  void AddGroup(std::string_view name, const std::map<std::string, int>& names, int group_count) {
    int number = -1;
    const auto result = std::from_chars(name.data(), name.data() + name.size(), number);
    if (result.ec != std::errc() || result.ptr != name.data() + name.size()) {
      const auto found = names.find(std::string(name));
      number = found == names.end() ? -1 : found->second;
    }
    if (number >= 0 && number <= group_count) pieces_.push_back({number, {}});
  }

  std::vector<Piece> pieces_;
};

// A run of digits or of other characters at the front of `text`.
std::string_view TakeChunk(std::string_view* text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t length = 1;
  while (length < text->size() && is_digit((*text)[length]) == is_digit((*text)[0])) ++length;
  const std::string_view chunk = text->substr(0, length);
  text->remove_prefix(length);
  return chunk;
}

bool ChunkNumber(std::string_view chunk, int64_t* number) {
  const auto result = std::from_chars(chunk.data(), chunk.data() + chunk.size(), *number);
  return result.ec == std::errc() && result.ptr == chunk.data() + chunk.size();
}

}  // namespace

bool IsLabelName(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const size_t bytes = CharacterBytes(name);
    if (bytes == 0) return false;
    name.remove_prefix(bytes);
  }
  return true;
}

absl::Status LabelReplace(const LabelReplacement& replacement, StepVector* vector) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const re2::RE2 regex(replacement.regex, options);
  if (!regex.ok()) {
    return absl::FailedPreconditionError(
        storage::StrCat("invalid regular expression in label_replace(): ", replacement.regex));
  }
  if (!IsLabelName(replacement.target)) {
    return absl::FailedPreconditionError(
        storage::StrCat("invalid destination label name in label_replace(): ", replacement.target));
  }
  const Template expansion(replacement.replacement, regex);
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  // Few distinct values are common, and matching costs more than looking up.
  storage::StringMap<std::pair<bool, std::string>> expanded;
  for (StepSeries& series : *vector) {
    const std::string_view value = series.labels.Get(replacement.source);
    auto found = expanded.find(value);
    if (found == expanded.end()) {
      const bool matches =
          regex.Match(re2::StringPiece(value.data(), value.size()), 0, value.size(),
                      re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()));
      found = expanded
                  .try_emplace(std::string(value), matches,
                               matches ? expansion.Expand(groups) : std::string())
                  .first;
    }
    if (found->second.first) {
      series.labels = series.labels.With(replacement.target, found->second.second);
      if (replacement.target == storage::kMetricNameLabel) series.drops_name = false;
    }
  }
  return MergeSameLabels(vector);
}

absl::Status LabelJoin(const std::string& target, const std::string& separator,
                       const std::vector<std::string>& sources, StepVector* vector) {
  for (const std::string& source : sources) {
    if (!IsLabelName(source)) {
      return absl::FailedPreconditionError(
          storage::StrCat("invalid source label name in label_join(): ", source));
    }
  }
  if (!IsLabelName(target)) {
    return absl::FailedPreconditionError(
        storage::StrCat("invalid destination label name in label_join(): ", target));
  }
  std::string joined;
  for (StepSeries& series : *vector) {
    joined.clear();
    for (size_t i = 0; i < sources.size(); ++i) {
      if (i > 0) joined += separator;
      joined += series.labels.Get(sources[i]);
    }
    series.labels = series.labels.With(target, joined);
    if (target == storage::kMetricNameLabel) series.drops_name = false;
  }
  return MergeSameLabels(vector);
}

bool NaturalLess(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view chunk_a = TakeChunk(&a);
    const std::string_view chunk_b = TakeChunk(&b);
    int64_t number_a = 0;
    int64_t number_b = 0;
    if (ChunkNumber(chunk_a, &number_a) && ChunkNumber(chunk_b, &number_b)) {
      if (number_a != number_b) return number_a < number_b;
    } else if (chunk_a != chunk_b) {
      return chunk_a < chunk_b;
    }
  }
  return a.empty() && !b.empty();
}

void SortByLabels(const std::vector<std::string>& labels, bool descending, StepVector* vector) {
  std::stable_sort(vector->begin(), vector->end(), [&](const StepSeries& x, const StepSeries& y) {
    const StepSeries& a = descending ? y : x;
    const StepSeries& b = descending ? x : y;
    for (const std::string& label : labels) {
      const std::string_view value_a = a.labels.Get(label);
      const std::string_view value_b = b.labels.Get(label);
      if (value_a == value_b) continue;
      if (NaturalLess(value_a, value_b)) return true;
      if (NaturalLess(value_b, value_a)) return false;
    }
    return a.labels < b.labels;
  });
}

void SortByValue(bool descending, StepVector* vector) {
  DropHistograms(vector);
  DropEmptySeries(vector);
  std::stable_sort(vector->begin(), vector->end(), [&](const StepSeries& a, const StepSeries& b) {
    if (std::isnan(a.values[0])) return false;
    if (std::isnan(b.values[0])) return true;
    return descending ? a.values[0] > b.values[0] : a.values[0] < b.values[0];
  });
}

}  // namespace varve::query

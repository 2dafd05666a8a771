#include "storage/part/deletion_mask.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr std::string_view kSignalTexts[] = {"metrics", "logs"};
constexpr char kFilterMark = '|';  // begins the word of a filter; matchers begin otherwise

bool IsPlain(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.' || byte == ':' ||
         byte == '/';
}

// As in URLs: a byte that could end the word, or be taken for an operator, becomes %XX.
std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char byte : text) {
    if (IsPlain(byte)) {
      escaped.push_back(byte);
      continue;
    }
    escaped.push_back('%');
    escaped.push_back(kHexDigits[static_cast<unsigned char>(byte) >> 4]);
    escaped.push_back(kHexDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return escaped;
}

std::optional<std::string> Unescape(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsPlain(text[i])) {
      bytes.push_back(text[i]);
      continue;
    }
    if (text[i] != '%' || i + 2 >= text.size()) return std::nullopt;
    const size_t high = kHexDigits.find(text[i + 1]);
    const size_t low = kHexDigits.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return bytes;
}

std::string EncodeMatcher(const Matcher& matcher) {
  return StrCat(Escape(matcher.name()), MatchTypeText(matcher.type()), Escape(matcher.value()));
}

std::optional<Matcher> ParseMatcher(std::string_view word) {
  const size_t at = word.find_first_of("=!");
  if (at == std::string_view::npos) return std::nullopt;
  for (const MatchType type :
       {MatchType::kRegex, MatchType::kNotRegex, MatchType::kNotEqual, MatchType::kEqual}) {
    const std::string_view text = MatchTypeText(type);
    if (word.substr(at, text.size()) != text) continue;
    const auto name = Unescape(word.substr(0, at));
    const auto value = Unescape(word.substr(at + text.size()));
    if (!name.has_value() || !value.has_value()) return std::nullopt;
    absl::StatusOr<Matcher> matcher = Matcher::Create(type, *name, *value);
    return matcher.ok() ? std::optional<Matcher>(*std::move(matcher)) : std::nullopt;
  }
  return std::nullopt;
}

template <typename Integer>
bool ParseInteger(std::string_view word, Integer* value) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), *value);
  return error == std::errc() && end == word.data() + word.size();
}

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

}  // namespace

bool DeletionMask::MayHide(SignalKind kind, const PartMetadata& part) const {
  return SignalOf(kind) == signal && part.part_id < parts_end &&
         RangeFor(kind).Overlaps(TimeRange::Inclusive(part.min_time, part.max_time));
}

TimeRange DeletionMask::RangeFor(SignalKind kind) const {
  return signal == Signal::kMetrics && CountsNanoseconds(kind) ? NanosecondsOf(range) : range;
}

bool DeletionMask::Covers(const DeletionMask& other) const {
  return signal == other.signal && matchers == other.matchers && parts_end >= other.parts_end &&
         range.Intersect(other.range) == other.range && (filter.empty() || filter == other.filter);
}

std::string EncodeDeletionMask(const DeletionMask& mask) {
  std::string text = StrCat(mask.id, " ", kSignalTexts[static_cast<size_t>(mask.signal)], " ",
                            mask.range.begin, " ", mask.range.end, " ", mask.parts_end);
  for (const Matcher& matcher : mask.matchers) StrAppend(&text, " ", EncodeMatcher(matcher));
  if (!mask.filter.empty()) {
    text.append({' ', kFilterMark});
    text += Escape(mask.filter);
  }
  return text;
}

absl::StatusOr<DeletionMask> ParseDeletionMask(std::string_view text) {
  const absl::Status malformed =
      absl::DataLossError(StrCat("cannot read deletion mask: ", Quote(text)));
  const std::vector<std::string_view> words = SplitWords(text);
  DeletionMask mask;
  if (words.size() < 5 || !ParseInteger(words[0], &mask.id) ||
      !ParseInteger(words[2], &mask.range.begin) || !ParseInteger(words[3], &mask.range.end) ||
      !ParseInteger(words[4], &mask.parts_end)) {
    return malformed;
  }
  const auto signal = std::find(std::begin(kSignalTexts), std::end(kSignalTexts), words[1]);
  if (signal == std::end(kSignalTexts)) return malformed;
  mask.signal = static_cast<Signal>(signal - std::begin(kSignalTexts));
  for (size_t i = 5; i < words.size(); ++i) {
    if (words[i].starts_with(kFilterMark) && i + 1 == words.size()) {
      std::optional<std::string> filter = Unescape(words[i].substr(1));
      if (!filter.has_value() || filter->empty() || mask.signal != Signal::kLogs) return malformed;
      mask.filter = *std::move(filter);
      break;
    }
    std::optional<Matcher> matcher = ParseMatcher(words[i]);
    if (!matcher.has_value()) return malformed;
    mask.matchers.push_back(*std::move(matcher));
  }
  return mask;
}

}  // namespace varve::storage

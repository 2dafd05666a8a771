#include "query/logql/stage.h"

namespace varve::query {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view TrimSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

bool LabelNeeds::Wants(std::string_view name) const {
  if (all) return true;
  for (const std::string& wanted : names) {
    if (wanted == name) return true;
    // The loser of a clash is asked for by its longer name.
    if (wanted.size() == name.size() + kExtractedSuffix.size() && wanted.starts_with(name) &&
        wanted.ends_with(kExtractedSuffix)) {
      return true;
    }
  }
  return false;
}

std::string_view SanitizeLabelName(std::string_view text, bool at_front, EntryLabels* keeper) {
  text = TrimSpace(text);
  if (text.empty()) return text;
  bool clean = !(at_front && text[0] >= '0' && text[0] <= '9');
  for (const char c : text) clean = clean && IsNameByte(c);
  if (clean) return text;
  std::string name;
  if (at_front && text[0] >= '0' && text[0] <= '9') name.push_back('_');
  for (const char c : text) {
    if (IsNameByte(c)) {
      name.push_back(c);
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      name.push_back('_');  // one for each character, not for each of its bytes
    }
  }
  return keeper->Keep(std::move(name));
}

}  // namespace varve::query

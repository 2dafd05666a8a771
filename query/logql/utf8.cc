#include "query/logql/utf8.h"

namespace varve::query {
namespace {

// The length of the character at text[at]; 0 where its bytes are not UTF-8.
size_t CharacterBytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const auto tail = [&](size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  if (first >= 0xc2 && first < 0xe0) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    if (!tail(1) || !tail(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) >= 0xa0) return 0;
    return 3;
  }
  if (first >= 0xf0 && first < 0xf5) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) >= 0x90) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

std::string_view ReplaceInvalidUtf8(std::string_view text, std::string* buffer) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  bool ascii = true;
  for (const char c : text) ascii = ascii && (c & 0x80) == 0;
  if (ascii) return text;
  std::string out;
  bool replaced = false;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = CharacterBytes(text, at);
    const std::string_view character = text.substr(at, bytes);
    if (bytes == 0 || character == kReplacement) {
      out.push_back(' ');
      replaced = true;
      at += bytes == 0 ? 1 : bytes;
    } else {
      out.append(character);
      at += bytes;
    }
  }
  if (!replaced) return text;
  *buffer = std::move(out);
  return *buffer;
}

}  // namespace varve::query

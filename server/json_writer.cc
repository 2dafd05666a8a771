#include "server/json_writer.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "query/engine/number_format.h"

namespace varve::server {
namespace {

constexpr std::string_view kReplacement = "\\ufffd";

// Which ASCII characters stand for themselves inside quotes.
using PlainTable = std::array<bool, 256>;
constexpr PlainTable PlainExcept(std::string_view escaped) {
  PlainTable plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[static_cast<size_t>(c)] = true;
  for (const char c : escaped) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}
constexpr PlainTable kPlain = PlainExcept("\"\\<>&");
constexpr PlainTable kPlainInLabels = PlainExcept("\"\\");

// The length of the UTF-8 character at the start of `text`; 0 where there is none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
    if (first == 0xED && byte(1) >= 0xA0) return 0;  // a surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) >= 0x90) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

void AppendEscapedAscii(char c, std::string* out) {
  switch (c) {
    case '"':
      *out += "\\\"";
      return;
    case '\\':
      *out += "\\\\";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  *out += "\\u00";
  out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
  out->push_back(kHex[static_cast<unsigned char>(c) & 15]);
}

// Whether all 16 bytes stand for themselves. `html`: `<`, `>` and `&` do not.
bool ArePlain(__m128i bytes, bool html) {
  // Compared as signed numbers, control characters and everything beyond ASCII are below a space.
  __m128i special = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  if (html) {
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('<')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('>')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('&')));
  }
  return _mm_movemask_epi8(special) == 0;
}

template <typename Word>
Word LoadWord(const char* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

// Copies a text if it needs no escapes; false if it does. The last bytes are looked at twice where
// the length is no power of two.
bool CopyPlain(std::string_view text, const PlainTable& is_plain, bool html, char* to) {
  const char* const from = text.data();
  const size_t size = text.size();
  if (size >= 16) {
    const auto copy = [&](size_t at) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), bytes);
      return ArePlain(bytes, html);
    };
    for (size_t at = 0; at + 16 < size; at += 16) {
      if (!copy(at)) return false;
    }
    return copy(size - 16);
  }
  const auto copy_ends = [&]<typename Word>(Word front, Word back) {
    std::memcpy(to, &front, sizeof(front));
    std::memcpy(to + size - sizeof(back), &back, sizeof(back));
  };
  if (size >= 8) {
    const auto front = LoadWord<int64_t>(from);
    const auto back = LoadWord<int64_t>(from + size - 8);
    copy_ends(front, back);
    return ArePlain(_mm_set_epi64x(front, back), html);
  }
  if (size >= 4) {
    const auto front = LoadWord<int32_t>(from);
    const auto back = LoadWord<int32_t>(from + size - 4);
    copy_ends(front, back);
    return ArePlain(_mm_set_epi32(front, back, front, back), html);
  }
  for (size_t i = 0; i < size; ++i) {
    if (!is_plain[static_cast<unsigned char>(from[i])]) return false;
    to[i] = from[i];
  }
  return true;
}

// How many bytes in front of a text are plain ones; all of them, or at least up to 15 fewer.
size_t PlainFront(std::string_view text, bool html) {
  size_t at = 0;
  while (at + 16 <= text.size() &&
         ArePlain(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at)), html)) {
    at += 16;
  }
  return at;
}

// Texts up to this length are written by way of the stack.
constexpr size_t kShortText = 254;

template <typename Integer>
void AppendInteger(Integer value, std::string* out) {
  std::array<char, 24> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  out->append(text.data(), result.ptr);
}

// `html`: the characters that HTML gives a meaning, and the separators that JavaScript does, are
// escaped too.
void AppendQuoted(std::string_view text, const PlainTable& is_plain, bool html, std::string* out) {
  if (text.size() <= kShortText) {
    std::array<char, kShortText + 2> quoted;
    if (CopyPlain(text, is_plain, html, quoted.data() + 1)) {
      quoted[0] = '"';
      quoted[text.size() + 1] = '"';
      out->append(quoted.data(), text.size() + 2);
      return;
    }
  }
  out->push_back('"');
  size_t plain_begin = 0;
  size_t i = PlainFront(text, html);
  const auto flush = [&] { out->append(text.substr(plain_begin, i - plain_begin)); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (is_plain[c]) {
      ++i;
      continue;
    }
    if (c < 0x80) {
      flush();
      AppendEscapedAscii(text[i], out);
      plain_begin = ++i;
      continue;
    }
    const size_t length = Utf8Length(text.substr(i));
    if (length == 0) {
      flush();
      *out += kReplacement;
      plain_begin = ++i;
    } else if (html && length == 3 &&
               (text.substr(i, 3) == "\u2028" || text.substr(i, 3) == "\u2029")) {
      flush();
      *out += text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 3;
      plain_begin = i;
    } else {
      i += length;
    }
  }
  flush();
  out->push_back('"');
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  AppendQuoted(text, kPlain, true, out);
}

void AppendPlainJsonString(std::string_view text, std::string* out) {
  AppendQuoted(text, kPlainInLabels, false, out);
}

char* CopyUnescapedJsonString(std::string_view text, bool html, char* at) {
  *at++ = '"';
  if (!CopyPlain(text, html ? kPlain : kPlainInLabels, html, at)) return nullptr;
  at += text.size();
  *at++ = '"';
  return at;
}

void JsonWriter::Key(std::string_view key) {
  Separate();
  AppendJsonString(key, out_);
  out_->push_back(':');
  need_comma_ = false;
}

void JsonWriter::String(std::string_view text) {
  Separate();
  AppendJsonString(text, out_);
}

void JsonWriter::Int(int64_t value) {
  Separate();
  AppendInteger(value, out_);
}

void JsonWriter::Uint(uint64_t value) {
  Separate();
  AppendInteger(value, out_);
}

void JsonWriter::Double(double value) {
  Separate();
  // JSON has no other numbers than finite ones.
  if (!std::isfinite(value)) value = 0;
  query::AppendJsonFloat(value, out_);
}

void JsonWriter::Bool(bool value) { Raw(value ? "true" : "false"); }
void JsonWriter::Null() { Raw("null"); }

void JsonWriter::Raw(std::string_view json) {
  Separate();
  out_->append(json);
}

void JsonWriter::Pieces(std::vector<std::string> pieces) {
  if (pieces.empty()) return;
  Separate();
  if (front_ == nullptr) {
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0) out_->push_back(',');
      out_->append(pieces[i]);
      pieces[i] = {};
    }
    return;
  }
  front_->push_back(std::move(*out_));
  out_->clear();
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i + 1 < pieces.size()) pieces[i].push_back(',');
    front_->push_back(std::move(pieces[i]));
  }
}

void JsonWriter::Labels(storage::LabelSetView labels) {
  BeginObject();
  for (const storage::LabelView& label : labels) {
    Key(label.name);
    String(label.value);
  }
  EndObject();
}

void JsonWriter::PlainLabels(storage::LabelSetView labels) {
  BeginObject();
  for (const storage::LabelView& label : labels) {
    Separate();
    AppendPlainJsonString(label.name, out_);
    out_->push_back(':');
    AppendPlainJsonString(label.value, out_);
  }
  EndObject();
}

void JsonWriter::Strings(const std::vector<std::string>& texts) {
  BeginArray();
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size() + 3;
  out_->reserve(out_->size() + bytes);
  for (const std::string& text : texts) String(text);
  EndArray();
}

}  // namespace varve::server

#include "query/template/formatter.h"

#include <algorithm>
#include <cmath>

#include "query/engine/number_format.h"
#include "query/template/float_format.h"
#include "query/template/go_time.h"
#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

constexpr uint32_t kRuneMax = 0x10ffff;
// JSON is not read deeper than this, so nothing is.
constexpr int kDepthMax = 200;

bool IsTextVerb(uint32_t verb) {
  return verb == 'v' || verb == 's' || verb == 'x' || verb == 'X' || verb == 'q';
}

}  // namespace

void ValueFormatter::Print(const TemplateValue& value, uint32_t verb) {
  const TemplateValue plain = value.kind() == ValueKind::kNil ? value : value.Unboxed();
  if (plain.kind() == ValueKind::kNil || !plain.is_valid()) {
    if (verb == 'T' || verb == 'v') {
      Pad("<nil>");
    } else {
      BadVerb(plain, verb);
    }
    return;
  }
  if (verb == 'T') return Pad(Truncated(plain.TypeName()));
  PrintPart(plain, verb, 0);
}

void ValueFormatter::PrintPart(const TemplateValue& value, uint32_t verb, int depth) {
  if (depth > kDepthMax) return;
  switch (value.kind()) {
    case ValueKind::kInvalid:
    case ValueKind::kNil:
      out_->append(flags.sharp_v ? "interface {}(nil)" : "<nil>");
      return;
    case ValueKind::kBool:
      return PrintBool(value, verb);
    case ValueKind::kDuration:
      if (IsTextVerb(verb) && !flags.sharp_v) {
        std::string text;
        AppendGoDuration(value.as_int(), &text);
        return PrintString(text, value, verb);
      }
      return PrintInteger(value, verb);
    case ValueKind::kInt:
    case ValueKind::kInt64:
    case ValueKind::kUint8:
      return PrintInteger(value, verb);
    case ValueKind::kFloat:
      return PrintFloat(value.as_float(), value, verb);
    case ValueKind::kComplex:
      return PrintComplex(value, verb);
    case ValueKind::kString:
      return PrintString(value.as_string(), value, verb);
    case ValueKind::kTime: {
      if (!IsTextVerb(verb)) return BadVerb(value, verb);
      std::string text;
      AppendGoTime(value.as_time(), &text);
      if (flags.sharp_v) {
        out_->append(text);
        return;
      }
      return PrintString(text, value, verb);
    }
    case ValueKind::kList:
      return PrintList(value, verb, depth);
    case ValueKind::kMap:
    case ValueKind::kStringMap:
      return PrintMap(value, verb, depth);
  }
}

void ValueFormatter::PrintList(const TemplateValue& value, uint32_t verb, int depth) {
  out_->append(flags.sharp_v ? "[]interface {}{" : "[");
  bool first = true;
  for (const TemplateValue& element : value.as_list()) {
    if (!first) out_->append(flags.sharp_v ? ", " : " ");
    first = false;
    PrintPart(element.kind() == ValueKind::kNil ? element : element.Unboxed(), verb, depth + 1);
  }
  out_->push_back(flags.sharp_v ? '}' : ']');
}

void ValueFormatter::PrintMap(const TemplateValue& value, uint32_t verb, int depth) {
  if (flags.sharp_v) {
    storage::StrAppend(out_, value.Unboxed().TypeName(), "{");
  } else {
    out_->append("map[");
  }
  bool first = true;
  const auto fields =
      value.kind() == ValueKind::kMap ? value.as_map() : value.as_string_map().Fields(arena_);
  for (const TemplateField& field : fields) {
    if (!first) out_->append(flags.sharp_v ? ", " : " ");
    first = false;
    PrintString(field.name, TemplateValue::String(field.name), verb);
    out_->push_back(':');
    PrintPart(field.value.kind() == ValueKind::kNil ? field.value : field.value.Unboxed(), verb,
              depth + 1);
  }
  out_->push_back(flags.sharp_v ? '}' : ']');
}

// %!d(string=x)
void ValueFormatter::BadVerb(const TemplateValue& value, uint32_t verb) {
  out_->append("%!");
  AppendRune(verb, out_);
  out_->push_back('(');
  if (value.is_valid() && value.kind() != ValueKind::kNil) {
    storage::StrAppend(out_, value.TypeName(), "=");
    Print(value, 'v');
  } else {
    out_->append("<nil>");
  }
  out_->push_back(')');
}

void ValueFormatter::PrintBool(const TemplateValue& value, uint32_t verb) {
  if (verb != 't' && verb != 'v') return BadVerb(value, verb);
  Pad(value.as_bool() ? "true" : "false");
}

void ValueFormatter::PrintInteger(const TemplateValue& value, uint32_t verb) {
  const bool negative = value.as_int() < 0;
  const auto bits = static_cast<uint64_t>(value.as_int());
  const uint64_t magnitude = negative ? 0 - bits : bits;
  const bool is_unsigned = value.kind() == ValueKind::kUint8;
  switch (verb) {
    case 'v':
      if (flags.sharp_v && is_unsigned) {
        flags.sharp = true;
        FormatInteger(magnitude, false, 16, 'v', false);
        flags.sharp = false;
        return;
      }
      return FormatInteger(magnitude, negative, 10, verb, false);
    case 'd':
      return FormatInteger(magnitude, negative, 10, verb, false);
    case 'b':
      return FormatInteger(magnitude, negative, 2, verb, false);
    case 'o':
    case 'O':
      return FormatInteger(magnitude, negative, 8, verb, false);
    case 'x':
    case 'X':
      return FormatInteger(magnitude, negative, 16, verb, verb == 'X');
    case 'c': {
      std::string text;
      const auto rune = static_cast<uint32_t>(bits);
      const bool valid = bits <= kRuneMax && !(rune >= 0xd800 && rune < 0xe000);
      AppendRune(valid ? rune : kReplacementRune, &text);
      return Pad(text);
    }
    case 'q':
      return Pad(
          QuotedRune(bits > kRuneMax ? kReplacementRune : static_cast<uint32_t>(bits), flags.plus));
    case 'U':
      return FormatUnicode(bits);
    default:
      return BadVerb(value, verb);
  }
}

void ValueFormatter::PrintFloat(double number, const TemplateValue& value, uint32_t verb) {
  switch (verb) {
    case 'v':
      return FormatFloat(number, 'g', -1);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return FormatFloat(number, static_cast<char>(verb), -1);
    case 'f':
    case 'e':
    case 'E':
      return FormatFloat(number, static_cast<char>(verb), 6);
    case 'F':
      return FormatFloat(number, 'f', 6);
    default:
      return BadVerb(value, verb);
  }
}

void ValueFormatter::PrintComplex(const TemplateValue& value, uint32_t verb) {
  constexpr std::string_view kVerbs = "vbgGxXfFeE";
  if (verb > 0x7f || kVerbs.find(static_cast<char>(verb)) == std::string_view::npos) {
    return BadVerb(value, verb);
  }
  const bool plus = flags.plus;
  out_->push_back('(');
  PrintFloat(value.as_float(), value, verb);
  flags.plus = true;
  PrintFloat(value.imaginary(), value, verb);
  out_->append("i)");
  flags.plus = plus;
}

void ValueFormatter::PrintString(std::string_view text, const TemplateValue& value, uint32_t verb) {
  switch (verb) {
    case 'v':
      if (flags.sharp_v) return FormatQuoted(text);
      return Pad(Truncated(text));
    case 's':
      return Pad(Truncated(text));
    case 'x':
    case 'X':
      return FormatHexText(text, verb == 'X');
    case 'q':
      return FormatQuoted(text);
    default:
      return BadVerb(value, verb);
  }
}

std::string_view ValueFormatter::Truncated(std::string_view text) const {
  if (!flags.has_precision) return text;
  return text.substr(0, RunePrefixBytes(text, static_cast<size_t>(flags.precision)));
}

void ValueFormatter::AppendPadding(size_t count, bool zeros) {
  out_->append(count, zeros && !flags.minus ? '0' : ' ');
}

void ValueFormatter::Pad(std::string_view text) { Pad(text, flags.zero); }

void ValueFormatter::Pad(std::string_view text, bool zeros) {
  const size_t runes = flags.has_width && flags.width > 0 ? CountRunes(text) : 0;
  const auto width = static_cast<size_t>(flags.width);
  const size_t padding = runes != 0 || text.empty() ? (width > runes ? width - runes : 0) : 0;
  const bool pads = flags.has_width && padding > 0;
  if (pads && !flags.minus) AppendPadding(padding, zeros);
  out_->append(text);
  if (pads && flags.minus) AppendPadding(padding, zeros);
}

void ValueFormatter::FormatInteger(uint64_t magnitude, bool negative, unsigned radix, uint32_t verb,
                                   bool upper) {
  size_t digits_min = 1;
  if (flags.has_precision) {
    digits_min = static_cast<size_t>(flags.precision);
    if (digits_min == 0 && magnitude == 0) {
      if (flags.has_width) AppendPadding(static_cast<size_t>(flags.width), false);
      return;
    }
  } else if (flags.zero && !flags.minus && flags.has_width) {
    digits_min = static_cast<size_t>(flags.width);
    if (digits_min > 0 && (negative || flags.plus || flags.space)) --digits_min;
  }
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;  // backwards
  do {
    text.push_back(digits[magnitude % radix]);
    magnitude /= radix;
  } while (magnitude != 0);
  if (text.size() < digits_min) text.append(digits_min - text.size(), '0');
  if (flags.sharp && radix == 2) text.append("b0");
  if (flags.sharp && radix == 8 && text.back() != '0') text.push_back('0');
  if (flags.sharp && radix == 16) text.append(upper ? "X0" : "x0");
  if (verb == 'O') text.append("o0");
  if (negative) {
    text.push_back('-');
  } else if (flags.plus) {
    text.push_back('+');
  } else if (flags.space) {
    text.push_back(' ');
  }
  std::reverse(text.begin(), text.end());
  Pad(text, false);
}

void ValueFormatter::FormatUnicode(uint64_t rune) {
  std::string text;
  do {
    text.push_back("0123456789ABCDEF"[rune % 16]);
    rune /= 16;
  } while (rune != 0);
  const size_t digits_min =
      flags.has_precision && flags.precision > 4 ? static_cast<size_t>(flags.precision) : 4;
  if (text.size() < digits_min) text.append(digits_min - text.size(), '0');
  text.append("+U");
  std::reverse(text.begin(), text.end());
  const uint64_t value = std::strtoull(text.c_str() + 2, nullptr, 16);
  if (flags.sharp && value <= kRuneMax && IsPrintableRune(static_cast<uint32_t>(value))) {
    text.append(" '");
    AppendRune(static_cast<uint32_t>(value), &text);
    text.push_back('\'');
  }
  Pad(text, false);
}

void ValueFormatter::FormatFloat(double number, char format, int precision) {
  if (flags.has_precision) precision = flags.precision;
  std::string text = FormatGoFloat(number, format, precision);
  if (text[0] != '-' && text[0] != '+') text.insert(0, "+");
  if (flags.space && text[0] == '+' && !flags.plus) text[0] = ' ';
  if (text[1] == 'I' || text[1] == 'N') {
    if (text[1] == 'N' && !flags.space && !flags.plus) text.erase(0, 1);
    return Pad(text[0] == '+' && !flags.plus ? text.substr(text[1] == 'I' ? 0 : 1) : text, false);
  }
  if (flags.sharp && format != 'b') {
    // A point always, and the zeros that %g and %x leave out.
    int digits = 0;
    if (format == 'g' || format == 'G' || format == 'x') digits = precision == -1 ? 6 : precision;
    const bool hexadecimal = format == 'x' || format == 'X';
    const size_t exponent = text.find_first_of(hexadecimal ? "pP" : "eE", 1);
    const std::string tail = exponent == text.npos ? "" : text.substr(exponent);
    if (exponent != text.npos) text.resize(exponent);
    bool point = false;
    bool significant = false;
    for (const char c : std::string_view(text).substr(1)) {
      if (c == '.') {
        point = true;
        continue;
      }
      significant = significant || c != '0';
      if (significant) --digits;
    }
    if (!point) {
      if (text.size() == 2 && text[1] == '0') --digits;
      text.push_back('.');
    }
    if (digits > 0) text.append(static_cast<size_t>(digits), '0');
    text += tail;
  }
  if (!flags.plus && text[0] == '+') return Pad(std::string_view(text).substr(1));
  if (flags.zero && !flags.minus && flags.has_width &&
      static_cast<size_t>(flags.width) > text.size()) {
    // The sign stands before the zeros.
    out_->push_back(text[0]);
    AppendPadding(static_cast<size_t>(flags.width) - text.size(), true);
    out_->append(text, 1);
    return;
  }
  Pad(text);
}

void ValueFormatter::FormatHexText(std::string_view text, bool upper) {
  if (flags.has_precision) text = text.substr(0, static_cast<size_t>(flags.precision));
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const std::string_view prefix = upper ? "0X" : "0x";
  std::string encoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (flags.space && i > 0) encoded.push_back(' ');
    if (flags.sharp && (i == 0 || flags.space)) encoded.append(prefix);
    const auto byte = static_cast<unsigned char>(text[i]);
    encoded.push_back(digits[byte >> 4]);
    encoded.push_back(digits[byte & 15]);
  }
  Pad(encoded);
}

void ValueFormatter::FormatQuoted(std::string_view text) {
  text = Truncated(text);
  const bool raw =
      flags.sharp && std::none_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '`' || c == 0x7f;
      });
  if (raw) return Pad(storage::StrCat("`", text, "`"));
  Pad(QuotedText(text, flags.plus));
}

}  // namespace varve::query

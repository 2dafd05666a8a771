#include "tools/terminal_text.h"

#include "storage/model/text.h"

namespace varve::tools {
namespace {

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

void AppendEscaped(char c, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '\n':
      *out += "\\n";
      break;
    case '\r':
      *out += "\\r";
      break;
    case '\t':
      *out += "\\t";
      break;
    default:
      *out += {'\\', 'x', kHex[static_cast<unsigned char>(c) >> 4], kHex[c & 15]};
  }
}

// U+0080 to U+009F, which some terminals obey as they do escape sequences.
bool IsC1Control(std::string_view text, size_t at) {
  return at + 1 < text.size() && text[at] == '\xc2' &&
         static_cast<unsigned char>(text[at + 1]) >= 0x80 &&
         static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

// Length of a sequence that sets colours (ESC [ 1 ; 31 m) at the front; 0 for anything else.
size_t ColourSequence(std::string_view text) {
  if (text.substr(0, 2) != "\x1b[") return 0;
  const size_t end = text.find_first_not_of("0123456789;:", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

std::string Escape(std::string_view text, bool is_line) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (is_line) {
      if (const size_t length = ColourSequence(text.substr(at)); length > 0) {
        out += text.substr(at, length);
        at += length - 1;
        continue;
      }
    }
    const char c = text[at];
    if (IsC1Control(text, at)) {
      AppendEscaped(text[++at], &out);
    } else if (IsControl(c) && !(is_line && (c == '\t' || c == '\n'))) {
      AppendEscaped(c, &out);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::string EscapeControls(std::string_view text) { return Escape(text, false); }

std::string EscapeLine(std::string_view text) { return Escape(text, true); }

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return width;
}

std::string Paint(std::string_view text, Colour colour, bool colours) {
  if (!colours || colour == Colour::kNone) return std::string(text);
  constexpr std::string_view kCodes[] = {"0", "1", "2", "36", "32", "33", "35", "34", "31"};
  return storage::StrCat("\x1b[", kCodes[static_cast<size_t>(colour)], "m", text, "\x1b[0m");
}

}  // namespace varve::tools

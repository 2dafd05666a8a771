// Functions on texts.
#include <algorithm>

#include "query/template/functions.h"
#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;
using Parameter = TemplateParameter;

// A longer text is a mistake, whatever the limits of the template are.
constexpr uint64_t kTextBytesMax = 64 << 20;
constexpr std::string_view kAsciiSpaces = " \t\n\v\f\r";

bool IsSpaceRune(uint32_t rune) {
  if (rune < 0x80) return kAsciiSpaces.find(static_cast<char>(rune)) != std::string_view::npos;
  return rune == 0x85 || rune == 0xa0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) ||
         rune == 0x2028 || rune == 0x2029 || rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

// The last character of a text that is not empty.
TemplateRune LastRune(std::string_view text) {
  for (size_t bytes = std::min<size_t>(4, text.size()); bytes > 1; --bytes) {
    const TemplateRune rune = FirstRune(text.substr(text.size() - bytes));
    if (rune.bytes == bytes) return rune;
  }
  return FirstRune(text.substr(text.size() - 1));
}

template <typename InSet>
std::string_view TrimFront(std::string_view text, const InSet& in_set) {
  while (!text.empty() && in_set(FirstRune(text).value)) text.remove_prefix(FirstRune(text).bytes);
  return text;
}
template <typename InSet>
std::string_view TrimBack(std::string_view text, const InSet& in_set) {
  while (!text.empty() && in_set(LastRune(text).value)) text.remove_suffix(LastRune(text).bytes);
  return text;
}

class RuneSet {
 public:
  explicit RuneSet(std::string_view runes) : runes_(runes) {}
  bool operator()(uint32_t rune) const {
    for (std::string_view rest = runes_; !rest.empty();) {
      const TemplateRune member = FirstRune(rest);
      if (member.value == rune) return true;
      rest.remove_prefix(member.bytes);
    }
    return false;
  }

 private:
  std::string_view runes_;
};

std::string_view TrimSpace(std::string_view text) {
  return TrimBack(TrimFront(text, IsSpaceRune), IsSpaceRune);
}
std::string_view TrimSet(std::string_view text, std::string_view set) {
  return TrimBack(TrimFront(text, RuneSet(set)), RuneSet(set));
}
std::string_view WithoutPrefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}
std::string_view WithoutSuffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

// strings.Replace: an empty `from` stands before each character and at the end.
std::string Replaced(std::string_view text, std::string_view from, std::string_view to,
                     int64_t count) {
  std::string out;
  size_t at = 0;
  for (int64_t done = 0; count < 0 || done < count; ++done) {
    size_t found = at;
    if (from.empty()) {
      if (done > 0) {
        if (at >= text.size()) break;
        found = at + FirstRune(text.substr(at)).bytes;
      }
    } else {
      found = text.find(from, at);
      if (found == text.npos) break;
    }
    out.append(text.substr(at, found - at)).append(to);
    at = found + from.size();
    if (out.size() > kTextBytesMax) break;
  }
  return out.append(text.substr(std::min(at, text.size())));
}

TemplateValue View(std::string_view text) { return TemplateValue::String(text); }

TemplateValue Lower(TemplateCall* call) {
  std::string out;
  AppendLower(call->text(0), &out);
  return call->Return(out);
}
TemplateValue Upper(TemplateCall* call) {
  std::string out;
  AppendUpper(call->text(0), &out);
  return call->Return(out);
}

// strings.Title: the first letter of each word in upper case.
TemplateValue Title(TemplateCall* call) {
  std::string out;
  bool word_begins = true;
  for (std::string_view rest = call->text(0); !rest.empty();) {
    const TemplateRune rune = FirstRune(rest);
    AppendRune(word_begins ? ToUpperRune(rune.value) : rune.value, &out);
    const bool is_word = rune.value == '_' || IsLetterOrDigit(rune.value);
    word_begins = rune.value < 0x80 ? !is_word : !is_word && IsSpaceRune(rune.value);
    rest.remove_prefix(rune.bytes);
  }
  return call->Return(out);
}

// Counts bytes; a negative number counts from the end.
TemplateValue Trunc(TemplateCall* call) {
  const int64_t count = (*call)[0].as_int();
  const std::string_view text = call->text(1);
  const auto size = static_cast<int64_t>(text.size());
  if (count < 0 && size + count > 0) return View(text.substr(static_cast<size_t>(size + count)));
  if (count >= 0 && size > count) return View(text.substr(0, static_cast<size_t>(count)));
  return View(text);
}

TemplateValue Substr(TemplateCall* call) {
  const int64_t start = (*call)[0].as_int();
  const int64_t end = (*call)[1].as_int();
  const std::string_view text = call->text(2);
  const auto size = static_cast<int64_t>(text.size());
  const auto out_of_range = [&](std::string_view bounds) {
    return call->Fail(StrCat("runtime error: slice bounds out of range [", bounds));
  };
  if (start < 0) {
    if (end < 0) return out_of_range(StrCat(":", end, "]"));
    if (end > size) return out_of_range(StrCat(":", end, "] with length ", size));
    return View(text.substr(0, static_cast<size_t>(end)));
  }
  if (end < 0 || end > size) {
    if (start > size) return out_of_range(StrCat(start, ":", size, "]"));
    return View(text.substr(static_cast<size_t>(start)));
  }
  if (start > end) return out_of_range(StrCat(start, ":", end, "]"));
  return View(text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start)));
}

bool RepeatInto(std::string_view text, int64_t count, std::string* out, TemplateCall* call) {
  if (count < 0) {
    call->Fail("strings: negative Repeat count");
    return false;
  }
  if (!text.empty() && static_cast<uint64_t>(count) > kTextBytesMax / text.size()) {
    call->Fail("strings: Repeat output length overflow");
    return false;
  }
  if (text.empty()) return true;
  out->reserve(text.size() * static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) out->append(text);
  return true;
}

TemplateValue Indented(std::string_view front, TemplateCall* call) {
  std::string pad;
  if (!RepeatInto(" ", (*call)[0].as_int(), &pad, call)) return TemplateValue();
  return call->Return(StrCat(front, pad, Replaced(call->text(1), "\n", StrCat("\n", pad), -1)));
}
TemplateValue Indent(TemplateCall* call) { return Indented("", call); }
TemplateValue Nindent(TemplateCall* call) { return Indented("\n", call); }

TemplateValue Repeat(TemplateCall* call) {
  std::string out;
  if (!RepeatInto(call->text(1), (*call)[0].as_int(), &out, call)) return TemplateValue();
  return call->Return(out);
}

// Exactly so many characters: cut, or filled with spaces.
TemplateValue Align(TemplateCall* call, bool left) {
  const int64_t count = (*call)[0].as_int();
  const std::string_view text = call->text(1);
  const auto runes = static_cast<int64_t>(CountRunes(text));
  if (count < 0 || count == runes) return View(text);
  if (count < runes) {
    if (left) return View(text.substr(0, RunePrefixBytes(text, static_cast<size_t>(count))));
    return View(text.substr(RunePrefixBytes(text, static_cast<size_t>(runes - count))));
  }
  std::string pad;
  if (!RepeatInto(" ", count - runes, &pad, call)) return TemplateValue();
  return call->Return(left ? StrCat(text, pad) : StrCat(pad, text));
}
TemplateValue AlignLeft(TemplateCall* call) { return Align(call, true); }
TemplateValue AlignRight(TemplateCall* call) { return Align(call, false); }

TemplateValue Contains(TemplateCall* call) {
  return TemplateValue::Bool(call->text(1).find(call->text(0)) != std::string_view::npos);
}
TemplateValue HasPrefix(TemplateCall* call) {
  return TemplateValue::Bool(call->text(1).starts_with(call->text(0)));
}
TemplateValue HasSuffix(TemplateCall* call) {
  return TemplateValue::Bool(call->text(1).ends_with(call->text(0)));
}
TemplateValue ReplaceLast(TemplateCall* call) {
  return call->Return(Replaced(call->text(2), call->text(0), call->text(1), -1));
}
TemplateValue Replace(TemplateCall* call) {
  return call->Return(Replaced(call->text(0), call->text(1), call->text(2), (*call)[3].as_int()));
}
TemplateValue Trim(TemplateCall* call) { return View(TrimSpace(call->text(0))); }
TemplateValue TrimAll(TemplateCall* call) { return View(TrimSet(call->text(1), call->text(0))); }
TemplateValue TrimPrefix(TemplateCall* call) {
  return View(WithoutPrefix(call->text(1), call->text(0)));
}
TemplateValue TrimSuffix(TemplateCall* call) {
  return View(WithoutSuffix(call->text(1), call->text(0)));
}
TemplateValue OldTrim(TemplateCall* call) { return View(TrimSet(call->text(0), call->text(1))); }
TemplateValue OldTrimLeft(TemplateCall* call) {
  return View(TrimFront(call->text(0), RuneSet(call->text(1))));
}
TemplateValue OldTrimRight(TemplateCall* call) {
  return View(TrimBack(call->text(0), RuneSet(call->text(1))));
}
TemplateValue OldTrimPrefix(TemplateCall* call) {
  return View(WithoutPrefix(call->text(0), call->text(1)));
}
TemplateValue OldTrimSuffix(TemplateCall* call) {
  return View(WithoutSuffix(call->text(0), call->text(1)));
}

TemplateValue Default(TemplateCall* call) {
  return call->size() > 1 && (*call)[1].IsTrue() ? (*call)[1] : (*call)[0];
}

}  // namespace

void AddTextFunctions(TemplateFunctionTable* table) {
  constexpr Parameter kText = Parameter::kString;
  constexpr Parameter kInt = Parameter::kInt;
  table->Add({"lower", {kText}, false, Lower});
  table->Add({"upper", {kText}, false, Upper});
  table->Add({"title", {kText}, false, Title});
  table->Add({"trunc", {kInt, kText}, false, Trunc});
  table->Add({"substr", {kInt, kInt, kText}, false, Substr});
  table->Add({"contains", {kText, kText}, false, Contains});
  table->Add({"hasPrefix", {kText, kText}, false, HasPrefix});
  table->Add({"hasSuffix", {kText, kText}, false, HasSuffix});
  table->Add({"indent", {kInt, kText}, false, Indent});
  table->Add({"nindent", {kInt, kText}, false, Nindent});
  table->Add({"replace", {kText, kText, kText}, false, ReplaceLast});
  table->Add({"repeat", {kInt, kText}, false, Repeat});
  table->Add({"trim", {kText}, false, Trim});
  table->Add({"trimAll", {kText, kText}, false, TrimAll});
  table->Add({"trimPrefix", {kText, kText}, false, TrimPrefix});
  table->Add({"trimSuffix", {kText, kText}, false, TrimSuffix});
  table->Add({"alignLeft", {kInt, kText}, false, AlignLeft});
  table->Add({"alignRight", {kInt, kText}, false, AlignRight});
  table->Add({"default", {Parameter::kAny, Parameter::kAny}, true, Default});
  table->Add({"ToLower", {kText}, false, Lower});
  table->Add({"ToUpper", {kText}, false, Upper});
  table->Add({"Replace", {kText, kText, kText, kInt}, false, Replace});
  table->Add({"Trim", {kText, kText}, false, OldTrim});
  table->Add({"TrimLeft", {kText, kText}, false, OldTrimLeft});
  table->Add({"TrimRight", {kText, kText}, false, OldTrimRight});
  table->Add({"TrimPrefix", {kText, kText}, false, OldTrimPrefix});
  table->Add({"TrimSuffix", {kText, kText}, false, OldTrimSuffix});
  table->Add({"TrimSpace", {kText}, false, Trim});
}

}  // namespace varve::query

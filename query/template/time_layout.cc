#include "query/template/time_layout.h"

namespace varve::query {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Word {
  std::string_view text;
  TimeElement element;
};
// Longer ones before those they begin with.
constexpr Word kWords[] = {
    {"January", TimeElement::kLongMonth}, {"Monday", TimeElement::kLongWeekday},
    {"MST", TimeElement::kZoneName},      {"002", TimeElement::kZeroYearDay},
    {"01", TimeElement::kZeroMonth},      {"02", TimeElement::kZeroDay},
    {"03", TimeElement::kZeroHour12},     {"04", TimeElement::kZeroMinute},
    {"05", TimeElement::kZeroSecond},     {"06", TimeElement::kYear},
    {"15", TimeElement::kHour},           {"1", TimeElement::kNumMonth},
    {"2006", TimeElement::kLongYear},     {"2", TimeElement::kDay},
    {"__2", TimeElement::kUnderYearDay},  {"3", TimeElement::kHour12},
    {"4", TimeElement::kMinute},          {"5", TimeElement::kSecond},
    {"PM", TimeElement::kUpperPm},        {"pm", TimeElement::kLowerPm},
    {"-070000", TimeElement::kZone},      {"-07:00:00", TimeElement::kZone},
    {"-0700", TimeElement::kZone},        {"-07:00", TimeElement::kZone},
    {"-07", TimeElement::kZone},          {"Z070000", TimeElement::kZone},
    {"Z07:00:00", TimeElement::kZone},    {"Z0700", TimeElement::kZone},
    {"Z07:00", TimeElement::kZone},       {"Z07", TimeElement::kZone},
};

// The element at the front of `text`; `*bytes` is its length, 0 where there is none.
TimeElement ElementAt(std::string_view text, size_t* bytes) {
  *bytes = 0;
  const auto take = [&](size_t size, TimeElement element) {
    *bytes = size;
    return element;
  };
  for (const Word& word : kWords) {
    if (text.starts_with(word.text)) return take(word.text.size(), word.element);
  }
  // `Jan` and `Mon` are no elements at the front of a longer word.
  for (const Word& word : {Word{"Jan", TimeElement::kMonth}, Word{"Mon", TimeElement::kWeekday}}) {
    if (!text.starts_with(word.text)) continue;
    const bool goes_on = text.size() > 3 && text[3] >= 'a' && text[3] <= 'z';
    if (!goes_on) return take(3, word.element);
  }
  if (text.starts_with("_2")) {
    // The year with an underscore before it is no padded day.
    if (!text.starts_with("_2006")) return take(2, TimeElement::kUnderDay);
    return TimeElement::kNone;
  }
  if (text.size() > 1 && (text[0] == '.' || text[0] == ',') && (text[1] == '0' || text[1] == '9')) {
    size_t end = 1;
    while (end < text.size() && text[end] == text[1]) ++end;
    if (end < text.size() && IsDigit(text[end])) return TimeElement::kNone;
    return take(end, text[1] == '0' ? TimeElement::kFraction : TimeElement::kFractionTrimmed);
  }
  return TimeElement::kNone;
}

}  // namespace

LayoutPiece NextLayoutPiece(std::string_view layout) {
  for (size_t i = 0; i < layout.size(); ++i) {
    size_t bytes = 0;
    const TimeElement element = ElementAt(layout.substr(i), &bytes);
    if (bytes == 0) continue;
    return {layout.substr(0, i), element, layout.substr(i, bytes), layout.substr(i + bytes)};
  }
  return {layout, TimeElement::kNone, {}, {}};
}

}  // namespace varve::query

// Functions on times.
#include <charconv>

#include "absl/time/clock.h"
#include "query/template/functions.h"
#include "query/template/go_time.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;
using Parameter = TemplateParameter;

constexpr int64_t kSecondsPerDay = 86400;

TemplateValue NewTime(const GoTime& time, TemplateCall* call) {
  return TemplateValue::Time(call->arena()->New(time));
}
GoTime NowTime() { return GoTime::FromUnixNs(absl::GetCurrentTimeNanos(), LocalZone()); }

TemplateValue Now(TemplateCall* call) { return NewTime(NowTime(), call); }

// A time, or an integer of seconds; anything else is now.
TemplateValue Date(TemplateCall* call) {
  const TemplateValue& value = (*call)[1];
  GoTime time = NowTime();
  if (value.kind() == ValueKind::kTime) time = value.as_time();
  if (value.kind() == ValueKind::kInt || value.kind() == ValueKind::kInt64) {
    time.seconds = value.as_int();
    time.nanoseconds = 0;
  }
  time.zone = LocalZone();
  time.is_fixed = false;
  std::string out;
  AppendGoTimeLayout(time, call->text(0), &out);
  return call->Return(out);
}

// What does not parse is the zero time.
TemplateValue Parsed(std::string_view layout, std::string_view text, const absl::TimeZone& zone,
                     TemplateCall* call) {
  GoTime time;
  ParseGoTime(layout, call->arena()->Keep(text), zone, &time);
  return NewTime(time, call);
}
TemplateValue ToDate(TemplateCall* call) {
  return Parsed(call->text(0), call->text(1), LocalZone(), call);
}
TemplateValue ToDateInZone(TemplateCall* call) {
  absl::TimeZone zone;
  if (!LoadZone(call->text(1), &zone)) zone = absl::UTCTimeZone();
  return Parsed(call->text(0), call->text(2), zone, call);
}

TemplateValue UnixEpoch(TemplateCall* call) {
  return call->Return(std::to_string((*call)[0].as_time().seconds));
}
TemplateValue UnixEpochMillis(TemplateCall* call) {
  return call->Return(std::to_string((*call)[0].as_time().unix_ms()));
}
TemplateValue UnixEpochNanos(TemplateCall* call) {
  return call->Return(std::to_string((*call)[0].as_time().unix_ns()));
}

// Wraps around, as Go's product does.
int64_t Times(int64_t number, uint64_t factor) {
  return static_cast<int64_t>(static_cast<uint64_t>(number) * factor);
}

// How many digits a number has says its unit.
TemplateValue UnixToTime(TemplateCall* call) {
  const std::string_view text = call->text(0);
  const auto fail = [&](std::string_view why) {
    return call->Fail(StrCat("unable to parse time '", text, "': ", why));
  };
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  const bool doubly_signed = digits.size() != text.size() && digits.starts_with('-');
  if (parsed.ec == std::errc::result_out_of_range && parsed.ptr == end) {
    return fail(StrCat("strconv.ParseInt: parsing ", storage::Quote(text), ": value out of range"));
  }
  if (digits.empty() || doubly_signed || parsed.ec != std::errc() || parsed.ptr != end) {
    return fail(StrCat("strconv.ParseInt: parsing ", storage::Quote(text), ": invalid syntax"));
  }
  GoTime time = GoTime::FromUnixNs(0, LocalZone());
  switch (text.size()) {
    case 5:
      time.seconds = number * kSecondsPerDay;
      break;
    case 10:
      time.seconds = number;
      break;
    case 13:
      time = GoTime::FromUnixNs(Times(number, 1'000'000), LocalZone());
      break;
    case 16:
      time = GoTime::FromUnixNs(Times(number, 1000), LocalZone());
      break;
    case 19:
      time = GoTime::FromUnixNs(number, LocalZone());
      break;
    default:
      return fail("%!w(<nil>)");
  }
  return NewTime(time, call);
}

}  // namespace

void AddTimeFunctions(TemplateFunctionTable* table) {
  constexpr Parameter kText = Parameter::kString;
  constexpr Parameter kTime = Parameter::kTime;
  table->Add({"now", {}, false, Now});
  table->Add({"date", {kText, Parameter::kAny}, false, Date});
  table->Add({"toDate", {kText, kText}, false, ToDate});
  table->Add({"toDateInZone", {kText, kText, kText}, false, ToDateInZone});
  table->Add({"unixEpoch", {kTime}, false, UnixEpoch});
  table->Add({"unixEpochMillis", {kTime}, false, UnixEpochMillis});
  table->Add({"unixEpochNanos", {kTime}, false, UnixEpochNanos});
  table->Add({"unixToTime", {kText}, false, UnixToTime});
}

}  // namespace varve::query

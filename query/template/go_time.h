// GoTime: a moment and the zone it is shown in, formatted and parsed by Go's layouts
// ("2006-01-02 15:04:05 MST").
//
// Threads:  functions without state; zones are loaded once per process.
// Errors:   false for a text that does not have the layout.
// Source:   the documentation of Go's package time.
#ifndef QUERY_TEMPLATE_GO_TIME_H_
#define QUERY_TEMPLATE_GO_TIME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace varve::query {

// Seconds of Go's zero time, 0001-01-01T00:00:00Z.
inline constexpr int64_t kGoZeroTimeSeconds = -62'135'596'800;

struct GoTime {
  int64_t seconds = kGoZeroTimeSeconds;  // since the Unix epoch
  int32_t nanoseconds = 0;               // 0 to 999,999,999
  absl::TimeZone zone;                   // UTC unless set
  // A fixed offset, which a text named: its name, possibly "".
  bool is_fixed = false;
  std::string_view fixed_name;

  static GoTime FromUnixNs(int64_t time_ns, const absl::TimeZone& zone);
  int64_t unix_ns() const;  // wraps around outside of 1678 to 2262, as Go does
  int64_t unix_ms() const;
};

// The zone of the process; UTC where it has none.
absl::TimeZone LocalZone();
// False where there is no such zone.
bool LoadZone(std::string_view name, absl::TimeZone* zone);

void AppendGoTimeLayout(const GoTime& time, std::string_view layout, std::string* out);
// time.Time.String.
void AppendGoTime(const GoTime& time, std::string* out);

// time.ParseInLocation; a name of a zone in `*time` points into `text`. The zero time on false.
bool ParseGoTime(std::string_view layout, std::string_view text, const absl::TimeZone& zone,
                 GoTime* time);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_GO_TIME_H_

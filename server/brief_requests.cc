#include "server/brief_requests.h"

#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

bool IsTime(std::string_view name) { return name == "start" || name == "end" || name == "time"; }

std::optional<double> Seconds(std::string_view text) {
  double seconds = 0;
  if (!absl::SimpleAtod(storage::ToAbsl(text), &seconds) || !std::isfinite(seconds)) {
    return std::nullopt;
  }
  return seconds;
}

}  // namespace

uint64_t BriefRequests::KeyOf(const HttpRequest& request) {
  if (!request.body.empty()) return 0;
  size_t hash = absl::HashOf(request.path);
  for (const auto& [name, value] : request.query.pairs()) {
    if (!IsTime(name)) hash = absl::HashOf(hash, name, value);
  }
  const std::string_view start = request.query.Get("start");
  const std::string_view end = request.query.Get("end");
  const std::optional<double> start_s = Seconds(start);
  const std::optional<double> end_s = Seconds(end);
  if (start_s.has_value() && end_s.has_value()) {
    hash = absl::HashOf(hash, std::ilogb(*end_s - *start_s));  // within a factor of two
  } else {
    hash = absl::HashOf(hash, start, end);
  }
  return hash | 1;
}

bool BriefRequests::IsBrief(uint64_t key) const {
  return key != 0 && slots_[(key >> 1) % kSlots].load(std::memory_order_relaxed) == key;
}

void BriefRequests::Note(uint64_t key, int64_t duration_ns) {
  if (key == 0) return;
  std::atomic<uint64_t>& slot = slots_[(key >> 1) % kSlots];
  if (duration_ns <= kBriefNs) {
    slot.store(key, std::memory_order_relaxed);
  } else if (slot.load(std::memory_order_relaxed) == key) {
    slot.store(0, std::memory_order_relaxed);
  }
}

}  // namespace varve::server

#include "storage/logs/log_needles.h"

#include <algorithm>

namespace varve::storage {

LogNeedles::LogNeedles(const std::vector<std::string>& must_contain) {
  for (const std::string& needle : must_contain) {
    if (needle.empty()) continue;  // every line contains it
    searches_.emplace_back(needle);
    query_.Add(needle);
  }
  std::stable_sort(searches_.begin(), searches_.end(),
                   [](const LineSearch& a, const LineSearch& b) {
                     return a.needle().size() > b.needle().size();
                   });
}

bool LogNeedles::LineMatches(std::string_view line) const {
  return std::all_of(searches_.begin(), searches_.end(),
                     [line](const LineSearch& search) { return search.In(line); });
}

void LogNeedles::FindLines(std::string_view text, std::span<const uint32_t> offsets,
                           std::vector<uint32_t>* lines) const {
  if (empty()) return;
  const size_t before = lines->size();
  searches_[0].FindLines(text, offsets, lines);
  if (searches_.size() == 1) return;
  const auto lacks_another = [&](uint32_t line) {
    const std::string_view found = text.substr(offsets[line], offsets[line + 1] - offsets[line]);
    return !std::all_of(searches_.begin() + 1, searches_.end(),
                        [found](const LineSearch& search) { return search.In(found); });
  };
  lines->erase(
      std::remove_if(lines->begin() + static_cast<ptrdiff_t>(before), lines->end(), lacks_another),
      lines->end());
}

}  // namespace varve::storage

#include "tools/progress_bar.h"

#include <algorithm>
#include <cmath>

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::tools {
namespace {

using storage::StrAppend;
using storage::StrCat;

constexpr std::chrono::milliseconds kDrawPeriod{100};
constexpr size_t kBarMin = 10;
constexpr size_t kBarMax = 40;

}  // namespace

std::string GroupedNumber(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t place = text.size(); place > 3;) text.insert(place -= 3, ",");
  return text;
}

std::string ProgressText(std::string_view unit, uint64_t count, double share, double seconds,
                         size_t columns) {
  std::string text = StrCat(GroupedNumber(count), " ", unit);
  if (seconds > 0) {
    StrAppend(&text, ", ",
              GroupedNumber(static_cast<uint64_t>(static_cast<double>(count) / seconds)), "/s");
  }
  if (share < 0) return text.substr(0, columns);
  share = std::clamp(share, 0.0, 1.0);
  std::string behind = StrCat("] ", static_cast<int>(share * 100), " %");
  if (share > 0) {
    const double left = std::min(seconds / share - seconds, 1e9);
    behind += ", ";
    query::AppendPromDuration(static_cast<int64_t>(std::ceil(left)) * 1000, &behind);
    behind += " left";
  }
  constexpr size_t kAround = 3;  // two blanks and a bracket
  if (text.size() + kAround + kBarMin + behind.size() > columns) return text.substr(0, columns);
  const size_t width = std::min(columns - text.size() - kAround - behind.size(), kBarMax);
  const auto filled = static_cast<size_t>(share * static_cast<double>(width));
  std::string bar(filled, '=');
  if (filled < width) bar += '>';
  bar.resize(width, ' ');
  return StrCat(text, "  [", bar, behind);
}

ProgressBar::ProgressBar(std::string_view unit, bool is_terminal, size_t columns, std::ostream* err)
    : unit_(unit),
      is_terminal_(is_terminal),
      columns_(columns),
      err_(err),
      start_(std::chrono::steady_clock::now()) {}

double ProgressBar::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ProgressBar::Update(uint64_t count, double share) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now - drawn_ < kDrawPeriod) return;
  drawn_ = now;
  // One column less than there are: the cursor stays on the line.
  const std::string text =
      ProgressText(unit_, count, share, seconds(), columns_ > 1 ? columns_ - 1 : 1);
  *err_ << '\r' << text << std::string(shown_ > text.size() ? shown_ - text.size() : 0, ' ')
        << std::flush;
  shown_ = text.size();
}

void ProgressBar::Clear() {
  if (shown_ == 0) return;
  *err_ << '\r' << std::string(shown_, ' ') << '\r' << std::flush;
  shown_ = 0;
}

}  // namespace varve::tools

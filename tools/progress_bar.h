// ProgressBar: how far a long command has come: on a terminal a line that is drawn again and again,
// elsewhere nothing.
//
//   1,234,567 samples, 301,000/s  [=====>    ] 52 %, 4s left
//
// Threads:  one-thread.
// Owns:     nothing; the stream outlives it.
#ifndef TOOLS_PROGRESS_BAR_H_
#define TOOLS_PROGRESS_BAR_H_

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace varve::tools {

class ProgressBar {
 public:
  // `unit` in the plural: "samples".
  ProgressBar(std::string_view unit, bool is_terminal, size_t columns, std::ostream* err);
  ~ProgressBar() { Clear(); }

  // `share` from 0 to 1; negative where it is not known. Draws ten times a second at most.
  void Update(uint64_t count, double share);
  void Clear();

  double seconds() const;

 private:
  const std::string unit_;
  const bool is_terminal_;
  const size_t columns_;
  std::ostream* const err_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
  size_t shown_ = 0;  // columns of the line on the screen
};

// The line of a moment, at most `columns` wide; `share` was done in `seconds`.
std::string ProgressText(std::string_view unit, uint64_t count, double share, double seconds,
                         size_t columns);
// 1234567 as 1,234,567.
std::string GroupedNumber(uint64_t number);

}  // namespace varve::tools

#endif  // TOOLS_PROGRESS_BAR_H_

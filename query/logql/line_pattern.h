// LinePattern: `<ip> - <_> "<method> <path>"`, literals with captures between them.
//
// Threads:  immutable.
// Errors:   INVALID_ARGUMENT in Loki's words.
#ifndef QUERY_LOGQL_LINE_PATTERN_H_
#define QUERY_LOGQL_LINE_PATTERN_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace varve::query {

class LinePattern {
 public:
  // For the stage `pattern`: at least one named capture.
  static absl::StatusOr<LinePattern> ForParser(std::string_view text);
  // For the filters `|>` and `!>`: no named capture.
  static absl::StatusOr<LinePattern> ForFilter(std::string_view text);

  // Whether the whole line has the pattern's form.
  bool Matches(std::string_view line) const;
  // Calls found(name, value) for each named capture, as far as the line goes along.
  template <typename Found>
  void Capture(std::string_view line, const Found& found) const;

  struct Node {
    bool is_capture = false;
    std::string text;  // the literal, or the capture's name; `_` has none
  };
  // Literals and captures in turn.
  const std::vector<Node>& nodes() const { return nodes_; }

  // The longest literal of the pattern: every matching line contains it.
  const std::string& literal() const { return literal_; }

 private:
  static absl::StatusOr<LinePattern> Parse(std::string_view text);

  std::vector<Node> nodes_;
  std::string literal_;
};

template <typename Found>
void LinePattern::Capture(std::string_view line, const Found& found) const {
  if (line.empty()) return;
  size_t i = 0;
  if (!nodes_[0].is_capture) {
    if (!line.starts_with(nodes_[0].text)) return;
    line.remove_prefix(nodes_[0].text.size());
    i = 1;
  }
  for (; i < nodes_.size(); i += 2) {
    const std::string& name = nodes_[i].text;
    const size_t end =
        i + 1 < nodes_.size() ? line.find(nodes_[i + 1].text) : std::string_view::npos;
    if (!name.empty()) found(std::string_view(name), line.substr(0, end));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + nodes_[i + 1].text.size());
  }
}

}  // namespace varve::query

#endif  // QUERY_LOGQL_LINE_PATTERN_H_

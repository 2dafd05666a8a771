#include "query/logql/line_pattern.h"

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsName(char c) { return IsNameStart(c) || (c >= '0' && c <= '9'); }

// The length of `<name>` at the front of `text`; 0 where there is none.
size_t CaptureLength(std::string_view text) {
  if (text.size() < 3 || text[0] != '<' || !IsNameStart(text[1])) return 0;
  size_t i = 2;
  while (i < text.size() && IsName(text[i])) ++i;
  return i < text.size() && text[i] == '>' ? i + 1 : 0;
}

}  // namespace

absl::StatusOr<LinePattern> LinePattern::Parse(std::string_view text) {
  LinePattern pattern;
  while (!text.empty()) {
    if (const size_t length = CaptureLength(text); length != 0) {
      const std::string_view name = text.substr(1, length - 2);
      if (!pattern.nodes_.empty() && pattern.nodes_.back().is_capture) {
        const std::string& before = pattern.nodes_.back().text;
        return absl::InvalidArgumentError(StrCat("found consecutive capture '<",
                                                 before.empty() ? "_" : before, "><", name,
                                                 ">': invalid expression"));
      }
      pattern.nodes_.push_back({true, name == "_" ? "" : std::string(name)});
      text.remove_prefix(length);
      continue;
    }
    if (pattern.nodes_.empty() || pattern.nodes_.back().is_capture) pattern.nodes_.emplace_back();
    pattern.nodes_.back().text.push_back(text.front());
    text.remove_prefix(1);
  }
  for (const Node& node : pattern.nodes_) {
    if (!node.is_capture && node.text.size() > pattern.literal_.size()) {
      pattern.literal_ = node.text;
    }
  }
  return pattern;
}

absl::StatusOr<LinePattern> LinePattern::ForParser(std::string_view text) {
  VARVE_ASSIGN_OR_RETURN(LinePattern pattern, Parse(text));
  bool named = false;
  for (size_t i = 0; i < pattern.nodes_.size(); ++i) {
    const Node& node = pattern.nodes_[i];
    if (!node.is_capture || node.text.empty()) continue;
    named = true;
    for (size_t j = 0; j < i; ++j) {
      if (pattern.nodes_[j].is_capture && pattern.nodes_[j].text == node.text) {
        return absl::InvalidArgumentError(
            StrCat("duplicate capture name (", node.text, "): invalid expression"));
      }
    }
  }
  if (!named) {
    return absl::InvalidArgumentError("at least one capture is required: invalid expression");
  }
  return pattern;
}

absl::StatusOr<LinePattern> LinePattern::ForFilter(std::string_view text) {
  VARVE_ASSIGN_OR_RETURN(LinePattern pattern, Parse(text));
  for (const Node& node : pattern.nodes_) {
    if (node.is_capture && !node.text.empty()) {
      return absl::InvalidArgumentError("named captures are not allowed");
    }
  }
  return pattern;
}

bool LinePattern::Matches(std::string_view line) const {
  if (line.empty() || nodes_.empty()) return line.empty() && nodes_.empty();
  size_t at = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].is_capture) continue;
    const size_t found = line.find(nodes_[i].text, at);
    if (found == line.npos) return false;
    // A literal begins the line, or a capture of at least one byte stands before it.
    if ((i == 0) != (found == at)) return false;
    at = found + nodes_[i].text.size();
  }
  return nodes_.back().is_capture == (at != line.size());
}

}  // namespace varve::query

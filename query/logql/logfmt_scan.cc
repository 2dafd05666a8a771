#include "query/logql/logfmt_scan.h"

#include "query/logql/json_scan.h"
#include "query/logql/utf8.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

bool IsSpace(char c) { return static_cast<unsigned char>(c) <= ' '; }

}  // namespace

LogfmtScan::Step LogfmtScan::Broken(std::string_view what) {
  error_ = storage::StrCat("logfmt syntax error at pos ", at_ + 1, " : ", what);
  return Step::kBroken;
}

// The byte at at_ may not stand there: the rest of the word is skipped.
LogfmtScan::Step LogfmtScan::Unexpected() {
  Broken(storage::StrCat("unexpected '", line_.substr(at_, 1), "'"));
  while (at_ < line_.size() && !IsSpace(line_[at_])) ++at_;
  return Step::kBroken;
}

LogfmtScan::Step LogfmtScan::Next() {
  key_ = value_ = {};
  value_is_copy_ = false;
  while (at_ < line_.size() && IsSpace(line_[at_])) ++at_;
  if (at_ >= line_.size()) return Step::kEnd;

  const size_t key_begin = at_;
  while (at_ < line_.size() && line_[at_] != '=' && line_[at_] != '"' && !IsSpace(line_[at_])) {
    ++at_;
  }
  if (at_ < line_.size() && line_[at_] == '"') return Unexpected();
  key_ = line_.substr(key_begin, at_ - key_begin);
  std::string ignored;
  if (ReplaceInvalidUtf8(key_, &ignored).data() != key_.data()) return Broken("invalid key");
  if (at_ >= line_.size() || IsSpace(line_[at_])) return Step::kPair;
  if (key_.empty()) return Unexpected();

  ++at_;  // the `=`
  if (at_ >= line_.size() || IsSpace(line_[at_])) return Step::kPair;
  if (line_[at_] == '"') return ReadQuoted();
  const size_t value_begin = at_;
  for (; at_ < line_.size() && !IsSpace(line_[at_]); ++at_) {
    if (line_[at_] == '=' || line_[at_] == '"') return Unexpected();
  }
  value_ = line_.substr(value_begin, at_ - value_begin);
  return Step::kPair;
}

LogfmtScan::Step LogfmtScan::ReadQuoted() {
  const size_t begin = ++at_;
  bool escaped = false;
  for (; at_ < line_.size() && line_[at_] != '"'; ++at_) {
    if (line_[at_] != '\\') continue;
    escaped = true;
    ++at_;
  }
  if (at_ >= line_.size()) {
    at_ = line_.size();
    return Broken("unterminated quoted value");
  }
  const std::string_view raw = line_.substr(begin, at_ - begin);
  ++at_;
  if (!escaped) {
    value_ = raw;
    return Step::kPair;
  }
  value_ = UnescapeJson(raw, &buffer_);
  if (value_.data() == nullptr) return Broken("invalid quoted value");
  value_is_copy_ = true;
  return Step::kPair;
}

}  // namespace varve::query
